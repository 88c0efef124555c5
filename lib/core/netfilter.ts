/**
 * Netfilter's hooks: points on a packet's way where functions may look at it, change it, hold it or drop it.
 *
 * Each namespace has, for each protocol family and hook, the functions registered there in the order of their
 * priorities, or null when there are none: the data path pays one null check for a hook that nobody uses. What follows
 * a hook goes on inline when {@link nfHookSlow} returned 1; there are no closures.
 *
 * @see include/linux/netfilter.h, include/uapi/linux/netfilter.h, net/netfilter/core.c
 */
import { errnoNumber } from '../errors.js'
import { DROP } from './drop.js'
import { flowBlock, flowFlush, flowUnblock } from './flow-genid.js'
import type { NetDevice } from './netdev.js'
import type { Netns } from './netns.js'
import { kfreeSkb, type Skb } from './skb.js'

/** Verdicts of a hook function. */
export const NF_DROP = 0
export const NF_ACCEPT = 1
/** The hook owns the packet now: it holds it, has sent it on, or has ended it itself with a reason of its own. */
export const NF_STOLEN = 2
/** Hand the packet to a program; nobody listens, so it is dropped, unless {@link NF_VERDICT_FLAG_QUEUE_BYPASS} is set. */
export const NF_QUEUE = 3
/** Call this hook function again. */
export const NF_REPEAT = 4
export const NF_VERDICT_MASK = 0xff
export const NF_VERDICT_FLAG_QUEUE_BYPASS = 0x8000

/** Hooks of the protocol families. */
export const NF_INET_PRE_ROUTING = 0
export const NF_INET_LOCAL_IN = 1
export const NF_INET_FORWARD = 2
export const NF_INET_LOCAL_OUT = 3
export const NF_INET_POST_ROUTING = 4
export const NF_INET_NUMHOOKS = 5

/** Hooks of the bridge (include/uapi/linux/netfilter_bridge.h). */
export const NF_BR_PRE_ROUTING = 0
export const NF_BR_LOCAL_IN = 1
export const NF_BR_FORWARD = 2
export const NF_BR_LOCAL_OUT = 3
export const NF_BR_POST_ROUTING = 4
export const NF_BR_BROUTING = 5
export const NF_BR_NUMHOOKS = 6

export const NFPROTO_UNSPEC = 0
export const NFPROTO_IPV4 = 2
export const NFPROTO_BRIDGE = 7

/** Priorities at IPv4's hooks, the lowest first (include/uapi/linux/netfilter_ipv4.h). */
export const NF_IP_PRI_FIRST = -2147483648
export const NF_IP_PRI_RAW_BEFORE_DEFRAG = -450
export const NF_IP_PRI_CONNTRACK_DEFRAG = -400
export const NF_IP_PRI_RAW = -300
export const NF_IP_PRI_SELINUX_FIRST = -225
export const NF_IP_PRI_CONNTRACK = -200
export const NF_IP_PRI_MANGLE = -150
export const NF_IP_PRI_NAT_DST = -100
export const NF_IP_PRI_FILTER = 0
export const NF_IP_PRI_SECURITY = 50
export const NF_IP_PRI_NAT_SRC = 100
export const NF_IP_PRI_SELINUX_LAST = 225
export const NF_IP_PRI_CONNTRACK_HELPER = 300
export const NF_IP_PRI_CONNTRACK_CONFIRM = 2147483647
export const NF_IP_PRI_LAST = 2147483647

/** Priorities at the bridge's hooks (include/uapi/linux/netfilter_bridge.h). */
export const NF_BR_PRI_FIRST = -2147483648
export const NF_BR_PRI_NAT_DST_BRIDGED = -300
export const NF_BR_PRI_FILTER_BRIDGED = -200
export const NF_BR_PRI_BRNF = 0
export const NF_BR_PRI_NAT_DST_OTHER = 100
export const NF_BR_PRI_FILTER_OTHER = 200
export const NF_BR_PRI_NAT_SRC = 300
export const NF_BR_PRI_LAST = 2147483647

/** What comes after a hook; a top-level function. */
export type OkFn = (skb: Skb) => number

/**
 * Where a packet stands (struct nf_hook_state). The object is used again for the next packet: a hook function must not
 * keep it.
 */
export class NfHookState {
  /** How many passages through hooks this one is nested in: a hook function may itself send a packet. */
  readonly depth: number
  hook = 0
  pf = 0
  /** Device that the packet came in by, null where none is known. */
  inDev: NetDevice | null = null
  /** Device that it is to leave by, null where none is known. */
  outDev: NetDevice | null = null
  netns: Netns
  /** What is called for a packet that passes, for a hook function that sends it there itself. */
  okfn: OkFn

  constructor(depth: number, netns: Netns, okfn: OkFn) {
    this.depth = depth
    this.netns = netns
    this.okfn = okfn
  }
}

/**
 * A hook function (nf_hookfn): returns one of NF_DROP, NF_ACCEPT, NF_STOLEN, NF_QUEUE and NF_REPEAT, or what
 * `nfDropReason` or `nfDropErr` returned.
 */
export type NfHookFn = (skb: Skb, state: NfHookState, priv: object | null) => number

/** What is registered (struct nf_hook_ops). */
export interface NfHookOps {
  readonly hook: NfHookFn
  readonly priv: object | null
  /** NFPROTO_IPV4 or NFPROTO_BRIDGE. */
  readonly pf: number
  /** NF_INET_* or NF_BR_*. */
  readonly hooknum: number
  /** Smaller comes first; of equal ones the one registered first. */
  readonly priority: number
  /** It tells recorders of flows what it does, or that they cannot record it (FlowRecorder); else no flow is recorded. */
  readonly tellsFlows?: boolean
}

/** The functions at one hook (struct nf_hook_entries), in the order in which they are called. Replaced, never changed. */
export class NfHookEntries {
  readonly pf: number
  readonly hooknum: number
  readonly ops: readonly NfHookOps[]

  constructor(pf: number, hooknum: number, ops: readonly NfHookOps[]) {
    this.pf = pf
    this.hooknum = hooknum
    this.ops = ops
  }
}

/** The hooks of a namespace (struct netns_nf). */
export class NetnsNf {
  preRouting: NfHookEntries | null = null
  localIn: NfHookEntries | null = null
  forward: NfHookEntries | null = null
  localOut: NfHookEntries | null = null
  postRouting: NfHookEntries | null = null
  /** By NF_BR_*; null when there is nothing at any of them. */
  bridge: (NfHookEntries | null)[] | null = null
  /** Connection tracking, once something uses it in this namespace; for those below it (nf_ct_hook). */
  ctHook: NfCtHook | null = null

  /** What is registered at a hook. */
  get(pf: number, hooknum: number): NfHookEntries | null {
    if (pf === NFPROTO_BRIDGE) return this.bridge === null ? null : this.bridge[hooknum]!
    switch (hooknum) {
      case NF_INET_PRE_ROUTING:
        return this.preRouting
      case NF_INET_LOCAL_IN:
        return this.localIn
      case NF_INET_FORWARD:
        return this.forward
      case NF_INET_LOCAL_OUT:
        return this.localOut
      default:
        return this.postRouting
    }
  }

  /** @internal */
  set(pf: number, hooknum: number, entries: NfHookEntries | null): void {
    if (pf === NFPROTO_BRIDGE) this.#setBridge(hooknum, entries)
    else if (hooknum === NF_INET_PRE_ROUTING) this.preRouting = entries
    else if (hooknum === NF_INET_LOCAL_IN) this.localIn = entries
    else if (hooknum === NF_INET_FORWARD) this.forward = entries
    else if (hooknum === NF_INET_LOCAL_OUT) this.localOut = entries
    else this.postRouting = entries
  }

  #setBridge(hooknum: number, entries: NfHookEntries | null): void {
    const bridge = this.bridge ?? new Array<NfHookEntries | null>(NF_BR_NUMHOOKS).fill(null)
    bridge[hooknum] = entries
    this.bridge = bridge.every(e => e === null) ? null : bridge
  }
}

/** What those below connection tracking ask of it (struct nf_ct_hook). */
export interface NfCtHook {
  /** Lets a packet that this host makes in answer to `skb` belong to the same connection (nf_conntrack_attach). */
  attach(answer: Skb, skb: Skb): void
}

const checkHook = (pf: number, hooknum: number): void => {
  const hooks = pf === NFPROTO_IPV4 ? NF_INET_NUMHOOKS : pf === NFPROTO_BRIDGE ? NF_BR_NUMHOOKS : 0
  if (!(hooknum >= 0 && hooknum < hooks)) throw new Error(`family ${pf} has no hook ${hooknum}`)
}

/** Registers a hook function in a namespace (nf_register_net_hook). */
export const nfRegisterNetHook = (netns: Netns, ops: NfHookOps): void => {
  const { pf, hooknum, priority } = ops
  checkHook(pf, hooknum)
  const old = netns.nf.get(pf, hooknum)?.ops ?? []
  const at = old.findIndex(other => other.priority > priority)
  const list = at < 0 ? [...old, ops] : [...old.slice(0, at), ops, ...old.slice(at)]
  netns.nf.set(pf, hooknum, new NfHookEntries(pf, hooknum, list))
  if (ops.tellsFlows === true) flowFlush(netns)
  else flowBlock(netns)
}

/** Takes a hook function back, the very object that was registered (nf_unregister_net_hook). */
export const nfUnregisterNetHook = (netns: Netns, ops: NfHookOps): void => {
  const { pf, hooknum } = ops
  checkHook(pf, hooknum)
  const old = netns.nf.get(pf, hooknum)?.ops ?? []
  if (!old.includes(ops)) return
  const list = old.filter(other => other !== ops)
  netns.nf.set(pf, hooknum, list.length === 0 ? null : new NfHookEntries(pf, hooknum, list))
  if (ops.tellsFlows === true) flowFlush(netns)
  else flowUnblock(netns)
}

/** Registers several; all or none of them are there afterwards (nf_register_net_hooks). */
export const nfRegisterNetHooks = (netns: Netns, all: readonly NfHookOps[]): void => {
  for (const { pf, hooknum } of all) checkHook(pf, hooknum)
  for (const ops of all) nfRegisterNetHook(netns, ops)
}

/** Takes several back. */
export const nfUnregisterNetHooks = (netns: Netns, all: readonly NfHookOps[]): void => {
  for (const ops of all) nfUnregisterNetHook(netns, ops)
}

/** The hook states of one World by depth, and how many are in use. */
export class NfHookStates {
  readonly #states: NfHookState[] = []
  #used = 0

  /** The state for one more passage. */
  take(skb: Skb, okfn: OkFn): NfHookState {
    const depth = this.#used++
    if (depth < this.#states.length) return this.#states[depth]!
    const state = new NfHookState(depth, skb.netns, okfn)
    this.#states.push(state)
    return state
  }

  /** Gives the last one back. */
  put(): void {
    this.#used--
  }
}

const EPERM = errnoNumber('EPERM')

/** errno that a verdict carries above its low half (NF_DROP_GETERR). */
const verdictError = (verdict: number): number => verdict >> 16

/** The verdict of a hook function that drops a packet so that a local sender hears of `errno`, positive (NF_DROP_ERR). */
export const nfDropErr = (errno: number): number => (errno << 16) | NF_DROP

/**
 * Drops a packet for another reason than NETFILTER_DROP: ends it, and gives the verdict that the hook function returns
 * (NF_DROP_REASON). `errno` is the positive number that a local sender hears of, 0 for none.
 */
export const nfDropReason = (skb: Skb, reason: number, errno: number): number => {
  kfreeSkb(skb, reason)
  return (errno << 16) | NF_STOLEN
}

/**
 * Calls the functions at a hook from number `from` to before `to` (nf_hook_slow). Returns 1 when the packet may go on; otherwise the
 * packet has been dropped, or belongs to a hook function, and this is what the caller returns: 0 or a negative errno.
 */
const run = (skb: Skb, entries: NfHookEntries, state: NfHookState, from: number, to: number): number => {
  const { ops } = entries
  for (let i = from; i < to; i++) {
    const op = ops[i]!
    const verdict = op.hook(skb, state, op.priv)
    if (verdict === NF_ACCEPT) continue
    const kind = verdict & NF_VERDICT_MASK
    if (kind === NF_STOLEN) return -verdictError(verdict)
    if (kind === NF_REPEAT) i--
    else if (kind !== NF_QUEUE || !(verdict & NF_VERDICT_FLAG_QUEUE_BYPASS)) {
      kfreeSkb(skb, DROP.NETFILTER_DROP)
      const errno = kind === NF_DROP ? verdictError(verdict) : 0
      return errno === 0 ? -EPERM : -errno
    }
  }
  return 1
}

/**
 * Lets a packet pass a hook: its functions from number `from` to before `to`, all by default. `inDev` and `outDev` are the devices
 * as far as they are known, `okfn` what comes next. Returns 1 when the packet may go on, and the caller then goes on
 * with it; otherwise the packet is no longer the caller's, who returns the result: 0 or a negative errno.
 */
export const nfHookSlow = (
  skb: Skb,
  entries: NfHookEntries,
  inDev: NetDevice | null,
  outDev: NetDevice | null,
  okfn: OkFn,
  from = 0,
  to: number = entries.ops.length,
): number => {
  if (skb.flowRec !== null) skb.flowRec.atHook(skb, entries.pf === NFPROTO_IPV4 ? entries.hooknum : -1)
  const states = skb.netns.world.nfStates
  const state = states.take(skb, okfn)
  state.hook = entries.hooknum
  state.pf = entries.pf
  state.inDev = inDev
  state.outDev = outDev
  state.netns = skb.netns
  state.okfn = okfn
  const result = run(skb, entries, state, from, to)
  states.put()
  return result
}

/** Who tells of a packet: a target, or the tracing of a packet that matched a rule. */
export type NfLogTarget = 'LOG' | 'NFLOG' | 'TRACE'

/** A rule that a traced packet has matched. */
export interface NfTrace {
  readonly table: string
  readonly chain: string
  /** A rule; the end of a chain of a user; the policy of a built-in one. */
  readonly comment: 'rule' | 'return' | 'policy'
  /**
   * Counts from 1; of an end, one more than the chain has rules. The kernel takes a rule that gives every packet a verdict for
   * such an end.
   */
  readonly rulenum: number
  /**
   * What the rule does: ACCEPT, DROP, STOLEN, QUEUE or REPEAT; RETURN; CONTINUE with the next rule; the name of the chain that it
   * jumps or goes to. Empty while a target that is no verdict acts, that is when the entry is told.
   */
  verdict: string
  /** Connection that the packet belongs to (struct nf_conn), and how (enum ip_conntrack_info); null for none. */
  readonly ct: object | null
  readonly ctinfo: number
}

/** What is told of a packet by LOG, NFLOG or TRACE. */
export interface NfLogEntry {
  /** Virtual time in nanoseconds. */
  readonly time: number
  readonly netns: string
  readonly target: NfLogTarget
  /** NF_INET_*. */
  readonly hook: number
  /** 0 to 7, as syslog has them. */
  readonly level: number
  readonly prefix: string
  /** Netlink group of NFLOG, -1 for others. */
  readonly group: number
  /** Names of the devices that it came in and goes out by, empty where none is known. */
  readonly inDev: string
  readonly outDev: string
  readonly mark: number
  /** The packet from its IP header on. */
  readonly packet: Uint8Array
  /** For TRACE: where it is; null for others. */
  readonly trace: NfTrace | null
  /** As the kernel writes it to its log. */
  readonly line: string
}

/** Told of each packet that LOG, NFLOG or TRACE tell of. It must only look. */
export type NfLogger = (entry: NfLogEntry) => void

/** Forgets the connection of a packet (nf_reset_ct). */
export const nfResetCt = (skb: Skb): void => {
  skb.nfct = null
  skb.nfctinfo = 0
}

/** Lets a packet that is made in answer to another belong to the same connection (nf_ct_attach). */
export const nfCtAttach = (answer: Skb, skb: Skb): void => {
  if (skb.nfct !== null) skb.netns.nf.ctHook?.attach(answer, skb)
}
