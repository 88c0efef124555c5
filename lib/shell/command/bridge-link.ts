/**
 * `bridge link`: ports of bridges, show and set.
 *
 * @see bridge(8)
 */
import type { NetDevice } from '../../core/netdev.js'
import { NetloomError } from '../../errors.js'
import { PORT_STATES } from '../../report/link-kind/bridge.js'
import { printBridgeLink } from '../../report/bridge-text.js'
import { bridgeLinkList, linkSet } from '../../rtnl/link.js'
import { type Args, matches, oneOfOnOff, parseUnsigned, usageError } from './args.js'
import type { IpContext } from './ip-context.js'
import { runVerb, type ToolResult } from './tool.js'

const NO_SUCH_VALUE = 234

/** Device called `name`; leaves with exit status 255. */
export const bridgeToolDevice = (ip: IpContext, name: string, what = 'device'): NetDevice =>
  ip.findDevice(name) ?? usageError(`Cannot find ${what} "${name}"`)

/** Words that switch something, with the attribute of the port. */
const SWITCHES: Readonly<Record<string, string>> = {
  guard: 'guard',
  hairpin: 'hairpin',
  fastleave: 'fastleave',
  root_block: 'rootBlock',
  learning: 'learning',
  flood: 'flood',
  mcast_flood: 'mcastFlood',
  bcast_flood: 'bcastFlood',
  mcast_to_unicast: 'mcastToUnicast',
  neigh_suppress: 'neighSuppress',
  vlan_tunnel: 'vlanTunnel',
  isolated: 'isolated',
  locked: 'locked',
}

const SUPPORTED = `dev, state, priority, cost, mcast_router, ${Object.keys(SWITCHES).join(', ')}, backup_port, nobackup_port, master`

const USAGE = `Usage: bridge link set dev DEV { ${SUPPORTED} }\n       bridge link show [ dev DEV ]`

const readSwitch = (word: string, text: string): boolean => oneOfOnOff(word, text, NO_SUCH_VALUE)

/** The number that a text begins with, 0 for any other text: these words are not checked by the tool. */
const leadingNumber = (text: string): number => Number.parseInt(text, 10) || 0

const readState = (text: string): number => {
  const named = PORT_STATES.indexOf(text.toLowerCase())
  if (named >= 0) return named
  return parseUnsigned(text, 8) ?? usageError('Error: invalid STP port state')
}

/** What the words say; `self` is the device itself, not its bridge. */
interface PortRequest {
  dev?: string
  self: boolean
  /** Mode of a switch in hardware, which no device of netloom is. */
  hwmode?: string
  attrs: Record<string, unknown>
}

const takeWord = (ip: IpContext, request: PortRequest, word: string, args: Args): void => {
  const { attrs } = request
  const attribute = SWITCHES[word]
  if (attribute !== undefined) attrs[attribute] = readSwitch(word, args.take())
  else if (word === 'dev') request.dev = args.take()
  else if (word === 'cost') attrs['cost'] = leadingNumber(args.take())
  else if (word === 'priority') attrs['priority'] = leadingNumber(args.take())
  else if (word === 'state') attrs['state'] = readState(args.take())
  else if (word === 'mcast_router') attrs['mcastRouter'] = leadingNumber(args.take())
  else if (word === 'self') request.self = true
  else if (word === 'master') return
  else if (word === 'nobackup_port') attrs['backupPort'] = null
  else if (word === 'backup_port') {
    const name = args.take()
    attrs['backupPort'] = ip.findDevice(name) ?? usageError(`Error: device ${name} does not exist`)
  } else if (word === 'learning_sync') readSwitch(word, args.take())
  else if (word === 'hwmode') {
    request.hwmode = args.take()
    if (request.hwmode !== 'vepa' && request.hwmode !== 'veb') usageError('Mode argument must be "vepa" or "veb".')
  } else usageError(USAGE)
}

const set = (ip: IpContext, args: Args): number => {
  const request: PortRequest = { self: false, attrs: {} }
  while (!args.done) takeWord(ip, request, args.take(), args)
  if (request.dev === undefined) return usageError('Device is a required argument.')
  const dev = bridgeToolDevice(ip, request.dev, 'bridge device')
  if (request.self || request.hwmode !== undefined || dev.master === null) throw new NetloomError('EOPNOTSUPP')
  // The tool sends neither a cost nor a priority that is not positive.
  const { cost, ...attrs } = request.attrs
  linkSet(dev, { slaveAttrs: typeof cost === 'number' && cost > 0 ? { ...attrs, cost } : attrs })
  return 0
}

/** Only `dev` selects; other words are read and mean nothing, as in the tool. */
const show = (ip: IpContext, args: Args): number => {
  let dev: NetDevice | null = null
  while (!args.done) if (args.take() === 'dev') dev = bridgeToolDevice(ip, args.take())
  return ip.printList(p => {
    for (const info of bridgeLinkList(ip.netns)) if (dev === null || info.dev === dev) printBridgeLink(p, info)
  })
}

/** Object `link` of `bridge`. */
export const bridgeLink = (ip: IpContext, args: Args): ToolResult => {
  if (!args.done && matches(args.word, 'help')) return usageError(USAGE)
  return runVerb(ip, args, {
    name: 'bridge link',
    byDefault: 'show',
    verbs: [
      { word: 'set', run: set },
      { word: 'change', run: set },
      { word: 'show', run: show },
      { word: 'lst', run: show },
      { word: 'list', run: show },
    ],
  })
}
