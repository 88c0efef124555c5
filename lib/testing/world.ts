/**
 * Assertions about a World: deadlines, drops, rest.
 */
import type { DropReason } from '../core/drop.js'
import { NetloomError } from '../errors.js'
import { ipv4 } from '../ip/ipv4.js'
import type { Sock } from '../ip/sock.js'
import type { Drop } from '../lab/drop.js'
import { checkOptions } from '../app/text.js'
import type { World } from '../lab/world.js'
import { formatTime } from '../sim/time.js'
import { formatIpv4 } from '../wire/ip.js'
import { dropLines, neighbourLines, pendingLines } from './explain.js'
import { AssertionFailure } from './failure.js'

/**
 * Runs the world until `predicate` holds, at most `within` virtual nanoseconds, and returns the virtual time then. Throws
 * with what is pending, what was dropped and who does not answer when it does not come to hold.
 *
 * @example
 * runUntil(world, () => server.received.length === 5, s(2))
 */
export const runUntil = (world: World, predicate: () => boolean, within: number): number => {
  try {
    return world.run({ until: predicate, within })
  } catch (e) {
    if (!(e instanceof NetloomError) || e.code !== 'EPENDING') throw e
    const { kernel } = world
    const why = world.isQuiet ? 'the world is at rest' : `${formatTime(within)} s are over`
    throw new AssertionFailure(
      [
        `the condition does not hold at ${formatTime(world.now)} s: ${why}`,
        `  ${predicate}`,
        ...pendingLines(kernel),
        ...dropLines(kernel),
        ...neighbourLines(kernel),
      ].join('\n'),
      { seed: world.seed },
    )
  }
}

/** Which drops are meant; what is absent may be anything. */
export interface DropSelector {
  readonly reason: DropReason
  /** Name of the namespace. */
  readonly netns?: string
  /** Name of the device. */
  readonly dev?: string
  /** Exact number of packets; at least one when absent. */
  readonly count?: number
}

const selects = (selector: DropSelector, drop: Drop): boolean =>
  drop.reason === selector.reason &&
  (selector.netns === undefined || drop.netns === selector.netns) &&
  (selector.dev === undefined || drop.dev === selector.dev)

/**
 * Asserts that packets were dropped there for that reason. Throws with everything that was dropped.
 *
 * @example
 * assertDropped(world, { reason: 'NEIGH_FAILED', netns: 'h1', count: 1 })
 */
export const assertDropped = (world: World, selector: DropSelector): void => {
  checkOptions('assertDropped', selector, ['reason', 'netns', 'dev', 'count'])
  const { reason, netns, dev, count } = selector
  const found = world
    .drops()
    .filter(drop => selects(selector, drop))
    .reduce((sum, drop) => sum + drop.count, 0)
  if (count === undefined ? found > 0 : found === count) return
  const place = `${netns ?? 'any namespace'}${dev === undefined ? '' : `:${dev}`}`
  const lines = dropLines(world.kernel)
  throw new AssertionFailure(
    [
      `dropped for ${reason} at ${place}: ${found}, expected ${count ?? 'at least 1'}`,
      ...(lines.length === 0 ? ['nothing was dropped'] : lines),
    ].join('\n'),
    { seed: world.seed, expected: count ?? 'at least 1', actual: found },
  )
}

/** Sockets of a namespace with packets that nobody has read. */
const unreadLines = (world: World, netns: string): string[] =>
  ([...ipv4(world.netns(netns).kernel).sockets] as Sock[])
    .filter(sk => sk.readable > 0)
    .map(sk => `    ${sk.readable} unread in the socket ${formatIpv4(sk.localAddress)}:${sk.localPort}`)

/**
 * Asserts that no packet is under way or queued: not in the backlog, in a neighbour entry, in a fragment queue, or in a
 * socket that nobody has read. Throws with the namespaces that hold some.
 */
export const assertNothingAlive = (world: World): void => {
  if (world.alivePackets === 0) return
  const holders = world
    .accounting()
    .filter(a => a.alive > 0)
    .flatMap(a => [`  ${a.netns}: ${a.alive}`, ...unreadLines(world, a.netns)])
  throw new AssertionFailure(
    [
      `${world.alivePackets} packets are alive at ${formatTime(world.now)} s`,
      ...holders,
      ...pendingLines(world.kernel),
    ].join('\n'),
    { seed: world.seed, expected: 0, actual: world.alivePackets },
  )
}

/**
 * Asserts that the packets of every namespace balance: entered + created = delivered + consumed + dropped + alive.
 */
export const assertBalanced = (world: World): void => {
  const wrong = world.accounting().filter(a => !a.isBalanced)
  if (wrong.length === 0) return
  const lines = wrong.map(({ netns, entered, created, delivered, consumed, dropped, alive }) => {
    const lost = Object.values(dropped).reduce((sum, n) => sum + n, 0)
    return `  ${netns}: entered ${entered} + created ${created} is not delivered ${delivered} + consumed ${consumed} + dropped ${lost} + alive ${alive}`
  })
  throw new AssertionFailure(['the accounting does not balance:', ...lines].join('\n'), { seed: world.seed })
}
