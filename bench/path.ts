/**
 * `npm run -s bench:path -- PATH SIZE COUNT [--pcap FILE]`: sends COUNT datagrams of SIZE octets from a socket over a path to
 * another socket, in batches of 32, and prints one JSON line: `path`, `size`, `count` (delivered), `cpu_s` (user and
 * system), `wall_s`, `pps` (delivered for each second of CPU).
 *
 * `tcp SIZE COUNT` writes SIZE octets COUNT times to one TCP connection between two hosts on a veth pair, and prints `path`,
 * `size`, `count`, `cpu_s`, `wall_s`, `gbps` (payload in Gbit for each second of CPU), `segments` and `pps` (segments for
 * each second of CPU). `tcp:PATH` goes over another path, and `tcp+tso:PATH` leaves cutting into segments to the device.
 *
 * Before the measurement it sends some that do not count, as the code has to be compiled and the neighbours resolved. The
 * file holds the first 100 frames that the receiving device saw.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { buildPath, captureFirst, makePayload, transfer } from './network.js'
import { buildBulk } from './tcp.js'

/** Datagrams before the measurement. */
const WARM_UP = 50_000
const PCAP_FRAMES = 100
/** Octets of a TCP transfer before the measurement. */
const TCP_WARM_UP = 50_000_000
const TCP_SIZE_MAX = 1_000_000

const USAGE =
  'usage: bench:path -- direct|link|bridge|routersN|vxlan[+norules]|hostgw[+norules]|udp[+norules]|rulesN|natN|natnew|tcp[+tso][:PATH] SIZE COUNT [--pcap FILE]'

const integer = (text: string | undefined, min: number, max: number): number => {
  const n = Number(text)
  if (text === undefined || !Number.isInteger(n) || n < min || n > max) throw new Error(USAGE)
  return n
}

const cpuSince = (start: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

const tcpMain = (name: string, size: number, count: number): void => {
  const [kind = '', over = 'direct'] = name.split(':')
  if (kind !== 'tcp' && kind !== 'tcp+tso') throw new Error(USAGE)
  const bulk = buildBulk(over, kind === 'tcp+tso')
  const payload = makePayload(size)
  bulk.transfer(payload, Math.ceil(TCP_WARM_UP / size))
  const before = bulk.segments()
  const cpu = process.cpuUsage()
  const wall = performance.now()
  const octets = bulk.transfer(payload, count)
  const wallS = (performance.now() - wall) / 1e3
  const cpuS = cpuSince(cpu)
  const segments = bulk.segments() - before
  const gbps = Number(((octets * 8) / cpuS / 1e9).toFixed(3))
  const times = { cpu_s: cpuS, wall_s: wallS, gbps, segments, pps: Math.round(segments / cpuS) }
  console.log(JSON.stringify({ path: name, size, count: octets / size, ...times }))
  if (octets !== size * count) throw new Error(`${size * count - octets} of ${size * count} octets were not read`)
}

const main = (): void => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { pcap: { type: 'string' } } })
  const [name = '', sizeText, countText] = positionals
  const isTcp = name.startsWith('tcp')
  const size = integer(sizeText, isTcp ? 1 : 0, isTcp ? TCP_SIZE_MAX : 1472)
  const count = integer(countText, 1, 1e9)
  if (isTcp) return tcpMain(name, size, count)
  const path = buildPath(name)
  const payload = makePayload(size)
  if (values.pcap !== undefined) {
    const seen = captureFirst(path, PCAP_FRAMES)
    transfer(path, payload, PCAP_FRAMES)
    seen.stop()
    writeFileSync(values.pcap, seen.pcap())
  }
  transfer(path, payload, WARM_UP)
  const cpu = process.cpuUsage()
  const wall = performance.now()
  const delivered = transfer(path, payload, count)
  const wallS = (performance.now() - wall) / 1e3
  const cpuS = cpuSince(cpu)
  const result = { path: name, size, count: delivered, cpu_s: cpuS, wall_s: wallS, pps: Math.round(delivered / cpuS) }
  console.log(JSON.stringify(result))
  if (delivered !== count) throw new Error(`${count - delivered} of ${count} datagrams were lost`)
}

try {
  main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
