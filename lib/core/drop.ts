/**
 * Drop reasons under the kernel's names, and the counters that say where each dropped packet ended.
 *
 * @see include/net/dropreason-core.h
 */

/** Names of the reasons that netloom gives, by number. The names are the kernel's, without `SKB_DROP_REASON_`. */
export const DROP_REASONS = [
  'NOT_SPECIFIED',
  'NO_SOCKET',
  'PKT_TOO_SMALL',
  'SOCKET_RCVBUFF',
  'UDP_CSUM',
  'ICMP_CSUM',
  'IP_CSUM',
  'IP_INHDR',
  'IP_RPFILTER',
  'UNICAST_IN_L2_MULTICAST',
  'IP_NOPROTO',
  'PROTO_MEM',
  'IP_OUTNOROUTES',
  'IP_INADDRERRORS',
  'IP_INNOROUTES',
  'IP_LOCAL_SOURCE',
  'IP_INVALID_SOURCE',
  'IP_LOCALNET',
  'IP_INVALID_DEST',
  'IP_MULTICAST_SOURCE',
  'NEIGH_CREATEFAIL',
  'NEIGH_FAILED',
  'NEIGH_QUEUEFULL',
  'NEIGH_DEAD',
  'NEIGH_HH_FILLFAIL',
  'DEV_HDR',
  'DEV_READY',
  'FULL_RING',
  'HDR_TRUNC',
  'CPU_BACKLOG',
  'UNHANDLED_PROTO',
  'SKB_CSUM',
  'SKB_UCOPY_FAULT',
  'OTHERHOST',
  'PKT_TOO_BIG',
  'FRAG_REASM_TIMEOUT',
  'FRAG_TOO_FAR',
  'DUP_FRAG',
  'INVALID_PROTO',
  'NOMEM',
  'QDISC_DROP',
  'TAP_TXFILTER',
  'NETFILTER_DROP',
  'BRIDGE_INGRESS_STP_STATE',
  'BRIDGE_NON_FORWARDING_STATE',
  'BRIDGE_NO_EGRESS_PORT',
  'LOCAL_MAC',
  'ARP_PVLAN_DISABLE',
  'MAC_IEEE_MAC_CONTROL',
  'MAC_INVALID_SOURCE',
  'TTL_EXPIRED',
  'IP_FORWARDING_OFF',
  'ROUTE_BLACKHOLE',
  'ROUTE_UNREACHABLE',
  'ROUTE_PROHIBIT',
  'FRAG_NEEDED',
  'IP_OPTIONS',
  'ICMP_RATELIMIT',
  'ICMP_IGNORED',
  'ARP_INVALID',
  'ARP_IGNORED',
  'SOCKET_CLOSED',
  'DEVICE_GONE',
  'VLAN_FILTERED',
  'NO_TX_TARGET',
  'VXLAN_INVALID_HDR',
  'VXLAN_VNI_NOT_FOUND',
  'VXLAN_ENTRY_EXISTS',
  'IP_TUNNEL_ECN',
  'TUNNEL_LOOP',
  'QUEUE_PURGE',
  'NETEM_LOSS',
  'LINK_LOSS',
  'TCP_CSUM',
  'TCP_FLAGS',
  'TCP_MINTTL',
  'SOCKET_BACKLOG',
  'TCP_LISTEN_OVERFLOW',
  'TCP_OLD_SEQUENCE',
  'TCP_INVALID_SEQUENCE',
  'TCP_INVALID_END_SEQUENCE',
  'TCP_INVALID_ACK_SEQUENCE',
  'TCP_RESET',
  'TCP_INVALID_SYN',
  'TCP_CLOSE',
  'TCP_OLD_ACK',
  'TCP_TOO_OLD_ACK',
  'TCP_ACK_UNSENT_DATA',
  'TCP_OLD_DATA',
  'TCP_OVERWINDOW',
  'TCP_ZEROWINDOW',
  'TCP_OFOMERGE',
  'TCP_OFO_QUEUE_PRUNE',
  'TCP_OFO_DROP',
  'TCP_RFC7323_PAWS',
  'TCP_RFC7323_PAWS_ACK',
  'TCP_RFC7323_TSECR',
  'TCP_RFC7323_TW_PAWS',
  'TCP_ABORT_ON_DATA',
  'VPC_SOURCE_CHECK',
  'VPC_DEST_CHECK',
  'VPC_NOT_UNICAST',
] as const

/** Name of a drop reason. */
export type DropReason = (typeof DROP_REASONS)[number]

/**
 * Number of each drop reason, for the data path: `DROP.NO_SOCKET`.
 *
 * DIFFERS: where the kernel says NOT_SPECIFIED or counts only in /proc/net/snmp (TTL expired, forwarding off, the route
 * types, ICMP rate limit, ARP that is not answered, devices that went away, tunnels into
 * themselves, what netem and a cable lose, what the network of a cloud refuses) netloom has a name of its own.
 */
export const DROP: Readonly<Record<DropReason, number>> = Object.freeze(
  Object.fromEntries(DROP_REASONS.map((name, i) => [name, i])) as Record<DropReason, number>,
)

/** Octets of the last dropped packet that are kept for the explanation. */
export const DROP_SNAPLEN = 256

/** Packets dropped for one reason at one device of one namespace. */
export interface DropRecord {
  readonly reason: DropReason
  /** Name of the namespace. */
  readonly netns: string
  /** Name of the device that the packet belonged to, empty when none. */
  readonly dev: string
  readonly count: number
  /** Virtual time of the last one, in nanoseconds. */
  readonly lastNs: number
  /** First octets of the last one, from its link-layer header where it has one. */
  readonly last: Uint8Array
}

/** Mutable form of {@link DropRecord}. */
export class DropCounter {
  readonly reason: DropReason
  readonly netns: string
  readonly dev: string
  count = 0
  lastNs = 0
  #last: Uint8Array = new Uint8Array(DROP_SNAPLEN)
  #length = 0

  constructor(reason: DropReason, netns: string, dev: string) {
    this.reason = reason
    this.netns = netns
    this.dev = dev
  }

  get last(): Uint8Array {
    return this.#last.slice(0, this.#length)
  }

  /** Counts one packet whose octets are `buf[start..end)`. */
  add(nowNs: number, buf: Uint8Array, start: number, end: number): void {
    this.count++
    this.lastNs = nowNs
    const n = Math.min(end - start, DROP_SNAPLEN)
    for (let i = 0; i < n; i++) this.#last[i] = buf[start + i]!
    this.#length = n
  }

  toJSON(): Omit<DropRecord, 'last'> {
    return { reason: this.reason, netns: this.netns, dev: this.dev, count: this.count, lastNs: this.lastNs }
  }
}
