/**
 * Words of `type bridge` and `type bridge_slave`.
 *
 * @see ip-link(8), iproute2 ip/iplink_bridge.c, ip/iplink_bridge_slave.c
 */
import { type Args, invalidArgument } from '../args.js'
import type { IpContext } from '../ip-context.js'
import { etherAddress, parseLladdr } from '../lladdr.js'
import {
  type AttributeWord,
  bare,
  type KindRequest,
  type LinkKindWords,
  onOffWord,
  readAttributes,
  unsigned,
} from './words.js'

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

const bridgeWords = (ip: IpContext, args: Args): KindRequest => {
  const attributes = readAttributes(ip, args, BRIDGE, word => `bridge: unknown command "${word}"?\n`)
  // The kernel checks the length of an address, when all words have been read.
  const group = attributes['groupAddress']
  if (group !== undefined) attributes['groupAddress'] = etherAddress(group as number[])
  return { attributes, finish: null }
}

const bridgeSlaveWords = (ip: IpContext, args: Args): KindRequest => {
  const unknown = (word: string): string => `bridge_slave: unknown option "${word}"?\n`
  const attributes = readAttributes(ip, args, BRIDGE_SLAVE, unknown, SAME_ATTRIBUTE)
  if (attributes['nobackupPort'] === true) attributes['backupPort'] = null
  delete attributes['nobackupPort']
  return { attributes, finish: null }
}

/** `bridge`. */
export const BRIDGE_WORDS: LinkKindWords = { kind: 'bridge', forAdd: bridgeWords, forSet: bridgeWords }

/** `bridge_slave`. */
export const BRIDGE_SLAVE_WORDS: LinkKindWords = {
  kind: 'bridge_slave',
  forAdd: bridgeSlaveWords,
  forSet: bridgeSlaveWords,
}
