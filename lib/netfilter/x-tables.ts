/**
 * What matches and targets of iptables are for the kernel, and the checks that every rule passes when it is loaded.
 *
 * A match is one file in match/ and one line in matches.ts; a target one in target/ and one line in targets.ts. What the
 * tool knows about them (options, texts) stands in shell/iptables/.
 *
 * @see include/linux/netfilter/x_tables.h, net/netfilter/x_tables.c
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import type { Skb } from '../core/skb.js'
import type { NfHookState } from '../core/netfilter.js'
import { NetloomError } from '../errors.js'

/** What a target returns for "go on with the next rule"; other values are verdicts NF_* or what nfDropErr returned. */
export const XT_CONTINUE = -1

/** ipt_ip.flags: the rule is for second and further fragments; its target is a goto. */
export const IPT_F_FRAG = 0x01
export const IPT_F_GOTO = 0x02

/** ipt_ip.invflags: which tests are inverted. */
export const IPT_INV_VIA_IN = 0x01
export const IPT_INV_VIA_OUT = 0x02
export const IPT_INV_FRAG = 0x10
export const IPT_INV_SRCIP = 0x08
export const IPT_INV_DSTIP = 0x20
export const IPT_INV_TOS = 0x04
export const XT_INV_PROTO = 0x40

/** The tests that every rule has (struct ipt_ip). Addresses and masks are int32. */
export interface IptIp {
  readonly src: number
  readonly smsk: number
  readonly dst: number
  readonly dmsk: number
  /** Name of the device; a `+` at the end stands for any rest; empty: any. */
  readonly iniface: string
  readonly outiface: string
  /** 0: any. */
  readonly proto: number
  /** IPT_F_*. */
  readonly flags: number
  /** IPT_INV_* and XT_INV_PROTO. */
  readonly invflags: number
}

/** Tests that hold for every packet. */
export const IPT_ANY: IptIp = Object.freeze({
  src: 0,
  smsk: 0,
  dst: 0,
  dmsk: 0,
  iniface: '',
  outiface: '',
  proto: 0,
  flags: 0,
  invflags: 0,
})

/** What matches and targets learn of a packet's place (struct xt_action_param). Used again; must not be kept. */
export class XtActionParam {
  /** Hook, devices and namespace. */
  state: NfHookState
  /** Offset of the fragment in units of eight octets; 0 for the first one and for whole packets. */
  fragoff = 0
  /** Where the transport header starts in `skb.buf`. It may lie beyond the end: a match checks `skb.tail`. */
  thoff = 0
  /** Set by a match that wants the packet dropped at once. */
  hotdrop = false

  constructor(state: NfHookState) {
    this.state = state
  }

  /** Device that the packet came in by. */
  get inDev(): NetDevice | null {
    return this.state.inDev
  }

  /** Device that it is to leave by. */
  get outDev(): NetDevice | null {
    return this.state.outDev
  }
}

/** What is known when a rule is checked (struct xt_mtchk_param and xt_tgchk_param). */
export interface XtCheckParam {
  readonly netns: Netns
  /** Name of the table. */
  readonly table: string
  /** Hooks from which the rule can be reached, as 1 << NF_INET_*; 0 for a rule that is reached from none. */
  readonly hookMask: number
  readonly ip: IptIp
  /** Matches of the rule, with what the tool made of their options. */
  readonly matches: readonly { readonly name: string; readonly info: object }[]
}

/** What matches and targets have in common: where they may be used. */
interface XtWhere {
  readonly name: string
  /** The only table where it may be used; any by default. */
  readonly table?: string
  /** Hooks where it may be used, as 1 << NF_INET_*; all by default. */
  readonly hooks?: number
  /** IPPROTO_* that the rule must ask for; any by default. */
  readonly proto?: number
}

/** Ranges of ports that a packet must have, at least; both ends belong to them. */
export class XtPortTest {
  readonly smin: number
  readonly smax: number
  readonly dmin: number
  readonly dmax: number
  readonly sinv: boolean
  readonly dinv: boolean

  constructor(spts: readonly number[], dpts: readonly number[], sinv: boolean, dinv: boolean) {
    this.smin = spts[0]!
    this.smax = spts[1]!
    this.dmin = dpts[0]!
    this.dmax = dpts[1]!
    this.sinv = sinv
    this.dinv = dinv
  }

  /** Can a packet not match that has these ports, source * 65536 + destination? */
  fails(ports: number): boolean {
    const dport = ports & 0xffff
    const sport = (ports - dport) / 0x10000
    return (
      (dport >= this.dmin && dport <= this.dmax) === this.dinv ||
      (sport >= this.smin && sport <= this.smax) === this.sinv
    )
  }
}

/**
 * A match (struct xt_match). `I` is what the tool made of its options, which is also what the tool gets back to print and
 * is never changed; `K` is what the kernel keeps for each rule: the same, unless `checkentry` makes something of it.
 */
export interface XtMatch<I extends object = object, K extends object = I> extends XtWhere {
  /** Does the rule match? Must not keep `par`, must not change the packet. */
  readonly match: (skb: Skb, par: XtActionParam, info: K) => boolean
  /**
   * Checks a rule that is being loaded, and takes what it needs (nf_ct_netns_get, say). Throws a NetloomError to refuse:
   * EINVAL is what the tool prints as `Invalid argument. Run `dmesg' for more information.` Every replacement of the table
   * checks all rules anew, before the old ones are destroyed.
   */
  readonly checkentry?: (par: XtCheckParam, info: I) => K
  /** Gives back what `checkentry` took. */
  readonly destroy?: (netns: Netns, info: K) => void
  /**
   * True for a match that says the same to all packets of a flow, and does nothing else: it looks at what the key of a
   * recorded flow holds ({@link FlowRecorder}), at the devices, or at the state, tuples and status of the connection.
   */
  readonly isPerFlow?: boolean | ((info: K) => boolean)
  /** Ports without which it does not match: the rule is not asked further then. */
  readonly ports?: (info: K) => XtPortTest
}

/** A target (struct xt_target); see {@link XtMatch}. */
export interface XtTarget<I extends object = object, K extends object = I> extends XtWhere {
  /**
   * Acts. Returns XT_CONTINUE, a verdict NF_* (with NF_STOLEN the skb is the target's), or what nfDropErr returned. Who
   * writes to the packet calls skbCow first.
   */
  readonly target: (skb: Skb, par: XtActionParam, info: K) => number
  /** As {@link XtMatch.checkentry}. */
  readonly checkentry?: (par: XtCheckParam, info: I) => K
  /** As {@link XtMatch.destroy}. */
  readonly destroy?: (netns: Netns, info: K) => void
}

/** A match as the table of matches holds it: its rules' data are its own affair. */
export const xtMatch = <I extends object, K extends object = I>(match: XtMatch<I, K>): XtMatch =>
  match as unknown as XtMatch

/** A target as the table of targets holds it. */
export const xtTarget = <I extends object, K extends object = I>(target: XtTarget<I, K>): XtTarget =>
  target as unknown as XtTarget

/** Refuses a rule with what the kernel writes to its log, for a `checkentry`; the tool prints the text of `code`. */
export const xtRefuse = (code: 'EINVAL' | 'ENOENT' | 'ERANGE' | 'EOPNOTSUPP', name: string, why: string): never => {
  throw new NetloomError(code, `ip_tables: ${name}: ${why}`, { extension: name })
}

const refuse = (what: string, name: string, why: string): never => {
  throw new NetloomError('EINVAL', `ip_tables: ${name} ${what}: ${why}`, { [what]: name })
}

const HOOK_NAMES = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const

const hookText = (mask: number): string => HOOK_NAMES.filter((_, i) => mask & (1 << i)).join('/')

/**
 * Is a match or target used where it may be (xt_check_match, xt_check_target)? Throws EINVAL with what the kernel writes to
 * its log.
 */
const checkWhere = (what: string, { name, table, hooks, proto }: XtWhere, par: XtCheckParam): void => {
  if (table !== undefined && table !== par.table) refuse(what, name, `only valid in ${table} table, not ${par.table}`)
  if (hooks !== undefined && (par.hookMask & ~hooks) !== 0)
    refuse(what, name, `used from hooks ${hookText(par.hookMask)}, but only valid from ${hookText(hooks)}`)
  if (proto !== undefined && (par.ip.proto !== proto || par.ip.invflags & XT_INV_PROTO))
    refuse(what, name, `only valid for protocol ${proto}`)
}

/** Checks a match of a rule that is being loaded; returns what its `match` is called with. */
export const xtCheckMatch = (match: XtMatch, par: XtCheckParam, info: object): object => {
  checkWhere('match', match, par)
  return match.checkentry === undefined ? info : match.checkentry(par, info)
}

/** Checks the target of a rule that is being loaded; returns what its `target` is called with. */
export const xtCheckTarget = (target: XtTarget, par: XtCheckParam, info: object): object => {
  checkWhere('target', target, par)
  return target.checkentry === undefined ? info : target.checkentry(par, info)
}
