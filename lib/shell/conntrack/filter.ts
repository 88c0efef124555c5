/**
 * Which connections a command line of `conntrack` is about.
 *
 * @see conntrack-tools 1.4.7 src/conntrack.c nfct_filter
 */
import { IPS_DST_NAT_DONE, IPS_SRC_NAT_DONE } from '../../netfilter/conntrack/nf-conntrack-common.js'
import { TCP_CONNTRACK_NAMES } from '../../netfilter/conntrack/nf-conntrack-tcp-state.js'
import type { ConntrackInfo } from '../../rtnl/conntrack.js'
import type { ConntrackArgs, MaskedAddr } from './parse.js'

const addrIs = (wanted: MaskedAddr | null, addr: number): boolean =>
  wanted === null || (wanted.addr & wanted.mask) === (addr & wanted.mask)

const numberIs = (wanted: number | null, n: number): boolean => wanted === null || wanted === n

const portsAre = (a: ConntrackArgs, { orig, repl }: ConntrackInfo): boolean =>
  numberIs(a.sport ?? a.icmpId, orig.ports >>> 16) &&
  numberIs(a.dport, orig.ports & 0xffff) &&
  numberIs(a.icmpType, (orig.ports >> 8) & 0xff) &&
  numberIs(a.icmpCode, orig.ports & 0xff) &&
  numberIs(a.replyPortSrc, repl.ports >>> 16) &&
  numberIs(a.replyPortDst, repl.ports & 0xffff)

const zonesAre = (a: ConntrackArgs, { orig, repl }: ConntrackInfo): boolean => {
  const isBoth = orig.zone === repl.zone
  if (a.zone !== null && !(isBoth && orig.zone === a.zone)) return false
  if (a.origZone !== null && (isBoth || orig.zone !== a.origZone)) return false
  return a.replyZone === null || (!isBoth && repl.zone === a.replyZone)
}

type Wanted = NonNullable<ConntrackArgs['srcNat']>

const translated = (wanted: Wanted, isDone: boolean, addrs: [number, number], ports: [number, number]): boolean => {
  const isAddr = isDone && addrs[0] !== addrs[1]
  const isPort = isDone && ports[0] !== ports[1]
  if (wanted.addr === null && wanted.port === null) return isAddr || isPort
  return (isAddr && wanted.addr === addrs[1]) || (isPort && wanted.port === ports[1])
}

const isSrcNat = (wanted: Wanted, { orig, repl, status }: ConntrackInfo): boolean =>
  translated(wanted, (status & IPS_SRC_NAT_DONE) !== 0, [orig.src, repl.dst], [orig.ports >>> 16, repl.ports & 0xffff])

const isDstNat = (wanted: Wanted, { orig, repl, status }: ConntrackInfo): boolean =>
  translated(wanted, (status & IPS_DST_NAT_DONE) !== 0, [orig.dst, repl.src], [orig.ports & 0xffff, repl.ports >>> 16])

const natIs = (a: ConntrackArgs, info: ConntrackInfo): boolean => {
  if (a.anyNat !== null) return isSrcNat(a.anyNat, info) || isDstNat(a.anyNat, info)
  if (a.srcNat !== null && !isSrcNat(a.srcNat, info)) return false
  return a.dstNat === null || isDstNat(a.dstNat, info)
}

/** Whether -m and -u say what to look for, and not what to set. */
const comparesState = (a: ConntrackArgs): boolean => a.command !== 'update'

/** Is the connection one of those that the command line means? */
export const matchesConntrack = (a: ConntrackArgs, info: ConntrackInfo): boolean => {
  if (a.isIpv6) return false
  if (!numberIs(a.protonum, info.protonum)) return false
  if (!addrIs(a.src, info.orig.src) || !addrIs(a.dst, info.orig.dst)) return false
  if (!addrIs(a.replySrc, info.repl.src) || !addrIs(a.replyDst, info.repl.dst)) return false
  if (!portsAre(a, info) || !natIs(a, info) || !zonesAre(a, info)) return false
  if (a.secmark !== null && a.secmark !== 0) return false
  if (!comparesState(a)) return true
  if (a.state !== null && info.tcpState !== TCP_CONNTRACK_NAMES[a.state]) return false
  const { mark, status } = a
  if (mark !== null && ((info.mark ?? 0) & mark.mask) !== (mark.value & mark.mask)) return false
  return status === null || (info.status & status.mask) === status.value
}
