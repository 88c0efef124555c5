/**
 * A packet on its way through a table.
 *
 * @see net/ipv4/netfilter/ip_tables.c ipt_do_table
 */
import { NF_DROP, type NfHookState } from '../core/netfilter.js'
import type { Skb } from '../core/skb.js'
import { getU16 } from '../wire/bytes.js'
import { IP_OFFSET, ipv4Daddr, ipv4FragOff, ipv4Ihl, ipv4Proto, ipv4Saddr } from '../wire/ipv4.js'
import { type IptEntry, XT_RETURN, type XtTableInfo } from './ipt-table.js'
import { tracePacket, verdictName } from './ipt-trace.js'
import {
  IPT_F_FRAG,
  IPT_F_GOTO,
  IPT_INV_DSTIP,
  IPT_INV_FRAG,
  IPT_INV_SRCIP,
  IPT_INV_VIA_IN,
  IPT_INV_VIA_OUT,
  XT_CONTINUE,
  XT_INV_PROTO,
  XtActionParam,
} from './x-tables.js'

/** Octets that the header of TCP, the longest one with ports, has at least. */
const TCP_HLEN = 20

/** What the rules are told, by how deep hooks are nested; one list for each namespace. */
export type XtParams = XtActionParam[]

const paramFor = (params: XtParams, state: NfHookState): XtActionParam => {
  const { depth } = state
  while (params.length <= depth) params.push(new XtActionParam(state))
  const par = params[depth]!
  par.state = state
  par.hotdrop = false
  return par
}

/** Does one of the tests that every rule has fail, some of which are inverted? (ip_packet_match) */
const failsInverted = (
  e: IptEntry,
  saddr: number,
  daddr: number,
  proto: number,
  { inDev, outDev }: NfHookState,
  fragoff: number,
): boolean => {
  const { invflags } = e
  return (
    ((saddr & e.smsk) !== e.src) !== ((invflags & IPT_INV_SRCIP) !== 0) ||
    ((daddr & e.dmsk) !== e.dst) !== ((invflags & IPT_INV_DSTIP) !== 0) ||
    (e.proto !== 0 && (e.proto !== proto) !== ((invflags & XT_INV_PROTO) !== 0)) ||
    (e.inif !== null && e.inif.matches(inDev) === ((invflags & IPT_INV_VIA_IN) !== 0)) ||
    (e.outif !== null && e.outif.matches(outDev) === ((invflags & IPT_INV_VIA_OUT) !== 0)) ||
    ((e.flags & IPT_F_FRAG) !== 0 && fragoff === 0) !== ((invflags & IPT_INV_FRAG) !== 0)
  )
}

/** Source port * 65536 + destination port, -1 where a match has to see for itself whether there are any. */
const portsOf = (skb: Skb, par: XtActionParam): number => {
  const o = par.thoff
  return par.fragoff !== 0 || o + TCP_HLEN > skb.tail ? -1 : getU16(skb.buf, o) * 0x10000 + getU16(skb.buf, o + 2)
}

/** Do all matches but the first one match? */
const restMatch = ({ matches }: IptEntry, skb: Skb, par: XtActionParam): boolean => {
  for (let i = 1; i < matches.length; i++) {
    const m = matches[i]!
    if (!m.match(skb, par, m.info)) return false
  }
  return true
}

/** Asks the rules of a table at the hook of `state`; returns a verdict NF_*, or what nfDropErr returned. */
export const iptDoTable = (skb: Skb, state: NfHookState, table: XtTableInfo, params: XtParams): number => {
  const par = paramFor(params, state)
  const { entries, jumpstack } = table
  const { hook, inDev, outDev } = state
  const base = table.stackptr
  const rec = skb.flowRec
  let sp = base
  let ip = skb.networkHeader
  let b = skb.buf
  let saddr = ipv4Saddr(b, ip)
  let daddr = ipv4Daddr(b, ip)
  let proto = ipv4Proto(b, ip)
  const fragoff = ipv4FragOff(b, ip) & IP_OFFSET
  par.fragoff = fragoff
  par.thoff = ip + ipv4Ihl(b, ip)
  // Whether there are ports may differ from packet to packet of a flow: its matches have to be asked.
  let ports = rec === null ? portsOf(skb, par) : -1
  let verdict = NF_DROP
  let at = table.hookEntry[hook]!
  do {
    const e = entries[at]!
    if (
      e.invflags === 0
        ? (saddr & e.smsk) !== e.src ||
          (daddr & e.dmsk) !== e.dst ||
          (e.proto !== 0 && e.proto !== proto) ||
          (e.ports !== null && ports >= 0 && e.ports.fails(ports)) ||
          (e.inif !== null && !e.inif.matches(inDev)) ||
          (e.outif !== null && !e.outif.matches(outDev)) ||
          ((e.flags & IPT_F_FRAG) !== 0 && fragoff === 0)
        : failsInverted(e, saddr, daddr, proto, state, fragoff)
    ) {
      at++
      continue
    }
    if (e.match0 !== null) {
      if (rec !== null && !e.isPerFlow) rec.fail()
      if (!e.match0(skb, par, e.info0) || (e.matches.length > 1 && !restMatch(e, skb, par))) {
        at++
        continue
      }
    }
    e.packets++
    e.bytes += skb.tail - skb.data
    if (rec !== null) {
      if (e.isStandard) rec.counted(e)
      else rec.fail()
    }
    const trace = skb.nfTrace ? tracePacket(skb, state, table, at) : null
    if (e.isStandard) {
      const v = e.verdict
      if (v >= 0) {
        if (v !== at + 1 && !(e.flags & IPT_F_GOTO)) {
          if (sp >= jumpstack.length) break
          jumpstack[sp++] = at
        }
        at = v
      } else if (v !== XT_RETURN) {
        verdict = -v - 1
        break
      } else at = sp === base ? table.underflow[hook]! : jumpstack[--sp]! + 1
      continue
    }
    table.stackptr = sp
    verdict = e.target(skb, par, e.targetInfo)
    table.stackptr = base
    if (trace !== null) trace.verdict = verdictName(verdict)
    if (verdict !== XT_CONTINUE) break
    // The target may have changed the packet, and where its octets are.
    ip = skb.networkHeader
    b = skb.buf
    saddr = ipv4Saddr(b, ip)
    daddr = ipv4Daddr(b, ip)
    proto = ipv4Proto(b, ip)
    par.thoff = ip + ipv4Ihl(b, ip)
    ports = rec === null ? portsOf(skb, par) : -1
    at++
  } while (!par.hotdrop)
  return par.hotdrop ? NF_DROP : verdict
}
