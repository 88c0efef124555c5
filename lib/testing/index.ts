/**
 * `netloom/test`: assertions about networks, for any test runner. They throw an Error whose message says what was
 * expected, what there was, and why; with the seed and the version of netloom.
 *
 * ```ts
 * import { createWorld } from 'netloom'
 * import { assertFrames, assertReachable } from 'netloom/test'
 *
 * const world = createWorld({ seed: 1 })
 * world.sh(script)
 * const seen = world.capture({ netns: 'h2', dev: 'eth0' })
 * assertReachable(world.netns('h1'), '10.0.0.2')
 * assertFrames(seen, ['ARP, Request who-has 10.0.0.2 ...', /ARP, Reply/, { icmp: { type: 8 } }, { icmp: { type: 0 } }])
 * ```
 * @module
 */
export { AssertionFailure, type FailureDetails } from './failure.js'
export { type AssertFramesOptions, assertFrames, assertNotSeen, assertSeen } from './frames.js'
export type { FrameLike, FramesLike } from './frames-like.js'
export { assertSameFrames, type FrameMask, KERNEL_MASKS, type SameFramesOptions } from './masks.js'
export type { FrameMatcher, FrameShape, Shape } from './matcher.js'
export { assertReachable, assertUnreachable, type ReachOptions } from './reach.js'
export { assertBalanced, assertDropped, assertNothingAlive, type DropSelector, runUntil } from './world.js'
