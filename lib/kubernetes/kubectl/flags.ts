/**
 * kubectl's command line: options anywhere among the words, as pflag reads them.
 *
 * @see spf13/pflag flag.go; kubectl pkg/cmd
 */

/** An option. */
export interface FlagSpec {
  readonly name: string
  /** One letter, or empty. */
  readonly short: string
  readonly type: 'bool' | 'string' | 'list'
  /** What it means without a value: `--wait` is `--wait=true`. */
  readonly bare?: string
}

/** An option; of type string, and without a letter, by default. */
export const flag = (name: string, type: FlagSpec['type'] = 'string', short = ''): FlagSpec => ({ name, short, type })

/** Options of every command. */
export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  flag('server', 'string', 's'),
  flag('kubeconfig'),
  flag('namespace', 'string', 'n'),
  flag('request-timeout'),
]

/** A command line that was not understood, with the text that kubectl prints. */
export class UsageError extends Error {}

/** Options that were given, by name. */
export class Flags {
  readonly #values = new Map<string, string[]>()

  /** The last value of an option, or `orElse`. */
  text(name: string, orElse = ''): string {
    return this.#values.get(name)?.at(-1) ?? orElse
  }

  /** All values, those between commas apart. */
  list(name: string): string[] {
    return (this.#values.get(name) ?? []).flatMap(value => value.split(','))
  }

  /** Was it given? */
  isSet(name: string): boolean {
    return this.#values.has(name)
  }

  /** A Boolean option. */
  is(name: string, orElse = false): boolean {
    const value = this.#values.get(name)?.at(-1)
    return value === undefined ? orElse : value === 'true'
  }

  /** Adds a value behind those that are there. */
  add(name: string, value: string): void {
    this.#values.set(name, [...(this.#values.get(name) ?? []), value])
  }
}

/** Words and options of a command. Throws a {@link UsageError} with kubectl's text. */
export const parseFlags = (
  words: readonly string[],
  specs: readonly FlagSpec[],
  command: string,
): { readonly args: string[]; readonly flags: Flags } => {
  const flags = new Flags()
  const args: string[] = []
  const refuse = (text: string): never => {
    throw new UsageError(`error: ${text}\nSee '${command} --help' for usage.\n`)
  }
  const take = (spec: FlagSpec, value: string | null, next: () => string | undefined, shown: string): void => {
    if (value !== null) flags.add(spec.name, value)
    else if (spec.type === 'bool') flags.add(spec.name, spec.bare ?? 'true')
    else flags.add(spec.name, next() ?? refuse(`flag needs an argument: ${shown}`))
  }
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const next = (): string | undefined => words[++i]
    if (word === '--') {
      args.push(...words.slice(i + 1))
      break
    }
    if (word.startsWith('--')) {
      const [name = '', ...rest] = word.slice(2).split('=')
      const spec = specs.find(s => s.name === name)
      if (spec === undefined) return refuse(`unknown flag: --${name}`)
      take(spec, rest.length === 0 ? null : rest.join('='), next, `--${name}`)
    } else if (word.startsWith('-') && word !== '-') {
      for (let at = 1; at < word.length; at++) {
        const spec = specs.find(s => s.short === word[at])
        if (spec === undefined) return refuse(`unknown shorthand flag: '${word[at]}' in ${word}`)
        const rest = word.slice(at + 1)
        const value = rest === '' || (spec.type === 'bool' && !rest.startsWith('=')) ? null : rest.replace(/^=/, '')
        take(spec, value, next, `'${word[at]}' in ${word}`)
        if (spec.type !== 'bool' || value !== null) break
      }
    } else args.push(word)
  }
  return { args, flags }
}
