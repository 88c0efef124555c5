/**
 * `exit`, `break`, `continue`.
 *
 * @see IEEE Std 1003.1 XCU 2.14
 */
import { commandError, failure, LoopJump, ShellExit, SUCCESS } from '../environment.js'
import type { Builtin, BuiltinCall, BuiltinProblem } from './builtin.js'

const isNumber = (word: string | null): boolean => word === null || /^\d+$/.test(word)

/** Checks that there is one number at most. */
export const oneNumber =
  (usage: string) =>
  (args: readonly (string | null)[]): BuiltinProblem | null => {
    const [first] = args
    if (first !== undefined && !isNumber(first)) return { at: 1, problem: usage }
    return args.length > 1 ? { at: 2, problem: usage } : null
  }

/** `exit [STATUS]`: the status of the last command without a number. */
export const exitBuiltin: Builtin = {
  name: 'exit',
  check: oneNumber('exit takes one number, the status'),
  run: ({ args: [word], env, command }) => {
    const status =
      word === undefined ? env.status : Number(word) % 256 === 0 ? SUCCESS : failure(Number(word) % 256, '')
    const ends = status.code === 0 || status.isOutcome
    throw new ShellExit(
      status,
      ends ? null : commandError(command, `the script's own exit, status ${status.code}`, status.code),
      true,
    )
  },
}

const jump = (name: string, isBreak: boolean): Builtin => ({
  name,
  check: args =>
    args[0] === '0'
      ? { at: 1, problem: 'loops are counted from 1' }
      : oneNumber(`${name} takes one number of loops`)(args),
  run: ({ args }: BuiltinCall) => {
    throw new LoopJump(isBreak, Number(args[0] ?? 1))
  },
})

/** `break [LOOPS]`. */
export const breakBuiltin: Builtin = jump('break', true)
/** `continue [LOOPS]`. */
export const continueBuiltin: Builtin = jump('continue', false)
