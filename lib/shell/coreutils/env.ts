/**
 * `env`: the environment, or a command in another one: `ip netns exec h1 env ETCDCTL_API=3 etcdctl ...`. Options: `-i`, `-u NAME`.
 *
 * @see env(1)
 */
import { type Command, type CommandContext, contextWith } from '../../app/command.js'
import type { World } from '../../core/world.js'
import { unsupported } from '../command/args.js'

const CANNOT_RUN = 125

/** Finds a command by its name. */
type CommandFinder = (world: World, name: string) => Command | null

/** What the words in front of a command say. */
interface Request {
  readonly variables: Record<string, string>
  readonly command: readonly string[]
}

/** Reads the words of `env`; a text is what is wrong with them. */
const requestOf = (ctx: CommandContext, words: readonly string[]): Request | string => {
  const variables: Record<string, string> = { ...ctx.env }
  let at = 0
  for (; words[at]?.startsWith('-') === true; at++) {
    const word = words[at]!
    if (word === '-i' || word === '-') for (const name of Object.keys(variables)) delete variables[name]
    else if (word === '-u') {
      const name = words[++at]
      if (name === undefined) return "option requires an argument -- 'u'"
      delete variables[name]
    } else throw unsupported('env', word, '-i, -u NAME, NAME=VALUE')
  }
  for (; words[at]?.includes('=') === true; at++) {
    const equals = words[at]!.indexOf('=')
    variables[words[at]!.slice(0, equals)] = words[at]!.slice(equals + 1)
  }
  return { variables, command: words.slice(at) }
}

/** Makes the command; `find` knows what it can run. */
export const makeEnvCommand = (find: CommandFinder): Command => ({
  name: 'env',
  isFilter: true,
  run: (ctx, argv) => {
    const request = requestOf(ctx, argv.slice(1))
    if (typeof request === 'string') {
      ctx.err(`env: ${request}\nTry 'env --help' for more information.\n`)
      return CANNOT_RUN
    }
    const { variables, command } = request
    const [name] = command
    if (name === undefined) {
      ctx.out(
        Object.entries(variables)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(''),
      )
      return 0
    }
    const found = find(ctx.world, name)
    if (found === null) throw unsupported('env', name, 'the commands of netloom')
    return found.run(contextWith(ctx, { env: variables }), command)
  },
})
