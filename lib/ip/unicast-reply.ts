/**
 * An answer of the kernel itself to a packet that came in, back to where it came from.
 *
 * @see net/ipv4/ip_output.c ip_send_unicast_reply
 */
import { allocSkb, type Skb, skbPut } from '../core/skb.js'
import { IP_DF, IPV4_HLEN, ipv4Daddr, ipv4Saddr } from '../wire/ipv4.js'
import { ipv4 } from './ipv4.js'
import { dstHoplimit, ipLocalOut } from './local-out.js'
import { echoOptions, putEchoed } from './options.js'
import { tosToPriority } from './priority.js'
import { ipRouteOutput } from './route.js'

/** How an answer is sent (struct ip_reply_arg). */
export interface IpReplyArg {
  readonly proto: number
  /** Ports in host order, as the answer has them. */
  readonly sport: number
  readonly dport: number
  readonly tos: number
  readonly mark: number
  /** ifindex of the device that it must leave by, 0 for any. */
  readonly boundIfindex: number
  /** Hash of the flow, 0 for none. */
  readonly txHash: number
}

/**
 * Sends `len` octets, which `write` puts into a buffer at an offset, to the sender of `skb` from the address that he asked;
 * options of IPv4 that call for it are sent back. Nothing happens where no route leads. `skb` stays the caller's.
 */
export const ipSendUnicastReply = (
  skb: Skb,
  arg: IpReplyArg,
  len: number,
  write: (b: Uint8Array, at: number) => void,
): void => {
  const { netns, buf, networkHeader: ip } = skb
  const options = echoOptions(skb)
  if (options === null) return
  const saddr = ipv4Daddr(buf, ip)
  const daddr = ipv4Saddr(buf, ip)
  const fl = ipv4(netns).fib.flow.reset(options.faddr !== 0 ? options.faddr : daddr, saddr, arg.boundIfindex)
  fl.proto = arg.proto
  fl.tos = arg.tos
  fl.mark = arg.mark
  fl.sport = arg.sport
  fl.dport = arg.dport
  const rt = ipRouteOutput(netns, fl)
  if (rt === null) return
  const to = fl.daddr
  const out = allocSkb(netns, IPV4_HLEN + options.octets.length + len)
  out.data = out.tail = out.data + IPV4_HLEN
  if (options.octets.length > 0) putEchoed(out, options, saddr, daddr)
  const at = skbPut(out, len)
  write(out.buf, at)
  out.transportHeader = at
  out.dst = rt
  out.sk = ipv4(netns).ctlSk
  out.mark = arg.mark
  out.priority = tosToPriority(arg.tos)
  out.hash = arg.txHash
  out.l4Hash = arg.txHash !== 0
  ipLocalOut(out, null, arg.tos, IP_DF, dstHoplimit(rt), arg.proto, saddr, to)
}
