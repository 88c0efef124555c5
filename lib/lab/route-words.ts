/**
 * Words for the numbers of rtnetlink, as iproute2 writes them.
 */
import { NTF_EXT_LEARNED, NTF_ROUTER, NTF_STICKY } from '../ip/rtnetlink.js'
import * as R from '../ip/rtnetlink.js'
import {
  IPPROTO_AH,
  IPPROTO_ESP,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_IGMP,
  IPPROTO_IPIP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../wire/ipv4.js'

/** Scope of an address or of a route. */
export type ScopeWord = 'global' | 'site' | 'link' | 'host' | 'nowhere'

/** Type of a route. */
export type RouteTypeWord =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'anycast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw'

/** Who made a route. */
export type ProtocolWord = 'unspec' | 'redirect' | 'kernel' | 'boot' | 'static'

/** Routing table. */
export type TableWord = 'default' | 'main' | 'local'

/** What a rule does instead of a look-up. */
export type RuleActionWord = 'lookup' | 'nop' | 'blackhole' | 'unreachable' | 'prohibit'

/** Protocol of IP that a rule names. */
export type IpProtocolWord = 'icmp' | 'igmp' | 'ipip' | 'tcp' | 'udp' | 'gre' | 'esp' | 'ah' | 'sctp'

/** State of a neighbour entry. */
export type NudWord =
  | 'none'
  | 'incomplete'
  | 'reachable'
  | 'stale'
  | 'delay'
  | 'probe'
  | 'failed'
  | 'noarp'
  | 'permanent'

/** @internal */
export const SCOPE_NUMBERS: Readonly<Record<ScopeWord, number>> = {
  global: R.RT_SCOPE_UNIVERSE,
  site: R.RT_SCOPE_SITE,
  link: R.RT_SCOPE_LINK,
  host: R.RT_SCOPE_HOST,
  nowhere: R.RT_SCOPE_NOWHERE,
}

/** @internal */
export const TYPE_NUMBERS: Readonly<Record<RouteTypeWord, number>> = {
  unicast: R.RTN_UNICAST,
  local: R.RTN_LOCAL,
  broadcast: R.RTN_BROADCAST,
  anycast: R.RTN_ANYCAST,
  multicast: R.RTN_MULTICAST,
  blackhole: R.RTN_BLACKHOLE,
  unreachable: R.RTN_UNREACHABLE,
  prohibit: R.RTN_PROHIBIT,
  throw: R.RTN_THROW,
}

/** @internal */
export const PROTOCOL_NUMBERS: Readonly<Record<ProtocolWord, number>> = {
  unspec: R.RTPROT_UNSPEC,
  redirect: R.RTPROT_REDIRECT,
  kernel: R.RTPROT_KERNEL,
  boot: R.RTPROT_BOOT,
  static: R.RTPROT_STATIC,
}

/** @internal */
export const TABLE_NUMBERS: Readonly<Record<TableWord, number>> = {
  default: R.RT_TABLE_DEFAULT,
  main: R.RT_TABLE_MAIN,
  local: R.RT_TABLE_LOCAL,
}

/** @internal */
export const RULE_ACTION_NUMBERS: Readonly<Record<RuleActionWord, number>> = {
  lookup: R.FR_ACT_TO_TBL,
  nop: R.FR_ACT_NOP,
  blackhole: R.FR_ACT_BLACKHOLE,
  unreachable: R.FR_ACT_UNREACHABLE,
  prohibit: R.FR_ACT_PROHIBIT,
}

/** @internal */
export const IPPROTO_NUMBERS: Readonly<Record<IpProtocolWord, number>> = {
  icmp: IPPROTO_ICMP,
  igmp: IPPROTO_IGMP,
  ipip: IPPROTO_IPIP,
  tcp: IPPROTO_TCP,
  udp: IPPROTO_UDP,
  gre: IPPROTO_GRE,
  esp: IPPROTO_ESP,
  ah: IPPROTO_AH,
  sctp: IPPROTO_SCTP,
}

/** @internal */
export const NUD_NUMBERS: Readonly<Record<NudWord, number>> = {
  none: R.NUD_NONE,
  incomplete: R.NUD_INCOMPLETE,
  reachable: R.NUD_REACHABLE,
  stale: R.NUD_STALE,
  delay: R.NUD_DELAY,
  probe: R.NUD_PROBE,
  failed: R.NUD_FAILED,
  noarp: R.NUD_NOARP,
  permanent: R.NUD_PERMANENT,
}

/** @internal the word of a state, or its number as text */
export const nudWord = (state: number): NudWord =>
  (Object.keys(NUD_NUMBERS) as NudWord[]).find(word => NUD_NUMBERS[word] === state) ?? 'none'

/** @internal NTF_* of the options that neighbour and forwarding entries share */
export const entryFlags = (options: { router?: boolean; externLearn?: boolean; sticky?: boolean }): number =>
  (options.router === true ? NTF_ROUTER : 0) |
  (options.externLearn === true ? NTF_EXT_LEARNED : 0) |
  (options.sticky === true ? NTF_STICKY : 0)
