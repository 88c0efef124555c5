/**
 * What IPv4 tells a recorder of flows.
 *
 * @see core/flow-recorder.ts for the contract
 */
import type { Dst } from '../core/dst.js'
import type { FlowCache } from '../core/flow-cache.js'
import type { FlowRecorder } from '../core/flow-recorder.js'
import type { Skb } from '../core/skb.js'
import type { FibInfo } from './fib-info.js'
import { ipv4 } from './ipv4.js'
import { dstLocalOut } from './local-out.js'
import { IPSKB_DOREDIRECT, IPSKB_SRR } from './path.js'
import { ipOutput } from './output.js'
import { dstMtu } from './route.js'
import type { UdpReceiver } from './udp-table.js'

/** A route that says the same to all packets of a flow, until the namespace's generation rises. */
export const flowKeepsTo = (dst: Dst): boolean => {
  const info = dst.fibInfo as FibInfo | null
  if (dst.pmtu !== 0 || dst.expires !== 0 || dst.output !== ipOutput) return false
  return info === null || info.nhs.length === 1
}

/** A packet is forwarded by its route, whose MTU is `mtu`. */
export const flowForward = (rec: FlowRecorder, skb: Skb, mtu: number): void => {
  const isPlain = (skb.ipFlags & (IPSKB_DOREDIRECT | IPSKB_SRR)) === 0 && skb.ipOptLen === 0 && skb.fragMaxSize === 0
  if (isPlain && flowKeepsTo(skb.dst!)) rec.forwarded(skb, mtu)
  else rec.fail()
}

/** Sends a finished packet of a socket, its header at `data`, by its route: the short way where there is one. */
export const flowLocalOut = (flows: FlowCache, skb: Skb): number => {
  if (flows.send(skb)) return 0
  const rec = skb.flowRec
  if (rec === null) return dstLocalOut(skb)
  const dst = skb.dst!
  if (flowKeepsTo(dst)) rec.routed(Math.min(dst.dev.mtu, dstMtu(dst, false)))
  else rec.fail()
  const rc = dstLocalOut(skb)
  flows.sent()
  return rc
}

/** A packet is for a socket, and no raw socket gets a copy of it. */
export const flowLocal = (rec: FlowRecorder, skb: Skb, sk: UdpReceiver): void => {
  if (ipv4(skb.netns).raw.length > 0 || skb.ipOptLen !== 0) rec.fail()
  else rec.forSocket(skb, sk, sk.encapErrLookup !== null)
}
