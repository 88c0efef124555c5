/**
 * netloom: a packet-level discrete-event emulator of Linux container networking.
 * @module
 */
export { NetloomError } from './errors.js'
export { createWorld, World, type WorldOptions } from './lab/world.js'
export type { ScriptExit, ScriptOptions, ScriptResult } from './shell/run.js'
export type { RunOptions } from './sim/simulator.js'
export { ms, s, us } from './sim/time.js'
