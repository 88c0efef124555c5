/**
 * `pkill` and `pgrep` of procps 4.0.2 over the programs of a namespace: those whose name matches a pattern. Options: the
 * signal (`-TERM`, `-15`, `-INT`, `-2`, `-KILL`, `-9`, `--signal`), `-x`, and `-f`, as programs have no other words than their
 * names here.
 *
 * @see pkill(1)
 */
import type { Command, CommandContext } from '../../app/command.js'
import { type Process, processesOf } from '../../app/process.js'
import { posixRegex, RegexError } from '../posix-regex.js'
import { unsupported } from './args.js'
import { netnsOf } from './netns-of.js'

const NO_MATCH = 1
const CALLED_WRONGLY = 2
const SIGNALS: Readonly<Record<string, 'term' | 'kill'>> = {
  15: 'term',
  TERM: 'term',
  2: 'term',
  INT: 'term',
  9: 'kill',
  KILL: 'kill',
}

const signalOf = (tool: string, text: string): 'term' | 'kill' => {
  const signal = SIGNALS[text.replace(/^SIG/, '')]
  if (signal === undefined) throw unsupported(tool, `-${text}`, 'the signals TERM, INT and KILL, -x and -f')
  return signal
}

const run = (
  tool: string,
  ctx: CommandContext,
  argv: readonly string[],
  act: (p: Process, s: string) => void,
): number => {
  let signal: 'term' | 'kill' = 'term'
  let isExact = false
  const patterns: string[] = []
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i]!
    if (word === '-x') isExact = true
    else if (word === '--signal') signal = signalOf(tool, argv[++i] ?? '')
    else if (word !== '-f' && word.startsWith('-')) signal = signalOf(tool, word.slice(1))
    else if (word !== '-f') patterns.push(word)
  }
  if (patterns.length !== 1) {
    const problem = patterns.length === 0 ? 'no matching criteria specified' : 'only one pattern can be provided'
    ctx.err(`${tool}: ${problem}\nTry \`${tool} --help' for more information.\n`)
    return CALLED_WRONGLY
  }
  let pattern: RegExp
  try {
    pattern = posixRegex(isExact ? `^(${patterns[0]})$` : patterns[0]!)
  } catch (e) {
    if (!(e instanceof RegexError)) throw e
    ctx.err(`${tool}: regex error: ${e.message}\n`)
    return CALLED_WRONGLY
  }
  const found = processesOf(netnsOf(ctx, tool)).filter(p => pattern.test(p.name))
  for (const process of found) act(process, signal)
  return found.length === 0 ? NO_MATCH : 0
}

export const pkillCommand: Command = {
  name: 'pkill',
  run: (ctx, argv) =>
    run('pkill', ctx, argv, (process, signal) => {
      if (signal === 'kill') process.killHard()
      else process.kill()
    }),
}

export const pgrepCommand: Command = {
  name: 'pgrep',
  run: (ctx, argv) => run('pgrep', ctx, argv, process => ctx.out(`${process.pid}\n`)),
}
