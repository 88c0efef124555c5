/**
 * `brctl` of bridge-utils 1.7 over rtnl/.
 *
 * @see brctl(8); bridge-utils brctl_cmd.c for the texts
 */
import { IFF_UP, type NetDevice } from '../../core/netdev.js'
import type { Netns } from '../../core/netns.js'
import { type Errno, ERRNO, NetloomError, strerror } from '../../errors.js'
import {
  BRCTL_SHOW_HEAD,
  brctlShowmacsText,
  brctlShowstpText,
  brctlShowText,
  brctlSorted,
} from '../../report/brctl-text.js'
import { linkAdd, linkDel, linkSet } from '../../rtnl/link.js'
import type { Command, CommandContext } from '../../app/command.js'
import { ToolExit } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'
import { realNumber } from './numbers.js'

/** A sub-command: how many words it needs, its words and purpose in the list, and what it does. */
interface SubCommand {
  readonly name: string
  readonly needs: number
  readonly usage: string
  readonly run: (netns: Netns, words: readonly string[], ctx: CommandContext) => void
}

/** Longest name that brctl gives to a bridge. */
const NAME_MAX = 15

const fail = (message: string): never => {
  throw new ToolExit(1, `${message}\n`)
}

const isBridge = (dev: NetDevice): boolean => dev.ops.kind === 'bridge'

const errorText = (e: unknown): string => {
  if (!(e instanceof NetloomError)) throw e
  if (e.code === 'EOPNOTSUPP' && e.context['extack'] === undefined && !(e.message === strerror('EOPNOTSUPP')))
    throw new NetloomError('EGRAMMAR', `brctl: ${e.message}`, e.context)
  return e.code in ERRNO ? strerror(e.code as Errno) : e.message
}

/** The bridge called `name`; otherwise leaves with `what: No such device` or `Operation not supported`. */
const bridgeFor = (netns: Netns, name: string, what: string): NetDevice => {
  const dev = netns.devByName(name)
  if (dev === null) return fail(`${what}: ${strerror('ENODEV')}`)
  return isBridge(dev) ? dev : fail(`${what}: ${strerror('EOPNOTSUPP')}`)
}

const attempt = (what: string, run: () => void): void => {
  try {
    run()
  } catch (e) {
    fail(`${what}: ${errorText(e)}`)
  }
}

const addbr = (netns: Netns, [name]: readonly string[]): void => {
  try {
    linkAdd(netns, { kind: 'bridge', name: name!.slice(0, NAME_MAX) })
  } catch (e) {
    if (e instanceof NetloomError && e.code === 'EEXIST')
      fail(`device ${name} already exists; can't create bridge with the same name`)
    fail(`add bridge failed: ${errorText(e)}`)
  }
}

const delbr = (netns: Netns, [name]: readonly string[]): void => {
  const dev = netns.devByName(name!)
  if (dev === null) return fail(`bridge ${name} doesn't exist; can't delete it`)
  if (!isBridge(dev)) return fail(`can't delete bridge ${name}: ${strerror('EPERM')}`)
  if ((dev.flags & IFF_UP) !== 0) return fail(`bridge ${name} is still up; can't delete it`)
  linkDel(dev)
}

/** The bridge and, one after the other, the devices that a command names. */
const eachInterface = (
  netns: Netns,
  [name, ...words]: readonly string[],
  run: (br: NetDevice, dev: NetDevice) => void,
): void => {
  for (const word of words) {
    const dev = netns.devByName(word)
    const br = netns.devByName(name!)
    if (dev === null) return fail(`interface ${word} does not exist!`)
    if (br === null) return fail(`bridge ${name} does not exist!`)
    run(br, dev)
  }
}

const addif = (netns: Netns, words: readonly string[]): void =>
  eachInterface(netns, words, (br, dev) => {
    if (dev.master !== null)
      fail(`device ${dev.name} is already a member of a bridge; can't add it to bridge ${br.name}.`)
    if (isBridge(dev))
      fail(`device ${dev.name} is a bridge device itself; can't add a bridge device to a bridge device.`)
    attempt(`can't add ${dev.name} to bridge ${br.name}`, () => linkSet(dev, { master: br }))
  })

const delif = (netns: Netns, words: readonly string[]): void =>
  eachInterface(netns, words, (br, dev) => {
    if (dev.master !== br) fail(`device ${dev.name} is not a port of ${br.name}`)
    linkSet(dev, { master: null })
  })

const onOff = (word: string): boolean => {
  if (word === 'on' || word === 'yes' || word === '1') return true
  if (word === 'off' || word === 'no' || word === '0') return false
  return fail('expect on/off for argument')
}

const hairpin = (netns: Netns, [name, port, word]: readonly string[]): void => {
  const on = onOff(word!)
  const dev = netns.devByName(port!)
  if (dev === null) return fail(`interface ${port} does not exist!`)
  if (netns.devByName(name!) === null) return fail(`bridge ${name} does not exist!`)
  attempt(`can't set ${port} to hairpin on bridge ${name}`, () => linkSet(dev, { slaveAttrs: { hairpin: on } }))
}

const stp = (netns: Netns, [name, word]: readonly string[]): void => {
  const on = onOff(word!)
  const br = bridgeFor(netns, name!, 'set stp status failed')
  attempt('set stp status failed', () => linkSet(br, { attrs: { stpState: on ? 1 : 0 } }))
}

/** A time in seconds, set in hundredths. */
const timeSetter =
  (attr: string, what: string, bad: string): SubCommand['run'] =>
  (netns, [name, word]) => {
    const { value, rest } = realNumber(word!)
    if (rest !== '') fail(bad)
    const br = bridgeFor(netns, name!, what)
    attempt(what, () => linkSet(br, { attrs: { [attr]: Math.trunc(value * 100) } }))
  }

const integer = (word: string, bad: string): number => {
  const { value, rest } = realNumber(word)
  return rest === '' && Number.isInteger(value) ? value : fail(bad)
}

const setbridgeprio = (netns: Netns, [name, word]: readonly string[]): void => {
  const what = 'set bridge priority failed'
  const priority = integer(word!, 'bad priority') & 0xffff
  const br = bridgeFor(netns, name!, what)
  attempt(what, () => linkSet(br, { attrs: { priority } }))
}

const portSetter =
  (attr: string, what: string, bad: string): SubCommand['run'] =>
  (netns, [, port, word]) => {
    const value = integer(word!, bad)
    const dev = netns.devByName(port!)
    if (dev === null || dev.master === null) return fail(`${what}: ${strerror('ENODEV')}`)
    attempt(what, () => linkSet(dev, { slaveAttrs: { [attr]: value } }))
  }

const show = (netns: Netns, words: readonly string[], ctx: CommandContext): void => {
  const all = brctlSorted(netns.devices.filter(isBridge))
  if (words.length === 0) {
    if (all.length > 0) ctx.out(BRCTL_SHOW_HEAD + all.map(brctlShowText).join(''))
    return
  }
  let text = ''
  let errors = ''
  for (const word of words) {
    const dev = netns.devByName(word)
    if (dev === null) errors += `bridge ${word} does not exist!\n`
    else if (!isBridge(dev)) errors += `device ${word} is not a bridge!\n`
    else text += brctlShowText(dev)
  }
  if (text !== '') ctx.out(BRCTL_SHOW_HEAD + text)
  if (errors !== '') throw new ToolExit(1, errors)
}

const showmacs = (netns: Netns, [name]: readonly string[], ctx: CommandContext): void =>
  ctx.out(brctlShowmacsText(bridgeFor(netns, name!, 'read of forward table failed')))

const showstp = (netns: Netns, words: readonly string[], ctx: CommandContext): void => {
  const dev = netns.devByName(words[0]!)
  if (dev === null) return fail(`bridge ${words[0]} does not exist!`)
  if (!isBridge(dev)) return fail(`device ${words[0]} is not a bridge!`)
  ctx.out(brctlShowstpText(dev))
}

const SUB_COMMANDS: readonly SubCommand[] = [
  { name: 'addbr', needs: 1, usage: '<bridge>\t\tadd bridge', run: addbr },
  { name: 'delbr', needs: 1, usage: '<bridge>\t\tdelete bridge', run: delbr },
  { name: 'addif', needs: 2, usage: '<bridge> <device>\tadd interface to bridge', run: addif },
  { name: 'delif', needs: 2, usage: '<bridge> <device>\tdelete interface from bridge', run: delif },
  { name: 'hairpin', needs: 3, usage: '<bridge> <port> {on|off}\tturn hairpin on/off', run: hairpin },
  {
    name: 'setageing',
    needs: 2,
    usage: '<bridge> <time>\t\tset ageing time',
    run: timeSetter('ageingTime', 'set ageing time failed', 'bad ageing time value'),
  },
  { name: 'setbridgeprio', needs: 2, usage: '<bridge> <prio>\t\tset bridge priority', run: setbridgeprio },
  {
    name: 'setfd',
    needs: 2,
    usage: '<bridge> <time>\t\tset bridge forward delay',
    run: timeSetter('forwardDelay', 'set forward delay failed', 'bad forward delay value'),
  },
  {
    name: 'sethello',
    needs: 2,
    usage: '<bridge> <time>\t\tset hello time',
    run: timeSetter('helloTime', 'set hello timer failed', 'bad hello timer value'),
  },
  {
    name: 'setmaxage',
    needs: 2,
    usage: '<bridge> <time>\t\tset max message age',
    run: timeSetter('maxAge', 'set max age failed', 'bad max age value'),
  },
  {
    name: 'setpathcost',
    needs: 3,
    usage: '<bridge> <port> <cost>\tset path cost',
    run: portSetter('cost', 'set path cost failed', 'bad path cost value'),
  },
  {
    name: 'setportprio',
    needs: 3,
    usage: '<bridge> <port> <prio>\tset port priority',
    run: portSetter('priority', 'set port priority failed', 'bad path priority value'),
  },
  { name: 'show', needs: 0, usage: '[ <bridge> ]\t\tshow a list of bridges', run: show },
  { name: 'showmacs', needs: 1, usage: '<bridge>\t\tshow a list of mac addrs', run: showmacs },
  { name: 'showstp', needs: 1, usage: '<bridge>\t\tshow bridge stp info', run: showstp },
  { name: 'stp', needs: 2, usage: '<bridge> {on|off}\tturn stp on/off', run: stp },
]

const HELP = `Usage: brctl [commands]\ncommands:\n${SUB_COMMANDS.map(c => `\t${c.name.padEnd(10)}\t${c.usage}\n`).join('')}`

const run = (ctx: CommandContext, argv: readonly string[]): number => {
  const [, name, ...words] = argv
  if (name === '-V' || name === '--version') {
    ctx.out('bridge-utils, 1.7\n')
    return 0
  }
  const command = SUB_COMMANDS.find(c => c.name === name)
  if (command === undefined) {
    if (name !== undefined && name !== '-h' && name !== '--help') ctx.err(`never heard of command [${name}]\n`)
    ctx.out(HELP)
    return name === '-h' || name === '--help' ? 0 : 1
  }
  if (words.length < command.needs) {
    ctx.out(`Incorrect number of arguments for command\nUsage: brctl ${command.name} ${command.usage}\n`)
    return 1
  }
  command.run(netnsOf(ctx, 'brctl'), words, ctx)
  return 0
}

/** The command `brctl`. */
export const brctlCommand: Command = {
  name: 'brctl',
  run: exiting(run),
}
