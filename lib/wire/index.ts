/**
 * `netloom/wire`: headers as bytes and as objects, addresses, checksums, and frames as tcpdump prints them.
 *
 * ```ts
 * import { decodeFrame, dissect, encodeFrame } from 'netloom/wire'
 *
 * const frame = encodeFrame({
 *   eth: { dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' },
 *   ipv4: { saddr: '10.0.0.1', daddr: '10.0.0.2' },
 *   udp: { sport: 4000, dport: 7000 },
 *   payload: new Uint8Array(40),
 * })
 * dissect(frame) // IP 10.0.0.1.4000 > 10.0.0.2.7000: ...
 * decodeFrame(frame).udp // { sport: 4000, dport: 7000 }
 * ```
 */

export * from './arp.js'
export * from './bytes.js'
export * from './checksum.js'
export * from './dissect.js'
export * from './ethernet.js'
export * from './frame.js'
export * from './icmp.js'
export * from './igmp.js'
export * from './ip.js'
export * from './ipv4.js'
export * from './ipv4-options.js'
export * from './mac.js'
export { concatOctets, type PseudoHeader } from './repr.js'
export * from './tcp.js'
export * from './udp.js'
export * from './vlan.js'
export * from './vxlan.js'
