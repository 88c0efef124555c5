/**
 * `pkill` and `pgrep` of procps 4.0.2 over the programs of a namespace: those whose name matches a pattern. Options: the
 * signal (`-TERM`, `-15`, `-INT`, `-2`, `-KILL`, `-9`, `--signal`), `-x`, and `-f`, as programs have no other words than their
 * names here.
 *
 * @see pkill(1)
 */
import type { Command, CommandContext } from '../../app/command.js'
import { type Process, processesOf } from '../../app/process.js'
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

/** What regerror(3) of glibc says, by words of the engine's own message. */
const REGEX_ERRORS: readonly (readonly [RegExp, string])[] = [
  [/Unterminated group/, 'Unmatched ( or \\('],
  [/character class/, 'Unmatched [, [^, [:, [., or [='],
  [/Nothing to repeat/, 'Invalid preceding regular expression'],
  [/\\ at end/, 'Trailing backslash'],
]

/**
 * The pattern, or what is wrong with it.
 *
 * DIFFERS: patterns are JavaScript's, which are POSIX's extended ones but for classes such as `[[:alpha:]]` and a `)` of its own.
 */
const compile = (pattern: string): RegExp | string => {
  try {
    return new RegExp(pattern)
  } catch (e) {
    const { message } = e as Error
    return REGEX_ERRORS.find(([words]) => words.test(message))?.[1] ?? 'Invalid regular expression'
  }
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
  const pattern = compile(isExact ? `^(?:${patterns[0]})$` : patterns[0]!)
  if (typeof pattern === 'string') {
    ctx.err(`${tool}: regex error: ${pattern}\n`)
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
