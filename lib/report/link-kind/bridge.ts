/**
 * Attributes of a bridge and of its ports, as `ip -d link` and `bridge -d link` print them.
 *
 * @see ip-link(8), bridge(8)
 */
import { formatMac, macHi, macLo } from '../../wire/mac.js'
import type { JsonScalar, Printer } from '../printer.js'
import { vlanProtocolName } from './vlan.js'

/** States of a port in the order of their numbers. */
export const PORT_STATES: readonly string[] = ['disabled', 'listening', 'learning', 'forwarding', 'blocking']

type Attributes = Readonly<Record<string, unknown>>

/** A bridge identifier: priority and MAC without leading zeros, `8000.2:0:0:0:f0:0`. */
const bridgeId = (id: unknown): string => {
  const { priority, address } = id as { readonly priority: number; readonly address: number }
  const hi = macHi(address)
  const lo = macLo(address)
  const octets = [hi >> 8, hi & 255, lo >>> 24, (lo >>> 16) & 255, (lo >>> 8) & 255, lo & 255]
  return `${priority.toString(16).padStart(4, '0')}.${octets.map(o => o.toString(16)).join(':')}`
}

const hexMask = (mask: number): string => (mask === 0 ? '0' : `0x${mask.toString(16)}`)

const MASK_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [1 << 0, 'stp'],
  [1 << 2, 'lacp'],
  [1 << 14, 'lldp'],
]

/** Names of the link-local groups in a mask; what has no name stays hexadecimal. */
const maskNames = (mask: number): string => {
  const names = MASK_NAMES.filter(([bit]) => (mask & bit) !== 0).map(([, name]) => name)
  const rest = MASK_NAMES.reduce((left, [bit]) => left & ~bit, mask)
  return (rest !== 0 || mask === 0 ? [...names, `0x${rest.toString(16)}`] : names).join(',')
}

/** Hundredths of a second as the tools print a timer: `   3.05`. */
const timerText = (centiseconds: number): string => (centiseconds / 100).toFixed(2).padStart(7)

/** How a value is printed. */
type Format = 'number' | 'timer' | 'bridgeId' | 'mask' | 'mac' | 'protocol'

/** A field: attribute, word in the text, key in JSON. */
type Field = readonly [attr: string, word: string, key: string, format?: Format]

const same = (word: string, format: Format = 'number'): Field => [
  word.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase()),
  word,
  word,
  format,
]

const BRIDGE_FIELDS: readonly Field[] = [
  same('forward_delay'),
  same('hello_time'),
  same('max_age'),
  same('ageing_time'),
  same('stp_state'),
  same('priority'),
  same('vlan_filtering'),
  same('vlan_protocol', 'protocol'),
  same('bridge_id', 'bridgeId'),
  ['designatedRoot', 'designated_root', 'root_id', 'bridgeId'],
  same('root_port'),
  same('root_path_cost'),
  same('topology_change'),
  same('topology_change_detected'),
  same('hello_timer', 'timer'),
  same('tcn_timer', 'timer'),
  same('topology_change_timer', 'timer'),
  same('gc_timer', 'timer'),
  same('vlan_default_pvid'),
  same('vlan_stats_enabled'),
  same('vlan_stats_per_port'),
  same('group_fwd_mask', 'mask'),
  ['groupAddress', 'group_address', 'group_addr', 'mac'],
  same('mcast_snooping'),
  same('no_linklocal_learn'),
  same('mcast_vlan_snooping'),
  same('mcast_router'),
  same('mcast_query_use_ifaddr'),
  same('mcast_querier'),
  same('mcast_hash_elasticity'),
  same('mcast_hash_max'),
  ['mcastLastMemberCount', 'mcast_last_member_count', 'mcast_last_member_cnt'],
  ['mcastStartupQueryCount', 'mcast_startup_query_count', 'mcast_startup_query_cnt'],
  ['mcastLastMemberInterval', 'mcast_last_member_interval', 'mcast_last_member_intvl'],
  ['mcastMembershipInterval', 'mcast_membership_interval', 'mcast_membership_intvl'],
  ['mcastQuerierInterval', 'mcast_querier_interval', 'mcast_querier_intvl'],
  ['mcastQueryInterval', 'mcast_query_interval', 'mcast_query_intvl'],
  ['mcastQueryResponseInterval', 'mcast_query_response_interval', 'mcast_query_response_intvl'],
  ['mcastStartupQueryInterval', 'mcast_startup_query_interval', 'mcast_startup_query_intvl'],
  same('mcast_stats_enabled'),
  same('mcast_igmp_version'),
  same('mcast_mld_version'),
  same('nf_call_iptables'),
  same('nf_call_ip6tables'),
  same('nf_call_arptables'),
]

const printField = (p: Printer, attrs: Attributes, [attr, word, key, format]: Field): void => {
  const value = attrs[attr]
  if (value === undefined) return
  if (format === 'timer') p.hundredths(key, (value as number) / 100, `${word} ${timerText(value as number)} `)
  else if (format === 'bridgeId') p.field(key, bridgeId(value), `${word} ${bridgeId(value)} `)
  else if (format === 'mask') p.field(key, hexMask(value as number), `${word} ${hexMask(value as number)} `)
  else if (format === 'protocol') {
    const name = vlanProtocolName(value as number)
    p.field(key, name, `${word} ${name} `)
  } else if (format === 'mac') p.field(key, formatMac(value as number), `${word} ${formatMac(value as number)} `)
  else p.field(key, Number(value), `${word} ${Number(value)} `)
}

/** Prints the attributes of a bridge. */
export const printBridge = (p: Printer, attrs: object): void => {
  for (const field of BRIDGE_FIELDS) printField(p, attrs as Attributes, field)
}

const onOff = (value: unknown): string => (value === true ? 'on' : 'off')

const printFlag = (p: Printer, attrs: Attributes, attr: string, word: string): void =>
  p.field(word, attrs[attr] === true, `${word} ${onOff(attrs[attr])} `)

const hex = (value: unknown): string => `0x${(value as number).toString(16)}`

const printPortIds = (p: Printer, attrs: Attributes): void => {
  p.field('id', hex(attrs['portId']), `port_id ${hex(attrs['portId'])} `)
  p.field('no', hex(attrs['portNo']), `port_no ${hex(attrs['portNo'])} `)
  printField(p, attrs, same('designated_port'))
  printField(p, attrs, same('designated_cost'))
  printField(p, attrs, ['designatedBridge', 'designated_bridge', 'bridge_id', 'bridgeId'])
  printField(p, attrs, ['designatedRoot', 'designated_root', 'root_id', 'bridgeId'])
  printField(p, attrs, same('hold_timer', 'timer'))
  printField(p, attrs, same('message_age_timer', 'timer'))
  printField(p, attrs, same('forward_delay_timer', 'timer'))
  printField(p, attrs, same('topology_change_ack'))
  printField(p, attrs, same('config_pending'))
}

/** Prints the attributes of a port as `ip -d link` does. */
export const printBridgePort = (p: Printer, object: object): void => {
  const attrs = object as Attributes
  const state = PORT_STATES[attrs['state'] as number] ?? String(attrs['state'])
  p.field('state', state, `state ${state} `)
  printField(p, attrs, same('priority'))
  printField(p, attrs, same('cost'))
  printFlag(p, attrs, 'hairpin', 'hairpin')
  printFlag(p, attrs, 'guard', 'guard')
  printFlag(p, attrs, 'rootBlock', 'root_block')
  printFlag(p, attrs, 'fastleave', 'fastleave')
  printFlag(p, attrs, 'learning', 'learning')
  printFlag(p, attrs, 'flood', 'flood')
  printPortIds(p, attrs)
  printFlag(p, attrs, 'proxyArp', 'proxy_arp')
  printFlag(p, attrs, 'proxyArpWifi', 'proxy_arp_wifi')
  printField(p, attrs, ['mcastRouter', 'mcast_router', 'multicast_router'])
  p.text(`mcast_fast_leave ${onOff(attrs['fastleave'])} `)
  printFlag(p, attrs, 'mcastFlood', 'mcast_flood')
  printFlag(p, attrs, 'bcastFlood', 'bcast_flood')
  printFlag(p, attrs, 'mcastToUnicast', 'mcast_to_unicast')
  printFlag(p, attrs, 'neighSuppress', 'neigh_suppress')
  printField(p, attrs, same('group_fwd_mask', 'mask'))
  const names = maskNames(attrs['groupFwdMask'] as number)
  p.field('group_fwd_mask_str', names, `group_fwd_mask_str ${names} `)
  printFlag(p, attrs, 'vlanTunnel', 'vlan_tunnel')
  printFlag(p, attrs, 'isolated', 'isolated')
  printFlag(p, attrs, 'locked', 'locked')
  printBackupPort(p, attrs)
}

const printBackupPort = (p: Printer, attrs: Attributes): void => {
  const backup = attrs['backupPort'] as { readonly name: string } | null | undefined
  if (backup !== null && backup !== undefined) p.field('backup_port', backup.name, `backup_port ${backup.name} `)
}

/** Flags of a port with their attributes, in the order in which `bridge -d link` prints them. */
const PORT_FLAGS: readonly (readonly [attr: string, word: string])[] = [
  ['hairpin', 'hairpin'],
  ['guard', 'guard'],
  ['rootBlock', 'root_block'],
  ['fastleave', 'fastleave'],
  ['learning', 'learning'],
  ['flood', 'flood'],
  ['mcastFlood', 'mcast_flood'],
  ['bcastFlood', 'bcast_flood'],
  ['mcastRouter', 'mcast_router'],
  ['mcastToUnicast', 'mcast_to_unicast'],
  ['neighSuppress', 'neigh_suppress'],
  ['vlanTunnel', 'vlan_tunnel'],
  ['isolated', 'isolated'],
  ['locked', 'locked'],
]

/** Prints the line of details of `bridge -d link`. */
export const printBridgePortFlags = (p: Printer, object: object): void => {
  const attrs = object as Attributes
  for (const [attr, word] of PORT_FLAGS) {
    const value = attrs[attr]
    if (typeof value === 'number') p.field(word, value as JsonScalar, `${word} ${value} `)
    else printFlag(p, attrs, attr, word)
  }
  printBackupPort(p, attrs)
}
