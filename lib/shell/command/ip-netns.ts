/**
 * `ip netns`: namespaces by name, and running a command in one.
 *
 * @see ip-netns(8)
 */
import { NetloomError } from '../../errors.js'
import { netnsid } from '../../rtnl/nsid.js'
import { type Command, contextWith } from '../../app/command.js'
import type { World } from '../../core/world.js'
import { type Args, ToolExit, unsupported, usageError } from './args.js'
import type { IpContext } from './ip-context.js'
import { runVerb, type ToolResult, type Verb } from './tool.js'

/** Finds a command by its name. */
export type CommandFinder = (world: World, name: string) => Command | null

const nameArgument = (args: Args): string => {
  if (args.done) throw new ToolExit(1, 'No netns name specified\n')
  const name = args.take()
  if (name === '' || name.includes('/') || name === '.' || name === '..') usageError(`Invalid netns name "${name}"`)
  return name
}

/** Changes the world's namespaces; a failure is a line of its own and exit status 1. */
const change = (run: () => void): number => {
  try {
    run()
    return 0
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    throw new ToolExit(1, `${e.message}\n`)
  }
}

const add = (ip: IpContext, args: Args): number => {
  const name = nameArgument(args)
  return change(() => ip.world.addNetns(name))
}

const del = (ip: IpContext, args: Args): number => {
  if (ip.options.all) {
    for (const netns of ip.world.listNetns()) ip.world.delNetns(netns.name)
    return 0
  }
  const name = nameArgument(args)
  return change(() => ip.world.delNetns(name))
}

/** The newest first, as the directory of a tmpfs lists them. */
const list = (ip: IpContext): number =>
  ip.printList(p => {
    for (const netns of ip.world.listNetns().reverse()) {
      p.openObject()
      p.field('name', netns.name, netns.name)
      const id = ip.netnsOrNull === null ? null : netnsid(ip.netnsOrNull, netns)
      if (id !== null) p.field('id', id, ` (id: ${id})`)
      p.text('\n')
      p.closeObject()
    }
  })

const exec =
  (find: CommandFinder) =>
  (ip: IpContext, args: Args): ToolResult => {
    if (ip.options.all) throw unsupported('ip netns exec', '-all', 'one namespace')
    const name = nameArgument(args)
    if (args.done) throw new ToolExit(1, 'No command specified\n')
    const argv = args.rest()
    let netns: ReturnType<IpContext['world']['netns']>
    try {
      netns = ip.world.netns(name)
    } catch (e) {
      return e instanceof NetloomError ? usageError(e.message) : usageError(String(e))
    }
    const command = find(ip.world, argv[0]!)
    if (command === null) throw unsupported('ip netns exec', argv[0]!, 'the commands of netloom')
    return command.run(contextWith(ip.command, { netns }), argv)
  }

/** Makes the object `netns` of `ip`; `find` knows the commands that `exec` can run. */
export const ipNetns = (find: CommandFinder): ((ip: IpContext, args: Args) => ToolResult) => {
  const verbs: readonly Verb[] = [
    { word: 'list', run: list },
    { word: 'show', run: list },
    { word: 'lst', run: list },
    { word: 'list-id', run: null },
    { word: 'add', run: add },
    { word: 'set', run: null },
    { word: 'delete', run: del },
    { word: 'identify', run: null },
    { word: 'pids', run: null },
    { word: 'exec', run: exec(find) },
    { word: 'monitor', run: null },
    { word: 'attach', run: null },
  ]
  return (ip, args) => runVerb(ip, args, { name: 'ip netns', verbs, byDefault: 'list' })
}
