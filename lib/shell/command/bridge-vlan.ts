/**
 * `bridge vlan`: add, delete, set, show.
 *
 * Left out: tunnels (`tunnel_info`), options of VLANs for multicast (`global`, `mcast_router`). A namespace where no
 * bridge has VLANs answers as a kernel without VLAN filtering does, which is what has been recorded.
 *
 * @see bridge(8), iproute2 bridge/vlan.c
 */
import type { NetDevice } from '../../core/netdev.js'
import { printVlans, singleVlans, type VlanView, vlanRanges } from '../../report/bridge-vlan-text.js'
import { PORT_STATES } from '../../report/link-kind/bridge.js'
import {
  bridgeVlanAdd,
  bridgeVlanDel,
  bridgeVlanList,
  bridgeVlanSet,
  bridgeVlansInUse,
  type VlanInfo,
  type VlanRequest,
} from '../../rtnl/bridge-vlan.js'
import { type Args, defined, duplicateArgument, matches, ToolExit, unsupported, usageError } from './args.js'
import { bridgeToolDevice } from './bridge-link.js'
import type { IpContext } from './ip-context.js'
import { runVerb, type ToolResult } from './tool.js'

const VLAN_N_VID = 4096

const HEAD = 'port              vlan-id'

/** What the words of a list select. */
interface Selection {
  readonly dev: NetDevice | null
  /** 0 for all. */
  readonly vid: number
}

/** A number as atoi() and a short make it. */
const shortOf = (text: string): number => ((Number.parseInt(text, 10) || 0) << 16) >> 16

/** Words that select nothing are read and mean nothing, as in the tool. */
const readSelection = (ip: IpContext, args: Args): Selection => {
  let name: string | null = null
  let vid = 0
  while (!args.done) {
    const word = args.take()
    if (word === 'dev') {
      const text = args.take()
      if (name !== null) duplicateArgument('dev', text)
      name = text
    } else if (word === 'vid') {
      const text = args.take()
      if (vid !== 0) duplicateArgument('vid', text)
      vid = Number.parseInt(text, 10) || 0
    }
  }
  return { dev: name === null ? null : bridgeToolDevice(ip, name), vid }
}

const terminated = (): never => {
  throw new ToolExit(1, 'RTNETLINK answers: Operation not supported\nDump terminated\n')
}

/** What the kernel tells apart when it sums VLANs up: for a plain list, and for one with details. */
const sameFlags = (a: VlanInfo, b: VlanInfo): boolean => a.pvid === b.pvid && a.untagged === b.untagged
const sameOptions = (a: VlanInfo, b: VlanInfo): boolean =>
  !a.pvid && !b.pvid && a.untagged === b.untagged && a.state === b.state

/** VLANs of the bridges come before those of the ports in a list with counters. */
const bridgesFirst = (vlans: readonly VlanInfo[]): VlanInfo[] => {
  const isBridge = (v: VlanInfo): boolean => v.dev.ops.kind === 'bridge'
  return [...vlans.filter(isBridge), ...vlans.filter(v => !isBridge(v))]
}

const show = (ip: IpContext, args: Args): number => {
  const { dev, vid } = readSelection(ip, args)
  const { stats, details, json, compressVlans } = ip.options
  const isKnown = bridgeVlansInUse(ip.netns)
  const all = bridgeVlanList(ip.netns, dev ?? undefined)
  const withStats = stats > 0
  const view: VlanView = details ? (withStats ? 'details and stats' : 'details') : withStats ? 'stats' : 'plain'
  const inOrder = view === 'stats' ? bridgesFirst(all) : all
  const ranges =
    view === 'details'
      ? vlanRanges(inOrder, sameOptions)
      : view === 'plain' && compressVlans
        ? vlanRanges(inOrder, sameFlags)
        : singleVlans(inOrder)
  ip.print(p => {
    p.text(`${HEAD}${view === 'stats' ? '' : '  '}\n`)
    p.openArray()
    const selected = ranges.filter(r => vid === 0 || (r.first.vid <= vid && vid <= r.last))
    for (const r of selected) ip.askFor(r.first.dev)
    printVlans(p, selected, view)
    p.closeArray()
  })
  return details && !isKnown && !json ? terminated() : 0
}

const tunnelShow = (ip: IpContext, args: Args): number => {
  readSelection(ip, args)
  return ip.print(p => {
    p.text(`${HEAD}    tunnel-id\n`)
    p.openArray()
    p.closeArray()
  })
}

const global = (ip: IpContext, args: Args): number => {
  if (!args.done && args.word === 'set') throw unsupported('bridge vlan', 'global set', SUPPORTED)
  readSelection(ip, args)
  if (bridgeVlansInUse(ip.netns)) throw unsupported('bridge vlan', 'global', SUPPORTED)
  ip.command.out(`${HEAD}  \n`)
  return terminated()
}

const SUPPORTED = 'add, del, set, show with dev, vid, pvid, untagged, self, master, state'

/** VLAN identifiers of a change: one, or a range; `end` -1 without one. */
interface Vids {
  vid: number
  end: number
  isRange: boolean
}

const readVids = (word: string): Vids => {
  const at = word.indexOf('-')
  if (at < 0) return { vid: shortOf(word), end: -1, isRange: false }
  return { vid: shortOf(word.slice(0, at)), end: shortOf(word.slice(at + 1)), isRange: true }
}

/** A short as the tool prints it. */
const printed = (n: number): number => n & 0xffff

const checkRange = ({ vid, end }: Vids): void => {
  if (end === -1 || end >= VLAN_N_VID || vid >= end) usageError(`Invalid VLAN range "${printed(vid)}-${printed(end)}"`)
}

const checkVid = ({ vid }: Vids): void => {
  if (vid >= VLAN_N_VID) usageError(`Invalid VLAN ID "${printed(vid)}"`)
}

/** A word that the tool does not know is passed over, and after a beginning of `help` there must be another one. */
const otherWord = (word: string, args: Args): void => {
  if (matches(word, 'help') && args.done) args.incomplete()
}

type Flag = 'self' | 'master' | 'pvid' | 'untagged'
const FLAGS: readonly string[] = ['self', 'master', 'pvid', 'untagged']

/** Reads a change and hands it to the kernel. */
const change =
  (apply: typeof bridgeVlanAdd) =>
  (ip: IpContext, args: Args): number => {
    let name: string | undefined
    let vids: Vids | undefined
    const flags: { [F in Flag]?: boolean } = {}
    while (!args.done) {
      const word = args.take()
      if (word === 'dev') name = args.take()
      else if (word === 'vid') {
        const read = readVids(args.take())
        vids = {
          ...read,
          end: read.isRange ? read.end : (vids?.end ?? -1),
          isRange: read.isRange || vids?.isRange === true,
        }
      } else if (FLAGS.includes(word)) flags[word as Flag] = true
      else if (word === 'tunnel_info') throw unsupported('bridge vlan', word, SUPPORTED)
      else otherWord(word, args)
    }
    if (name === undefined || vids === undefined || vids.vid === -1)
      return usageError('Device and VLAN ID are required arguments.')
    const dev = bridgeToolDevice(ip, name, 'bridge device')
    checkVid(vids)
    if (vids.isRange) {
      checkRange(vids)
      if (flags.pvid) usageError('pvid cannot be configured for a vlan range')
    }
    const request: VlanRequest = {
      dev,
      vid: vids.vid,
      ...flags,
      ...defined({ vidEnd: vids.isRange ? vids.end : undefined }),
    }
    apply(ip.netns, request)
    return 0
  }

/** State of a port by number or name. */
const readState = (word: string): number => {
  const number = /^[+-]?\d+$/.test(word) ? Number.parseInt(word, 10) : PORT_STATES.indexOf(word)
  if (number === -1) usageError('Error: invalid STP state')
  return number & 0xff
}

const setOptions = (ip: IpContext, args: Args): number => {
  let dev: NetDevice | undefined
  let vids: Vids | undefined
  let state: number | undefined
  while (!args.done) {
    const word = args.take()
    if (word === 'dev') dev = bridgeToolDevice(ip, args.take(), 'network device')
    else if (word === 'vid') {
      vids = readVids(args.take())
      if (vids.isRange && (vids.vid >= vids.end || vids.end >= VLAN_N_VID)) checkRange(vids)
      checkVid(vids)
    } else if (word === 'state') state = readState(args.take())
    else if (word === 'mcast_router') throw unsupported('bridge vlan set', word, 'dev, vid, state')
    else otherWord(word, args)
  }
  if (dev === undefined || vids === undefined || vids.vid === -1)
    return usageError('Device and VLAN ID are required arguments.')
  bridgeVlanSet(ip.netns, { dev, vid: vids.vid, ...defined({ vidEnd: vids.isRange ? vids.end : undefined, state }) })
  return 0
}

/** Object `vlan` of `bridge`. */
export const bridgeVlan = (ip: IpContext, args: Args): ToolResult =>
  runVerb(ip, args, {
    name: 'bridge vlan',
    byDefault: 'show',
    verbs: [
      { word: 'add', run: change(bridgeVlanAdd) },
      { word: 'delete', run: change(bridgeVlanDel) },
      { word: 'show', run: show },
      { word: 'lst', run: show },
      { word: 'list', run: show },
      { word: 'tunnelshow', run: tunnelShow },
      { word: 'set', run: setOptions },
      { word: 'global', run: global },
    ],
  })
