/**
 * Metrics of a route (`mtu 1000`, `rtt 100ms`, `hoplimit lock 9`), in the units in which the kernel keeps them.
 *
 * @see ip-route(8), include/uapi/linux/rtnetlink.h RTAX_*
 */
import { type Args, invalidArgument, matches, parseUnsigned } from './args.js'

/** Where the metrics of a request are collected. */
export interface MetricsRequest {
  readonly metrics: Record<string, number | string>
  readonly locks: Set<string>
}

/** A metric: its word, its key in RouteSpec, whether it may be locked, and how its value is read. */
interface MetricWord {
  readonly word: string
  /** What messages call it. */
  readonly name: string
  readonly whole: boolean
  readonly key: string
  readonly lockable: boolean
  readonly read: (word: string, text: string) => number | string
}

const invalid = (word: string, text: string): never => invalidArgument(`"${word}" value is invalid\n`, text)

const unsigned = (word: string, text: string): number => parseUnsigned(text) ?? invalid(word, text)

const HOPLIMIT_MAX = 255

const hoplimit = (word: string, text: string): number => {
  const value = unsigned(word, text)
  return value <= HOPLIMIT_MAX ? value : invalid(word, text)
}

/** RTAX_FEATURE_ECN */
const FEATURE_ECN = 1

const features = (word: string, text: string): number =>
  text === 'ecn' ? FEATURE_ECN : invalidArgument(`"${word}" value not valid\n`, text)

const zeroOrOne = (word: string, text: string): number => {
  const value = unsigned(word, text)
  return value <= 1 ? value : invalidArgument(`"${word}" value should be 0 or 1\n`, text)
}

/** A time: a bare number is in the kernel's own units, `ms` and `s` are converted with `perMs`. */
const time =
  (perMs: number) =>
  (word: string, text: string): number => {
    const parts = /^(\d+(?:\.\d*)?|\.\d+)(s|secs?|ms|msecs?)?$/.exec(text)
    if (parts === null) return invalid(word, text)
    const [, number, unit] = parts
    if (unit === undefined) return Math.ceil(Number(number))
    return Math.ceil(Number(number) * (unit.startsWith('m') ? 1 : 1000)) * perMs
  }

const metric = (
  word: string,
  key: string,
  options: Partial<Pick<MetricWord, 'name' | 'whole' | 'lockable' | 'read'>> = {},
): MetricWord => ({
  word,
  name: options.name ?? word,
  key,
  whole: options.whole ?? true,
  lockable: options.lockable ?? true,
  read: options.read ?? unsigned,
})

/** Key words in the order in which the tool looks for them. */
const METRICS: readonly MetricWord[] = [
  metric('mtu', 'mtu'),
  metric('hoplimit', 'hoplimit', { read: hoplimit }),
  metric('advmss', 'advmss', { name: 'mss' }),
  metric('reordering', 'reordering', { whole: false }),
  metric('rtt', 'rtt', { read: time(8) }),
  metric('rto_min', 'rtoMin', { lockable: false, read: time(1) }),
  metric('window', 'window', { whole: false }),
  metric('cwnd', 'cwnd', { whole: false }),
  metric('initcwnd', 'initcwnd', { whole: false }),
  metric('initrwnd', 'initrwnd', { whole: false }),
  metric('features', 'features', { whole: false, lockable: false, read: features }),
  metric('quickack', 'quickack', { whole: false, lockable: false, read: zeroOrOne }),
  metric('congctl', 'congctl', { whole: false, read: (_word, text) => text }),
  metric('rttvar', 'rttvar', { whole: false, read: time(4) }),
  metric('ssthresh', 'ssthresh', { whole: false }),
  metric('fastopen_no_cookie', 'fastopenNoCookie', { whole: false, lockable: false, read: zeroOrOne }),
]

/** Takes the metric that `word` names, with its value; false when `word` names none. */
export const parseMetric = (request: MetricsRequest, word: string, args: Args): boolean => {
  const found = METRICS.find(m => (m.whole ? m.word === word : matches(word, m.word)))
  if (found === undefined) return false
  let text = args.take()
  if (found.lockable && text === 'lock') {
    request.locks.add(found.key)
    text = args.take()
  }
  request.metrics[found.key] = found.read(found.name, text)
  // The tool locks a smallest retransmission time always.
  if (found.key === 'rtoMin') request.locks.add(found.key)
  return true
}
