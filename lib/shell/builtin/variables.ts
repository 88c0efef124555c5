/**
 * `export`, `unset`.
 *
 * @see IEEE Std 1003.1 XCU 2.14
 */
import { quoted, trace } from '../xtrace.js'
import { type Builtin, complainSpecial } from './builtin.js'

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const EXPORT_SUPPORTED = 'export NAME, export NAME=VALUE, export -n NAME'

/** `export [-n] NAME[=VALUE]...`. */
export const exportBuiltin: Builtin = {
  name: 'export',
  check: args => {
    const at = args.findIndex(arg => arg?.startsWith('-') === true && arg !== '-n')
    if (at >= 0) return { at: at + 1, problem: `not supported; supported: ${EXPORT_SUPPORTED}` }
    return args.length === 0 ? { at: 0, problem: `a name is missing; supported: ${EXPORT_SUPPORTED}` } : null
  },
  run: call => {
    const { args, env } = call
    const isExported = args[0] !== '-n'
    let status = 0
    for (const word of isExported ? args : args.slice(1)) {
      const equals = word.indexOf('=')
      const name = equals < 0 ? word : word.slice(0, equals)
      if (!NAME.test(name)) {
        status = complainSpecial(
          call,
          `export: \`${word}': not a valid identifier`,
          `export: ${name}: bad variable name`,
          1,
        )
        continue
      }
      if (equals >= 0) {
        const value = word.slice(equals + 1)
        trace(env, `${name}=${value === '' ? '' : quoted(value)}`)
        env.variables.set(name, value)
      }
      env.variables.export(name, isExported)
    }
    return status
  },
}

/** `unset NAME...`. */
export const unsetBuiltin: Builtin = {
  name: 'unset',
  check: args => {
    const at = args.findIndex(arg => arg?.startsWith('-') === true && arg !== '-v')
    return at < 0 ? null : { at: at + 1, problem: 'not supported; supported: unset NAME' }
  },
  run: call => {
    let status = 0
    const isVariable = call.args.includes('-v')
    for (const name of call.args.filter(arg => arg !== '-v')) {
      if (NAME.test(name)) call.env.variables.unset(name)
      else if (isVariable || call.env.identity.dialect.isPosix) {
        // Without -v it would be the name of a function.
        status = complainSpecial(
          call,
          `unset: \`${name}': not a valid identifier`,
          `unset: ${name}: bad variable name`,
          1,
        )
      }
    }
    return status
  },
}
