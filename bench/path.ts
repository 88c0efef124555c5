/**
 * `npm run -s bench:path -- PATH SIZE COUNT [--pcap FILE]`: sends COUNT datagrams of SIZE octets from a socket over a path to
 * another socket, in batches of 32, and prints one JSON line: `path`, `size`, `count` (delivered), `cpu_s` (user and
 * system), `wall_s`, `pps` (delivered for each second of CPU).
 *
 * Before the measurement it sends some that do not count, as the code has to be compiled and the neighbours resolved. The
 * file holds the first 100 frames that the receiving device saw.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { buildPath, captureFirst, makePayload, transfer } from './network.js'

/** Datagrams before the measurement. */
const WARM_UP = 50_000
const PCAP_FRAMES = 100

const USAGE = 'usage: bench:path -- direct|link|bridge|routersN|vxlan|hostgw SIZE COUNT [--pcap FILE]'

const integer = (text: string | undefined, min: number, max: number): number => {
  const n = Number(text)
  if (text === undefined || !Number.isInteger(n) || n < min || n > max) throw new Error(USAGE)
  return n
}

const main = (): void => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { pcap: { type: 'string' } } })
  const [name = '', sizeText, countText] = positionals
  const size = integer(sizeText, 0, 1472)
  const count = integer(countText, 1, 1e9)
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
  const { user, system } = process.cpuUsage(cpu)
  const cpuS = (user + system) / 1e6
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
