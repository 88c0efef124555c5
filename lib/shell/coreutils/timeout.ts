/**
 * `timeout DURATION COMMAND`: ends a command that takes too long: status 124. Options: `-s`, `-k`, of which the signal alone counts.
 *
 * @see timeout(1)
 */
import { type Command, type CommandContext, contextWith } from '../../app/command.js'
import type { Process } from '../../app/process.js'
import type { World } from '../../core/world.js'
import { unsupported } from '../command/args.js'

const TIMED_OUT = 124
const KILLED = 137
const CANNOT_RUN = 125
const SECOND = 1e9
const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }

/** Finds a command by its name. */
type CommandFinder = (world: World, name: string) => Command | null

/** Nanoseconds of a duration; null for a text that is none. */
const durationNs = (text: string): number | null => {
  const [, number, unit = ''] = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(text) ?? []
  return number === undefined ? null : Math.round(Number(number) * UNITS[unit]! * SECOND)
}

/** Ends a program after a time; 0 is no limit. */
const limit = (process: Process, ns: number, isHard: boolean): void => {
  if (ns === 0) return
  const { sim } = process.netns.world
  const end = (): void => {
    if (process.exitStatus !== null) return
    if (isHard) process.exit(KILLED)
    else if (process.onSignal === null) process.exit(TIMED_OUT)
    else process.kill()
  }
  const event = sim.schedule(ns, end, undefined, 0, process.label('time limit'))
  process.onExit(() => sim.cancel(event))
}

const run = (ctx: CommandContext, find: CommandFinder, argv: readonly string[]): number | Process => {
  let at = 1
  let isHard = false
  while (argv[at] === '-s' || argv[at] === '-k') {
    if (argv[at] === '-s') isHard = /^(SIG)?KILL$|^9$/.test(argv[at + 1] ?? '')
    at += 2
  }
  const [duration, ...command] = argv.slice(at)
  if (duration?.startsWith('-') === true) throw unsupported('timeout', duration, '-s SIGNAL, -k DURATION')
  const ns = durationNs(duration ?? '')
  if (duration === undefined || command[0] === undefined || ns === null) {
    const isWrong = command[0] !== undefined
    ctx.err(
      `${isWrong ? `timeout: invalid time interval '${duration}'\n` : ''}Try 'timeout --help' for more information.\n`,
    )
    return CANNOT_RUN
  }
  const found = find(ctx.world, command[0])
  if (found === null) throw unsupported('timeout', command[0], 'the commands of netloom')
  const { becomeShell } = ctx
  const ofShell = { ns, status: isHard ? KILLED : TIMED_OUT }
  const parts =
    becomeShell === undefined || ns === 0
      ? {}
      : { becomeShell: (inner: CommandContext, words: readonly string[]) => becomeShell(inner, words, ofShell) }
  const result = found.run(contextWith(ctx, parts), command)
  if (typeof result !== 'number') limit(result, ns, isHard)
  return result
}

/** Makes the command; `find` knows what it can run. */
export const makeTimeoutCommand = (find: CommandFinder): Command => ({
  name: 'timeout',
  isFilter: true,
  run: (ctx, argv) => run(ctx, find, argv),
})
