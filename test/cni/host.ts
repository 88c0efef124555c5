/**
 * Programs executed on a host of the lab, as a shell would.
 */
import { exec, type ExecOptions, type ExecResult } from '../../lib/app/exec.js'
import { Process } from '../../lib/app/process.js'
import { spawn } from '../../lib/app/thread.js'
import type { World } from '../../lib/index.js'

/** Executes a command in a namespace and runs the world until it has ended. */
export const execIn = (world: World, netns: string, argv: readonly string[], options: ExecOptions = {}): ExecResult => {
  const process = new Process(world.netns(netns).kernel, 'sh')
  let result: ExecResult | null = null
  spawn(process, function* () {
    result = yield* exec(process, argv, options)
    process.exit(0)
  })
  world.run({ until: () => result !== null, within: 60e9 })
  return result!
}
