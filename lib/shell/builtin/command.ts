/**
 * `command -v`: how names are run. `command NAME` itself, which passes functions by, is in simple-command.ts.
 *
 * @see IEEE Std 1003.1 XCU command
 */
import type { Builtin, BuiltinCall, BuiltinProblem } from './builtin.js'

/** Programs that Debian has in /usr/sbin. */
const SBIN: readonly string[] =
  'bridge brctl conntrack ethtool ifconfig ip iptables iptables-restore iptables-save sysctl tc'.split(' ')

const SUPPORTED = 'command -v NAME..., command NAME WORDS'

/** What `command -v` says about a name; null when nothing has it. `isBuiltin` knows the commands of the shell itself. */
const found = (call: BuiltinCall, name: string): string | null => {
  if (call.env.functions.has(name) || call.isBuiltin(name)) return name
  if (!call.jobs.commands.has(name) || name.startsWith('/')) return null
  return `/usr/${SBIN.includes(name) ? 'sbin' : 'bin'}/${name}`
}

/** `command -v NAME...`. */
export const commandBuiltin: Builtin = {
  name: 'command',
  check: (args): BuiltinProblem | null =>
    args[0] === '-v' || args[0] === null ? null : { at: args.length === 0 ? 0 : 1, problem: `supported: ${SUPPORTED}` },
  run: call => {
    const paths = call.args.slice(1).flatMap(name => found(call, name) ?? [])
    for (const path of paths) call.streams.out(`${path}\n`)
    return paths.length > 0 ? 0 : call.env.identity.dialect.isPosix ? 127 : 1
  },
}
