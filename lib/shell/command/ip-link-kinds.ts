/**
 * The words behind `type KIND` of `ip link add` and `ip link set`: one entry a kind.
 *
 * Attributes get the names of the words, in camelCase.
 *
 * @see ip-link(8)
 */
import type { NetDevice } from '../../core/netdev.js'
import { NetloomError } from '../../errors.js'
import { linkSet } from '../../rtnl/link.js'
import {
  type Args,
  defined,
  duplicateArgument,
  invalidArgument,
  matches,
  oneOfOnOff,
  parseUnsigned,
  ToolExit,
  unsupported,
  usageError,
} from './args.js'
import type { IpContext } from './ip-context.js'
import { type LinkRequest, parseLinkWords } from './ip-link-args.js'
import { etherAddress, parseLladdr } from './lladdr.js'

/** Attributes by name. */
export type Attributes = Record<string, unknown>

/** What the words of a kind say. */
export interface KindRequest {
  readonly attributes: Attributes
  /** What is left to be done when the device is there. */
  readonly finish: ((dev: NetDevice) => void) | null
}

/** How the words of a kind are read. */
export interface LinkKindWords {
  readonly kind: string
  /** Words of `add`. */
  readonly forAdd: (ip: IpContext, args: Args) => KindRequest
  /** Words of `set`. */
  readonly forSet: (ip: IpContext, args: Args) => KindRequest
}

/** An attribute: its word, and how its value is read. A word that takes no value gives `true`. */
interface AttributeWord {
  readonly word: string
  readonly read: (ip: IpContext, args: Args) => unknown
}

const camelCase = (word: string): string => word.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase())

const unsigned = (word: string, bits: number, message = `invalid ${word}`): AttributeWord => ({
  word,
  read: (_ip, args) => {
    const text = args.take()
    return parseUnsigned(text, bits) ?? invalidArgument(message, text)
  },
})

const bare = (word: string): AttributeWord => ({ word, read: () => true })

const VLAN_PROTOCOLS: Readonly<Record<string, number>> = { '802.1q': 0x8100, '802.1ad': 0x88a8 }

/** Words of `type bridge`, in the order in which the tool looks for them. */
const BRIDGE: readonly AttributeWord[] = [
  unsigned('forward_delay', 32),
  unsigned('hello_time', 32),
  unsigned('max_age', 32),
  unsigned('ageing_time', 32),
  unsigned('stp_state', 32),
  unsigned('priority', 16),
  unsigned('vlan_filtering', 8),
  {
    word: 'vlan_protocol',
    read: (_ip, args) => {
      const text = args.take()
      return VLAN_PROTOCOLS[text.toLowerCase()] ?? invalidArgument('invalid vlan_protocol', text)
    },
  },
  unsigned('group_fwd_mask', 16),
  { word: 'group_address', read: (_ip, args) => parseLladdr(args.take()) },
  bare('fdb_flush'),
  unsigned('vlan_default_pvid', 16),
  unsigned('vlan_stats_enabled', 8),
  unsigned('vlan_stats_per_port', 8),
  unsigned('mcast_router', 8),
  unsigned('mcast_snooping', 8),
  unsigned('mcast_vlan_snooping', 8),
  unsigned('mcast_query_use_ifaddr', 8),
  unsigned('mcast_querier', 8),
  unsigned('mcast_hash_elasticity', 32),
  unsigned('mcast_hash_max', 32),
  unsigned('mcast_last_member_count', 32),
  unsigned('mcast_startup_query_count', 32),
  unsigned('mcast_last_member_interval', 53),
  unsigned('mcast_membership_interval', 53),
  unsigned('mcast_querier_interval', 53),
  unsigned('mcast_query_interval', 53),
  unsigned('mcast_query_response_interval', 53),
  unsigned('mcast_startup_query_interval', 53),
  unsigned('mcast_stats_enabled', 8),
  unsigned('mcast_igmp_version', 8),
  unsigned('mcast_mld_version', 8),
  unsigned('nf_call_iptables', 8),
  unsigned('nf_call_ip6tables', 8),
  unsigned('nf_call_arptables', 8),
  unsigned('no_linklocal_learn', 8),
]

const onOffWord = (word: string): AttributeWord => ({
  word,
  read: (_ip, args) => oneOfOnOff(word, args.take(), 1),
})

/** Words of `type bridge_slave`, in the order in which the tool looks for them. */
const BRIDGE_SLAVE: readonly AttributeWord[] = [
  bare('fdb_flush'),
  unsigned('state', 8, 'state is invalid'),
  unsigned('priority', 16, 'priority is invalid'),
  unsigned('cost', 32, 'cost is invalid'),
  onOffWord('hairpin'),
  onOffWord('guard'),
  onOffWord('root_block'),
  onOffWord('fastleave'),
  onOffWord('learning'),
  onOffWord('flood'),
  onOffWord('proxy_arp'),
  onOffWord('proxy_arp_wifi'),
  unsigned('mcast_router', 8),
  onOffWord('mcast_fast_leave'),
  onOffWord('mcast_flood'),
  onOffWord('bcast_flood'),
  onOffWord('mcast_to_unicast'),
  unsigned('group_fwd_mask', 16),
  onOffWord('neigh_suppress'),
  onOffWord('vlan_tunnel'),
  onOffWord('isolated'),
  onOffWord('locked'),
  {
    word: 'backup_port',
    read: (ip, args) => {
      const text = args.take()
      return ip.findDevice(text) ?? invalidArgument('Device does not exist\n', text)
    },
  },
  bare('nobackup_port'),
]

/** Names that two words share. */
const SAME_ATTRIBUTE: Readonly<Record<string, string>> = { mcast_fast_leave: 'fastleave' }

const readAttributes = (
  ip: IpContext,
  args: Args,
  table: readonly AttributeWord[],
  unknown: (word: string) => string,
): KindRequest => {
  const attributes: Attributes = {}
  while (!args.done) {
    const word = args.take()
    const found = table.find(a => matches(word, a.word))
    if (found === undefined || matches(word, 'help')) {
      const usage = table.map(a => a.word).join(', ')
      throw new ToolExit(1, `${matches(word, 'help') ? '' : unknown(word)}Usage: ... { ${usage} }\n`)
    }
    attributes[camelCase(SAME_ATTRIBUTE[found.word] ?? found.word)] = found.read(ip, args)
  }
  // The kernel checks the length of an address, when all words have been read.
  const group = attributes['groupAddress']
  if (group !== undefined) attributes['groupAddress'] = etherAddress(group as number[])
  if (attributes['nobackupPort'] === true) attributes['backupPort'] = null
  delete attributes['nobackupPort']
  return { attributes, finish: null }
}

const bridgeWords = (ip: IpContext, args: Args): KindRequest =>
  readAttributes(ip, args, BRIDGE, word => `bridge: unknown command "${word}"?\n`)

const bridgeSlaveWords = (ip: IpContext, args: Args): KindRequest =>
  readAttributes(ip, args, BRIDGE_SLAVE, word => `bridge_slave: unknown option "${word}"?\n`)

/** Words of a veth's peer that describe it before it exists. */
const PEER_SUPPORTED = 'name, netns, address, mtu, txqueuelen, arp, multicast, allmulticast, promisc, group, broadcast'

/** `peer` and what describes it; without it the kernel chooses the peer's name. */
const vethWords = (ip: IpContext, args: Args): KindRequest => {
  if (args.done) return { attributes: {}, finish: null }
  if (args.take() !== 'peer') {
    ip.command.out("Usage: ip link <options> type veth [peer <options>]\nTo get <options> type 'ip link add help'\n")
    throw new ToolExit(1, '')
  }
  const request = parseLinkWords(ip, args)
  checkNames(request)
  if (request.link !== undefined) ip.device(request.link)
  if (request.type !== undefined) duplicateArgument('type', request.type)
  // The kernel brings the peer up before it has told it who its own peer is.
  if (request.up === true) throw new NetloomError('ENOTCONN')
  if (request.carrier !== undefined || request.protodown !== undefined)
    throw unsupported('ip link add type veth peer', 'carrier', PEER_SUPPORTED)
  const { mtu, txQueueLen, numTxQueues, numRxQueues, netns, name = request.dev } = request
  const address = request.address === undefined ? undefined : etherAddress(request.address)
  const peer = defined({ name, netns, address, mtu, txQueueLen, numTxQueues, numRxQueues })
  return { attributes: { peer }, finish: first => finishPeer(first, request) }
}

/** What the kernel gives the peer beyond its attributes. A master, an alias and an index are ignored there. */
const finishPeer = (first: NetDevice, request: LinkRequest): void => {
  const peer = first.ops.getIflink?.(first).dev
  if (peer === null || peer === undefined) return
  const { arp, multicast, allmulticast, promisc, group } = request
  const broadcast = request.broadcast === undefined ? undefined : etherAddress(request.broadcast)
  linkSet(peer, defined({ arp, multicast, allmulticast, promisc, group, broadcast }))
}

/** A new device has one name: exit status 255 for two. */
export const checkNames = ({ name, dev }: LinkRequest): void => {
  if (name !== undefined && dev !== undefined && name !== dev)
    usageError('both "name" and "dev" cannot be used when creating devices.')
}

const noWords = (kind: string) => (_ip: IpContext, args: Args) => {
  if (!args.done) throw unsupported(`ip link set type ${kind}`, args.word, 'nothing behind the kind')
  return { attributes: {}, finish: null }
}

/** Kinds whose words netloom reads. */
const KINDS: readonly LinkKindWords[] = [
  { kind: 'veth', forAdd: vethWords, forSet: noWords('veth') },
  { kind: 'bridge', forAdd: bridgeWords, forSet: bridgeWords },
  { kind: 'bridge_slave', forAdd: bridgeSlaveWords, forSet: bridgeSlaveWords },
]

/** Kinds that the tool knows and may be given words for, although the kernel has no such device. */
const KNOWN_TO_TOOL: readonly string[] = [
  'amt bareudp bond bond_slave dsa dummy erspan geneve gre gretap gtp ifb ip6erspan ip6gre ip6gretap ip6tnl ipip',
  'ipoib ipvlan ipvtap macsec macvlan macvtap netdevsim nlmon rmnet sit team team_slave vcan vlan vrf vti vxcan vxlan',
  'wwan xfrm virt_wifi',
].flatMap(line => line.split(' '))

/** Kinds that the reference kernel makes and netloom does not: refused in netloom's own words, not in the kernel's. */
const NOT_BUILT: readonly string[] = ['macvlan', 'macvtap', 'vxlan']

/** Reads the words behind `type KIND`. */
export const parseKindWords = (ip: IpContext, args: Args, kind: string, verb: 'add' | 'set'): KindRequest => {
  const words = KINDS.find(k => k.kind === kind)
  if (words !== undefined) return verb === 'add' ? words.forAdd(ip, args) : words.forSet(ip, args)
  if (verb === 'add' && NOT_BUILT.includes(kind)) throw unsupported('ip link add type', kind, 'veth, bridge')
  if (!args.done && !KNOWN_TO_TOOL.includes(kind))
    throw new ToolExit(1, `Garbage instead of arguments "${args.word} ...". Try "ip link help".\n`)
  args.drop()
  return { attributes: {}, finish: null }
}
