/**
 * What a user holds of a World.
 */
import type { LinkKind } from '../core/registry.js'
import type { World as Kernel, WorldOptions as KernelOptions } from '../core/world.js'
import { runScript, type ScriptOptions, type ScriptResult } from '../shell/run.js'
import type { RunOptions } from '../sim/simulator.js'
import { boot } from './boot.js'

/** Options of {@link createWorld}. */
export interface WorldOptions extends KernelOptions {
  /** Kinds of devices besides those that netloom brings. */
  readonly linkKinds?: readonly LinkKind[]
}

/** One emulated machine with its namespaces. Make one with {@link createWorld}; worlds share no state. */
export class World {
  /** The kernel's own objects, which everything here stands on. */
  readonly kernel: Kernel

  /** @internal use {@link createWorld} */
  constructor(kernel: Kernel) {
    this.kernel = kernel
  }

  /** Virtual time in nanoseconds. */
  get now(): number {
    return this.kernel.now
  }

  /** Runs a script of real commands; see {@link ScriptOptions}. */
  sh(script: string, options: ScriptOptions = {}): ScriptResult {
    return runScript(this.kernel, script, options)
  }

  /** Runs virtual time: until quiet, for a time, or until a predicate holds. Returns the virtual time at the end. */
  run(options: RunOptions = {}): number {
    return this.kernel.run(options)
  }
}

/** Makes a World. */
export const createWorld = (options: WorldOptions = {}): World => {
  const { linkKinds = [], ...rest } = options
  return new World(boot(rest, linkKinds))
}
