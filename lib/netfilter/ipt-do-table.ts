/**
 * A packet on its way through a table.
 *
 * @see net/ipv4/netfilter/ip_tables.c ipt_do_table
 */
import { NF_DROP, type NfHookState } from '../core/netfilter.js'
import type { Skb } from '../core/skb.js'
import { IP_OFFSET, ipv4Daddr, ipv4FragOff, ipv4Ihl, ipv4Proto, ipv4Saddr } from '../wire/ipv4.js'
import { XT_RETURN, type XtTableInfo } from './ipt-table.js'
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
  let verdict = NF_DROP
  let at = table.hookEntry[hook]!
  nextRule: do {
    const e = entries[at]!
    const { invflags } = e
    if (
      ((saddr & e.smsk) !== e.src) !== ((invflags & IPT_INV_SRCIP) !== 0) ||
      ((daddr & e.dmsk) !== e.dst) !== ((invflags & IPT_INV_DSTIP) !== 0) ||
      (e.proto !== 0 && (e.proto !== proto) !== ((invflags & XT_INV_PROTO) !== 0)) ||
      (e.inif !== null && e.inif.matches(inDev) === ((invflags & IPT_INV_VIA_IN) !== 0)) ||
      (e.outif !== null && e.outif.matches(outDev) === ((invflags & IPT_INV_VIA_OUT) !== 0)) ||
      ((e.flags & IPT_F_FRAG) !== 0 && fragoff === 0) !== ((invflags & IPT_INV_FRAG) !== 0)
    ) {
      at++
      continue
    }
    if (e.match0 !== null) {
      if (rec !== null && !e.isPerFlow) rec.fail()
      if (!e.match0(skb, par, e.info0)) {
        at++
        continue
      }
      const { matches } = e
      for (let i = 1; i < matches.length; i++) {
        const m = matches[i]!
        if (m.match(skb, par, m.info)) continue
        at++
        continue nextRule
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
    at++
  } while (!par.hotdrop)
  return par.hotdrop ? NF_DROP : verdict
}
