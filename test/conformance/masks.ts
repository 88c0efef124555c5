/**
 * The masks of frames: which fields are the kernel's free choice, so that a recording and another run may differ in
 * them, and what stands in their place in the canonical form.
 *
 * Everything that is not named here is compared octet by octet.
 */

/** Name of a mask, as the figures of a comparison list it. */
export type FrameMask =
  /** IPv4 identification other than 0. One recorded id of one protocol must stand for one actual id, all captures. */
  | 'ip-id'
  /** IPv4 header checksum beside a masked id: right or wrong. */
  | 'ip-checksum'
  /** TCP sequence and acknowledgement numbers and SACK blocks: relative to the direction's initial number. */
  | 'tcp-isn'
  /** TSval and TSecr other than 0. */
  | 'tcp-timestamp'
  /** TCP checksum, always: right or wrong. */
  | 'tcp-checksum'
  /** UDP source port of a VXLAN packet within the ephemeral range: one for each inner flow. */
  | 'vxlan-sport'
  /** UDP checksum of a VXLAN packet other than 0: right or wrong. */
  | 'udp-checksum'
  /** ICMP checksum of a message with masked fields: right or wrong. */
  | 'icmp-checksum'
  /** The first 16 octets of an echo payload that has them: struct timeval of iputils ping. */
  | 'ping-timestamp'
  /** TCP or UDP checksum left as the sum of the pseudo header (CHECKSUM_PARTIAL on lo): counts as the right one. */
  | 'checksum-offload'
  /** A checksum that would be right or wrong, but the message is not whole in the capture. */
  | 'checksum-unverifiable'
  /** A port or echo id that MASQUERADE --random-fully may have drawn: one recorded number is one actual one. */
  | 'nat-tcp'
  | 'nat-udp'
  | 'nat-icmp'

/** Stands for an id, a time stamp or a port, whatever its value. */
export const ANY_OCTET = 0xff
/** Stands for a checksum that is right. */
export const RIGHT = 0xc5c5
/** Stands for a checksum that is wrong. */
export const WRONG = 0xbadc
/** Stands for a checksum that cannot be told. */
export const UNKNOWN = 0x0b0b

/** What frames may hold beside what is always looked for. */
export interface FrameRules {
  /** UDP destination ports of VXLAN. */
  readonly vxlanPorts: readonly number[]
  /** UDP ports to or from which a datagram carries a bare IPv4 packet. */
  readonly innerPorts: readonly number[]
  /** Captures of link type raw IP are read as IPv4. */
  readonly rawIp: boolean
  /** Ports and echo ids that are chosen; all others but 0 may be drawn. Null: none is drawn. */
  readonly chosenNumbers: ReadonlySet<number> | null
}

/** The rules of scenarios: VXLAN on IANA's port and on Linux's old default, which flannel uses; nothing else. */
export const SCENARIO_RULES: FrameRules = {
  vxlanPorts: [4789, 8472],
  innerPorts: [],
  rawIp: false,
  chosenNumbers: null,
}

/** Link types of captures without a link header: raw IP by its numbers in BSDs and in files. */
export const RAW_LINK_TYPES: readonly number[] = [12, 14, 101]
/** net.ipv4.ip_local_port_range, from which Linux takes VXLAN source ports. */
export const EPHEMERAL_PORTS: readonly [number, number] = [32768, 60999]
/** Octets of ping's time stamp. */
export const PING_STAMP_LEN = 16
