/**
 * Transcripts of test/data/flannel/edge, and what is masked in them before they are compared.
 *
 * Masked: the clock and the process number of a log line; what a duration has beyond whole seconds; subnets and MACs that
 * were drawn, which become names in the order in which they come; indexes of interfaces; counters of policies, which there
 * count only in chains that a rule was added to; of the store's keys the lease's
 * number and what is left of it; the stack behind a panic's first lines.
 *
 * A log's lines are those of several goroutines: the start and what comes behind its end, the backend, the own lease, and the
 * two sets of rules. Each is compared in its own order, as the recordings themselves wobble between them: `bootstrap done`
 * and `Waiting for` stand now before, now behind one another.
 */
import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { etcdLines } from '../conformance/case/case-etcd-dump.js'

const EDGE = new URL('../data/flannel/edge/', import.meta.url)

/** Text of a recorded transcript. */
export const recordedTranscript = (name: string): string => readFileSync(new URL(`${name}.txt`, EDGE), 'utf8')

const LOG_LINE = /^([IWEF])\d{4} [\d:.]{15} +\d+ (.*)$/
const isFixedMac = (mac: string): boolean => /^02:(00|0a|0b|11):|^ff:ff/.test(mac)

/** Seconds of a Go duration, rounded: `22h59m58.9s`. */
const roundedDuration = (text: string): string => {
  const [, hours = '0', minutes = '0', seconds = '0'] = /^(?:(\d+)h)?(?:(\d+)m)?([\d.]+)s$/.exec(text)!
  return `${Math.round(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds))} s`
}

/** Names in order of appearance. */
class Names {
  readonly #names = new Map<string, string>()
  readonly #kind: string
  constructor(kind: string) {
    this.#kind = kind
  }
  of(value: string): string {
    const known = this.#names.get(value)
    if (known !== undefined) return known
    const name = `<${this.#kind}${this.#names.size + 1}>`
    this.#names.set(value, name)
    return name
  }
}

/** Bases of subnets that were drawn: those that a `Picking subnet` line came before. */
const drawnSubnets = (text: string): string[] => {
  const drawn: string[] = []
  const picked = /Picking subnet in range[^\n]*\n[^\n]*Allocated lease \(ip: ([\d.]+)\/\d+/g
  for (const [, base = ''] of text.matchAll(picked)) if (!drawn.includes(base)) drawn.push(base)
  return drawn
}

const firstAddress = (base: string): string => base.replace(/\d+$/, last => `${Number(last) + 1}`)

/** Lines that name ends of ranges, which may be drawn elsewhere. */
const WITHOUT_DRAWN = /Picking subnet|^config: |"Network/

const maskSubnets = (text: string): string => {
  let masked = text
  for (const [n, base] of drawnSubnets(text).entries())
    for (const [address, name] of [
      [base, `<subnet${n + 1}>`],
      [firstAddress(base), `<subnet${n + 1}>.first`],
    ] as const)
      masked = masked
        .split('\n')
        .map(line =>
          WITHOUT_DRAWN.test(line)
            ? line
            : line.replace(new RegExp(`(?<![\\d.])${address.replaceAll('.', '\\.')}(?![\\d.])`, 'g'), name),
        )
        .join('\n')
  return masked
}

/** Which goroutine wrote a line. */
const goroutine = (line: string): number => {
  if (/ iptables\.go/.test(line)) return 3
  if (/ local_manager\.go:(32\d|38\d|39\d|40\d)\]|Subnet watch failed/.test(line)) return 2
  return / (vxlan_network|device|route_network|udp_network_amd64|registry|watch)\.go|local_manager\.go:355/.test(line)
    ? 1
    : 0
}

/** The lines of a log by goroutine, each with all of its lines together. */
export const byGoroutine = (lines: readonly string[]): string[] =>
  [0, 1, 2, 3].flatMap(which => lines.filter(line => goroutine(line) === which))

/** A line of the log without its clock; null for another line. */
export const logText = (line: string): string | null => {
  const [, severity, text = ''] = LOG_LINE.exec(line) ?? []
  if (severity === undefined) return line === 'timed out' ? line : null
  const waiting = text.replace(/Waiting for (\S+) to/, (_, t: string) => `Waiting for ${roundedDuration(t)} to`)
  const lease = waiting
    .replace(
      /BackendData:\[([\d ]*)\]/,
      (_, octets: string) => `BackendData:${String.fromCharCode(...octets.split(' ').map(Number))}`,
    )
    .replace(/Expiration:.* Asof:\d+/, 'Expiration:<time> Asof:<n>')
  return `${severity} ${lease.replace(/new expiration: .*$/, 'new expiration: <time>')}`
}

/** Blocks of log lines by goroutine, and without the stack behind a panic; other lines as they are. */
const maskLogs = (text: string): string[] => {
  const out: string[] = []
  let block: string[] = []
  let isStack = false
  const flush = (): void => {
    out.push(...byGoroutine(block))
    block = []
  }
  for (const line of text.split('\n')) {
    const log = logText(line)
    if (log !== null) {
      isStack = false
      block.push(log)
      continue
    }
    if (isStack && !/^(---|=====|==|\$|\{)/.test(line)) continue
    isStack = false
    flush()
    if (/^goroutine \d+ \[running\]:/.test(line)) isStack = true
    else if (line !== '') out.push(line)
  }
  flush()
  return out
}

/** The dumps of the store, with revisions that count from the first key's, and keys in the order in which they were made. */
const maskDumps = (text: string): string =>
  text.replace(/^(.*)\{\n[\s\S]*?^\}$/gm, dump => {
    const start = dump.indexOf('{')
    const { revision, kvs } = JSON.parse(dump.slice(start)) as { revision: number; kvs: { create_revision: number }[] }
    const inOrder = [...kvs].sort((a, b) => a.create_revision - b.create_revision)
    return `${dump.slice(0, start)}\n${etcdLines(JSON.stringify({ revision, kvs: inOrder })).join('\n')}`
  })

/** The lines of a transcript that are compared. */
export const maskedLines = (text: string): string[] => {
  const macs = new Names('mac')
  const sections = maskDumps(text)
    .split(/^(?=== )/m)
    .map(maskSubnets)
  return maskLogs(sections.join(''))
    .filter(line => !/^# (Generated|Completed)/.test(line))
    .map(line =>
      line
        .replace(/\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/g, mac => (isFixedMac(mac) ? mac : macs.of(mac)))
        .replace(/^(:\S+ \S+) \[\d+:\d+\]/, '$1')
        .replace(/@if\d+/, '@if<n>')
        .replace(/^\d+: (?=\S+: <)/, '<n>: '),
    )
}

/** Compares what a replay wrote with the recording of that name. */
export const assertTranscript = (name: string, text: string, prepare: (text: string) => string = t => t): void => {
  assertLines(name, maskedLines(prepare(text)), maskedLines(prepare(recordedTranscript(name))))
}

/** How many lines before and behind the first difference are shown. */
const AROUND = 4

/** Compares lines and shows the place of the first difference. */
export const assertLines = (name: string, got: readonly string[], want: readonly string[]): void => {
  const length = Math.max(got.length, want.length)
  const at = Array.from({ length }, (_, i) => i).find(i => got[i] !== want[i])
  if (at === undefined) return
  const show = (lines: readonly string[]): string => lines.slice(Math.max(0, at - AROUND), at + 2 * AROUND).join('\n')
  assert.unreachable(`${name}, line ${at + 1}\n--- recorded\n${show(want)}\n--- here\n${show(got)}`)
}
