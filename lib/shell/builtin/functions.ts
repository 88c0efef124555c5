/**
 * What functions use: `return`, `local`, `shift`.
 *
 * @see IEEE Std 1003.1 XCU 2.14; bash(1), local
 */
import { type Environment, failure, FunctionReturn, SUCCESS } from '../environment.js'
import { type Builtin, complainSpecial } from './builtin.js'
import { oneNumber } from './control.js'

const BYTE = 256

/** `return [STATUS]`: the status of the last command without a number. */
export const returnBuiltin: Builtin = {
  name: 'return',
  check: oneNumber('return takes one number, the status'),
  run: ({ args: [word], env }) => {
    if (word === undefined) throw new FunctionReturn(env.status)
    const code = Number(word) % BYTE
    throw new FunctionReturn(code === 0 ? SUCCESS : failure(code, 'no message'))
  },
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

const hide = ({ frame, variables }: Environment, name: string): void => {
  if (!frame.hidden.has(name)) frame.hidden.set(name, variables.saved(name))
}

/** `local NAME[=VALUE]...`. */
export const localBuiltin: Builtin = {
  name: 'local',
  check: args => {
    const at = args.findIndex(arg => arg?.startsWith('-') === true)
    if (at >= 0) return { at: at + 1, problem: 'not supported; supported: local NAME, local NAME=VALUE' }
    return args.length === 0 ? { at: 0, problem: 'a name is missing: local NAME, local NAME=VALUE' } : null
  },
  run: call => {
    const { args, env } = call
    let status = 0
    for (const word of args) {
      const equals = word.indexOf('=')
      const name = equals < 0 ? word : word.slice(0, equals)
      if (!NAME.test(name)) {
        status = complainSpecial(call, `local: \`${word}': not a valid identifier`, `${name}: bad variable name`, 1)
        continue
      }
      const isNew = !env.frame.hidden.has(name)
      hide(env, name)
      if (equals >= 0) env.variables.set(name, word.slice(equals + 1))
      else if (isNew) env.variables.unset(name)
    }
    return status
  },
}

/** `shift [COUNT]`. */
export const shiftBuiltin: Builtin = {
  name: 'shift',
  check: oneNumber('shift takes one number of parameters'),
  run: call => {
    const {
      args: [word],
      env: { frame },
    } = call
    const count = Number(word ?? 1)
    if (count > frame.parameters.length) return complainSpecial(call, null, "shift: can't shift that many", 1)
    frame.parameters = frame.parameters.slice(count)
    return 0
  },
}
