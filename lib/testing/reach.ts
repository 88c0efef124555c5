/**
 * Assertions about who reaches whom, by ping.
 */
import type { World as Kernel } from '../core/world.js'
import { NetloomError } from '../errors.js'
import type { Netns } from '../lab/netns.js'
import type { Ping } from '../lab/ping.js'
import { checkOptions } from '../app/text.js'
import { formatTime, NSEC_PER_MSEC, NSEC_PER_SEC } from '../sim/time.js'
import { type DropCounts, countDrops, deviceLines, dropLines, neighbourLines } from './explain.js'
import { AssertionFailure } from './failure.js'

/** Options of {@link assertReachable} and {@link assertUnreachable}. */
export interface ReachOptions {
  /** Virtual nanoseconds to wait for an answer; 3 s. */
  readonly within?: number
  /** Octets of payload; 56. */
  readonly size?: number
  /** Source address. */
  readonly source?: string
  /** Device that requests leave by. */
  readonly device?: string
  /** Time to live of the requests. */
  readonly ttl?: number
  /** Path MTU discovery of the requests (`do`: never fragment). */
  readonly pmtuDisc?: 'want' | 'do' | 'dont' | 'probe'
}

const OPTIONS = ['within', 'size', 'source', 'device', 'ttl', 'pmtuDisc']
const DEFAULT_WITHIN_NS = 3 * NSEC_PER_SEC
const INTERVAL_MS = 1000

/** One try: pings every second until an answer comes or the time is up; the error when ping cannot start. */
const tryPing = (from: Netns, to: string, options: ReachOptions): Ping | NetloomError => {
  checkOptions('reach', options, OPTIONS)
  const { within = DEFAULT_WITHIN_NS, ...rest } = options
  const { world } = from.kernel
  const count = Math.max(1, Math.ceil(within / (INTERVAL_MS * NSEC_PER_MSEC)))
  let ping: Ping
  try {
    ping = from.ping(to, { ...rest, count, intervalMs: INTERVAL_MS, lingerMs: Math.ceil(within / NSEC_PER_MSEC) })
  } catch (e) {
    if (e instanceof NetloomError) return e
    throw e
  }
  const end = world.now + within
  while (ping.received === 0 && ping.isRunning && world.now < end) {
    const isOver = (): boolean => ping.received > 0 || !ping.isRunning
    try {
      world.run({ until: isOver, within: end - world.now })
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code !== 'EPENDING') throw e
      break
    }
  }
  ping.kill()
  return ping
}

const routeLine = (from: Netns, to: string): string => {
  try {
    const { via, dev, src } = from.route.get(to)
    return `route of ${from}: ${to}${via === null ? '' : ` via ${via}`} dev ${dev} src ${src}`
  } catch (e) {
    if (e instanceof NetloomError) return `route of ${from}: ${to}: ${e.message}`
    throw e
  }
}

const explain = (
  kernel: Kernel,
  result: Ping | NetloomError,
  from: Netns,
  to: string,
  before: DropCounts,
): string[] => {
  const said =
    result instanceof NetloomError
      ? [`ping: ${result.message}`]
      : [
          `${result.sent} requests sent, no answer`,
          ...[...new Set(result.icmpErrors.map(e => `  From ${e.from}: ${e.text}`))],
          ...[...new Set(result.localErrors.map(code => `  local error: ${code}`))],
        ]
  return [...said, routeLine(from, to), ...dropLines(kernel, before), ...neighbourLines(kernel), ...deviceLines(kernel)]
}

/**
 * Asserts that `to` answers a ping of `from` in time; virtual time goes on until it does. Returns the virtual time of the
 * answer. Throws with what the network says about it: ICMP errors, drops with their reasons, neighbours that do not answer,
 * devices that are down.
 *
 * @example
 * assertReachable(h1, '10.0.0.2')
 * assertReachable(h1, '10.0.9.9', { within: s(5), size: 1472, pmtuDisc: 'do' })
 */
export const assertReachable = (from: Netns, to: string, options: ReachOptions = {}): number => {
  const kernel = from.kernel.world
  const before = countDrops(kernel)
  const result = tryPing(from, to, options)
  if (!(result instanceof NetloomError) && result.received > 0) return kernel.now
  throw new AssertionFailure(
    [`${from} does not reach ${to}`, ...explain(kernel, result, from, to, before)].join('\n'),
    { seed: kernel.seed },
  )
}

/**
 * Asserts that `to` does not answer a ping of `from`, for `within` of virtual time or until ping gives up.
 *
 * @example
 * assertUnreachable(h1, '10.0.0.3', { within: s(2) })
 */
export const assertUnreachable = (from: Netns, to: string, options: ReachOptions = {}): void => {
  const kernel = from.kernel.world
  const result = tryPing(from, to, options)
  if (result instanceof NetloomError || result.received === 0) return
  const [reply] = result.replies
  throw new AssertionFailure(
    `${from} reaches ${to}, and should not: answer from ${reply!.from}, ttl ${reply!.ttl}, at ${formatTime(kernel.now)} s\n${routeLine(from, to)}`,
    { seed: kernel.seed },
  )
}
