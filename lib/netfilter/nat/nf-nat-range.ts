/**
 * What a rule wants of a translation: the addresses and ports that the new ones are to be chosen from.
 *
 * @see include/uapi/linux/netfilter/nf_nat.h
 */

/** An address is to be chosen from the range. */
export const NF_NAT_RANGE_MAP_IPS: number = 1 << 0
/** A port, or the identifier of ICMP, is to be chosen from the range. */
export const NF_NAT_RANGE_PROTO_SPECIFIED: number = 1 << 1
/** Ports are drawn (--random). */
export const NF_NAT_RANGE_PROTO_RANDOM: number = 1 << 2
/** The same source gets the same address whatever the destination (--persistent). */
export const NF_NAT_RANGE_PERSISTENT: number = 1 << 3
/** Ports are drawn without a hash before it (--random-fully). */
export const NF_NAT_RANGE_PROTO_RANDOM_FULLY: number = 1 << 4
/** The port keeps its distance from a base port (--to-destination A:P-Q/B). */
export const NF_NAT_RANGE_PROTO_OFFSET: number = 1 << 5
/** The address is mapped bit by bit (NETMAP). */
export const NF_NAT_RANGE_NETMAP: number = 1 << 6
/** Either way of drawing. */
export const NF_NAT_RANGE_PROTO_RANDOM_ALL: number = NF_NAT_RANGE_PROTO_RANDOM | NF_NAT_RANGE_PROTO_RANDOM_FULLY

/** A range (struct nf_nat_range2). Addresses are int32, ports in host order. */
export interface NfNatRange {
  /** NF_NAT_RANGE_*. */
  readonly flags: number
  readonly minAddr: number
  readonly maxAddr: number
  readonly minProto: number
  readonly maxProto: number
  readonly baseProto: number
}

/** A range that asks for nothing. */
export const NF_NAT_RANGE_NONE: NfNatRange = Object.freeze({
  flags: 0,
  minAddr: 0,
  maxAddr: 0,
  minProto: 0,
  maxProto: 0,
  baseProto: 0,
})

/** A range of one address, which a rule has computed for a connection; the object is used again. */
export class OneAddressRange implements NfNatRange {
  flags = 0
  minAddr = 0
  maxAddr = 0
  minProto = 0
  maxProto = 0
  baseProto = 0

  /** Takes what `range` says of ports, with one address. */
  set(range: NfNatRange, address: number): this {
    this.flags = range.flags | NF_NAT_RANGE_MAP_IPS
    this.minAddr = this.maxAddr = address
    this.minProto = range.minProto
    this.maxProto = range.maxProto
    this.baseProto = range.baseProto
    return this
  }
}

/** Which end of a connection is translated (enum nf_nat_manip_type). */
export const NF_NAT_MANIP_SRC = 0
export const NF_NAT_MANIP_DST = 1
