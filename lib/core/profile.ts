/**
 * Kernel profiles: the sysctl defaults that depend on the machine's memory, by name, so that a World is the same on
 * every machine.
 */

/** Machine-dependent defaults of a World. Values in octets unless the sysctl says otherwise. */
export interface KernelProfile {
  readonly name: string
  /** net.core.rmem_default and wmem_default: a socket's buffers. */
  readonly rmemDefault: number
  readonly wmemDefault: number
  readonly rmemMax: number
  readonly wmemMax: number
  /** net.ipv4.neigh.*.unres_qlen_bytes. */
  readonly unresQlenBytes: number
  /** net.ipv4.ipfrag_high_thresh and ipfrag_low_thresh. */
  readonly ipfragHighThresh: number
  readonly ipfragLowThresh: number
  /** net.netfilter.nf_conntrack_max and nf_conntrack_buckets; 262144 each when absent. */
  readonly nfConntrackMax?: number
  readonly nfConntrackBuckets?: number
  /** net.ipv4.tcp_congestion_control of a new namespace: 'reno', 'bbr' or 'cubic'; 'cubic' when absent. */
  readonly tcpCongestionControl?: string
}

/** Linux 6.18 on a machine of some gigabytes, as the conformance scenarios were recorded. */
export const LINUX_6_18: KernelProfile = Object.freeze({
  name: 'linux-6.18',
  rmemDefault: 212992,
  wmemDefault: 212992,
  rmemMax: 4194304,
  wmemMax: 4194304,
  unresQlenBytes: 212992,
  ipfragHighThresh: 4194304,
  ipfragLowThresh: 3145728,
})

/** The profile of a World that is given none. */
export const DEFAULT_PROFILE: KernelProfile = LINUX_6_18
