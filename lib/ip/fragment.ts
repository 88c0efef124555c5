/**
 * Fragmentation.
 *
 * @see net/ipv4/ip_output.c ip_do_fragment, net/ipv4/ip_options.c ip_options_fragment, RFC 791
 */
import type { Dst } from '../core/dst.js'
import {
  allocSkb,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  consumeSkb,
  type Skb,
  skbChecksumHelp,
  skbPut,
} from '../core/skb.js'
import {
  IP_MF,
  IP_OFFSET,
  IPV4_HLEN,
  ipv4FragOff,
  ipv4Ihl,
  putIpv4Csum,
  putIpv4FragOff,
  putIpv4TotLen,
} from '../wire/ipv4.js'
import { IPOPT_COPY, IPOPT_END, IPOPT_NOOP } from '../wire/ipv4-options.js'

/** Replaces by no-operations the options that only the first fragment carries. */
const optionsFragment = (b: Uint8Array, o: number, ihl: number): void => {
  let at = o + IPV4_HLEN
  const end = o + ihl
  while (at < end) {
    const type = b[at]!
    if (type === IPOPT_END) return
    if (type === IPOPT_NOOP) {
      at++
      continue
    }
    const len = at + 1 < end ? b[at + 1]! : 0
    if (len < 2 || at + len > end) return
    if (!(type & IPOPT_COPY)) b.fill(IPOPT_NOOP, at, at + len)
    at += len
  }
}

/**
 * Cuts a packet into pieces of at most `mtu` octets, multiples of eight except the last, first one first, and gives each
 * to `output`. Ends the packet. Returns the first answer of `output` that is not 0.
 */
export const ipDoFragment = (skb: Skb, dst: Dst, mtu: number, output: (skb: Skb) => number): number => {
  if (skb.ipSummed === CHECKSUM_PARTIAL) skbChecksumHelp(skb)
  const b = skb.buf
  const o = skb.data
  const ihl = ipv4Ihl(b, o)
  const old = ipv4FragOff(b, o)
  const room = mtu - ihl
  let offset = (old & IP_OFFSET) << 3
  let at = o + ihl
  let left = skb.tail - at
  let err = 0
  while (left > 0 && err === 0) {
    const len = left > room ? room & ~7 : left
    if (len <= 0) break
    left -= len
    const frag = allocSkb(skb.netns, ihl + len)
    const to = skbPut(frag, ihl + len)
    frag.buf.set(b.subarray(o, o + ihl), to)
    frag.buf.set(b.subarray(at, at + len), to + ihl)
    if (offset > 0 && ihl > IPV4_HLEN) optionsFragment(frag.buf, to, ihl)
    putIpv4FragOff(frag.buf, to, (offset >> 3) | (left > 0 || old & IP_MF ? IP_MF : 0))
    putIpv4TotLen(frag.buf, to, ihl + len)
    putIpv4Csum(frag.buf, to)
    copyMeta(frag, skb, dst, to)
    at += len
    offset += len
    err = output(frag)
  }
  consumeSkb(skb)
  return err
}

const copyMeta = (frag: Skb, skb: Skb, dst: Dst, network: number): void => {
  frag.networkHeader = network
  frag.dst = dst
  frag.dev = skb.dev
  frag.sk = skb.sk
  frag.protocol = skb.protocol
  frag.pktType = skb.pktType
  frag.priority = skb.priority
  frag.mark = skb.mark
  frag.hash = skb.hash
  frag.l4Hash = skb.l4Hash
  frag.ipFlags = skb.ipFlags
  frag.ipSummed = CHECKSUM_NONE
  frag.nfct = skb.nfct
  frag.nfctinfo = skb.nfctinfo
  frag.nfTrace = skb.nfTrace
  frag.nfBridge = skb.nfBridge
}
