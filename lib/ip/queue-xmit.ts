/**
 * From a connected socket's segment to IPv4: the socket's route and the header.
 *
 * @see net/ipv4/ip_output.c __ip_queue_xmit, net/core/sock.c sk_setup_caps
 */
import type { Dst } from '../core/dst.js'
import { DROP } from '../core/drop.js'
import { kfreeSkb, type Skb, skbPush } from '../core/skb.js'
import { errnoNumber } from '../errors.js'
import { ETH_P_IP } from '../wire/ethernet.js'
import { IP_DF, IPV4_HLEN, putIpv4 } from '../wire/ipv4.js'
import { ipSelectIdent } from './ident.js'
import { ipv4 } from './ipv4.js'
import { dstHoplimit, dstLocalOut } from './local-out.js'
import { ipOutput } from './output.js'
import { tosToPriority } from './priority.js'
import { ipRouteOutput, isDstFresh } from './route.js'
import type { Sock } from './sock.js'

const EHOSTUNREACH = errnoNumber('EHOSTUNREACH')

/** The route of a connected socket while it is fresh, else null and forgotten (__sk_dst_check). */
export const skDstCheck = (sk: Sock): Dst | null => {
  const dst = sk.dstCache
  if (dst === null || isDstFresh(dst, ipv4(sk.netns))) return dst
  sk.dstCache = null
  return null
}

/** The route of a connected socket, looked up anew when it is stale; null: there is none (inet_sk_rebuild_header). */
export const inetSkRebuildHeader = (sk: Sock): Dst | null => {
  const dst = skDstCheck(sk)
  if (dst !== null) return dst
  const oif = sk.boundDev === null ? 0 : sk.boundDev.ifindex
  const fl = ipv4(sk.netns).fib.flow.reset(sk.peerAddress, sk.sourceAddress, oif)
  fl.proto = sk.protocol
  fl.tos = sk.tos
  fl.mark = sk.mark
  fl.sport = sk.localPort
  fl.dport = sk.peerPort
  sk.dstCache = ipRouteOutput(sk.netns, fl)
  return sk.dstCache
}

/**
 * Sends a segment of a connected socket; `skb.data` is at the transport header (ip_queue_xmit). Takes the skb. Returns 0, a
 * NET_XMIT code or a negative errno.
 */
export const ipQueueXmit = (sk: Sock, skb: Skb): number => {
  const dst = inetSkRebuildHeader(sk)
  if (dst === null) {
    kfreeSkb(skb, DROP.IP_OUTNOROUTES)
    return -EHOSTUNREACH
  }
  skb.sk = sk
  skb.dst = dst
  skb.mark = sk.mark
  skb.priority = tosToPriority(sk.tos)
  const df = sk.setsDf || (sk.wantsDf && !dst.mtuLocked) ? IP_DF : 0
  const id = ipSelectIdent(skb, sk, df, sk.sourceAddress, sk.peerAddress, sk.protocol)
  // Segments that are cut later take the numbers behind the first one's (ip_select_ident_segs).
  if (skb.gsoSegs > 1) sk.inetId = (sk.inetId + skb.gsoSegs - 1) & 0xffff
  const at = skbPush(skb, IPV4_HLEN)
  const ttl = sk.ttl !== 0 ? sk.ttl : dstHoplimit(dst)
  putIpv4(skb.buf, at, IPV4_HLEN, sk.tos, skb.tail - at, id, df, ttl, sk.protocol, sk.sourceAddress, sk.peerAddress)
  skb.networkHeader = at
  skb.protocol = ETH_P_IP
  if (skb.netns.nf.localOut !== null) return dstLocalOut(skb)
  return dst.output === ipOutput ? ipOutput(skb) : dst.output(skb)
}
