/**
 * Time and order: the event loop, timers and the seeded generator. Knows nothing of networks.
 * @module
 */
export * from './queue.js'
export * from './rng.js'
export * from './simulator.js'
export * from './time.js'
export * from './timer.js'
