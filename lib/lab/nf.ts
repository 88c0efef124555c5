/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Hook functions of netfilter as calls: a function of one's own on the way of packets, as a kernel module has it.
 */
import { DROP } from '../core/drop.js'
import {
  NF_ACCEPT,
  NF_BR_BROUTING,
  NF_BR_FORWARD,
  NF_BR_LOCAL_IN,
  NF_BR_LOCAL_OUT,
  NF_BR_POST_ROUTING,
  NF_BR_PRE_ROUTING,
  NF_BR_PRI_BRNF,
  NF_BR_PRI_FILTER_BRIDGED,
  NF_BR_PRI_FILTER_OTHER,
  NF_BR_PRI_FIRST,
  NF_BR_PRI_LAST,
  NF_BR_PRI_NAT_DST_BRIDGED,
  NF_BR_PRI_NAT_DST_OTHER,
  NF_BR_PRI_NAT_SRC,
  NF_DROP,
  NF_INET_FORWARD,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI_CONNTRACK,
  NF_IP_PRI_CONNTRACK_CONFIRM,
  NF_IP_PRI_CONNTRACK_DEFRAG,
  NF_IP_PRI_CONNTRACK_HELPER,
  NF_IP_PRI_FILTER,
  NF_IP_PRI_FIRST,
  NF_IP_PRI_LAST,
  NF_IP_PRI_MANGLE,
  NF_IP_PRI_NAT_DST,
  NF_IP_PRI_NAT_SRC,
  NF_IP_PRI_RAW,
  NF_IP_PRI_RAW_BEFORE_DEFRAG,
  NF_IP_PRI_SECURITY,
  NF_QUEUE,
  NF_REPEAT,
  NF_STOLEN,
  NFPROTO_BRIDGE,
  NFPROTO_IPV4,
  type NfHookOps,
  type NfHookState,
  nfRegisterNetHook,
  nfUnregisterNetHook,
} from '../core/netfilter.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { kfreeSkb, type Skb } from '../core/skb.js'
import { NetloomError } from '../errors.js'
import type { Handles } from './handles.js'
import { NfPacket } from './nf-packet.js'
import { Printable } from '../app/printable.js'
import { checkOptions, wordOption } from '../app/text.js'

/**
 * What becomes of a packet: `accept`: it goes on; `drop`: it ends, and a local sender hears EPERM; `stolen`: the handler holds
 * it and ends it with `packet.reinject`; `queue`: for a program, and as none listens it is dropped; `repeat`: the handler is
 * called again.
 */
export type NfVerdict = 'accept' | 'drop' | 'stolen' | 'queue' | 'repeat'

const VERDICTS: Readonly<Record<NfVerdict, number>> = {
  accept: NF_ACCEPT,
  drop: NF_DROP,
  stolen: NF_STOLEN,
  queue: NF_QUEUE,
  repeat: NF_REPEAT,
}

/** Names of the hooks; `brouting` is the bridge's alone. */
export type NfHook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'brouting'

const IPV4_HOOKS: Readonly<Record<Exclude<NfHook, 'brouting'>, number>> = {
  prerouting: NF_INET_PRE_ROUTING,
  input: NF_INET_LOCAL_IN,
  forward: NF_INET_FORWARD,
  output: NF_INET_LOCAL_OUT,
  postrouting: NF_INET_POST_ROUTING,
}

const BRIDGE_HOOKS: Readonly<Record<NfHook, number>> = {
  prerouting: NF_BR_PRE_ROUTING,
  input: NF_BR_LOCAL_IN,
  forward: NF_BR_FORWARD,
  output: NF_BR_LOCAL_OUT,
  postrouting: NF_BR_POST_ROUTING,
  brouting: NF_BR_BROUTING,
}

/** Names of priorities at the hooks of IPv4 (NF_IP_PRI_*). */
export type NfIpv4Priority =
  | 'first'
  | 'rawBeforeDefrag'
  | 'conntrackDefrag'
  | 'raw'
  | 'conntrack'
  | 'mangle'
  | 'natDst'
  | 'filter'
  | 'security'
  | 'natSrc'
  | 'conntrackHelper'
  | 'conntrackConfirm'
  | 'last'

/** Names of priorities at the hooks of bridges (NF_BR_PRI_*). */
export type NfBridgePriority =
  | 'first'
  | 'natDstBridged'
  | 'filterBridged'
  | 'brnf'
  | 'natDstOther'
  | 'filterOther'
  | 'natSrc'
  | 'last'

/** A name, or a signed 32-bit number; the smallest comes first. */
export type NfHookPriority = NfIpv4Priority | NfBridgePriority | number

const IPV4_PRIORITIES: Readonly<Record<NfIpv4Priority, number>> = {
  first: NF_IP_PRI_FIRST,
  rawBeforeDefrag: NF_IP_PRI_RAW_BEFORE_DEFRAG,
  conntrackDefrag: NF_IP_PRI_CONNTRACK_DEFRAG,
  raw: NF_IP_PRI_RAW,
  conntrack: NF_IP_PRI_CONNTRACK,
  mangle: NF_IP_PRI_MANGLE,
  natDst: NF_IP_PRI_NAT_DST,
  filter: NF_IP_PRI_FILTER,
  security: NF_IP_PRI_SECURITY,
  natSrc: NF_IP_PRI_NAT_SRC,
  conntrackHelper: NF_IP_PRI_CONNTRACK_HELPER,
  conntrackConfirm: NF_IP_PRI_CONNTRACK_CONFIRM,
  last: NF_IP_PRI_LAST,
}

const BRIDGE_PRIORITIES: Readonly<Record<NfBridgePriority, number>> = {
  first: NF_BR_PRI_FIRST,
  natDstBridged: NF_BR_PRI_NAT_DST_BRIDGED,
  filterBridged: NF_BR_PRI_FILTER_BRIDGED,
  brnf: NF_BR_PRI_BRNF,
  natDstOther: NF_BR_PRI_NAT_DST_OTHER,
  filterOther: NF_BR_PRI_FILTER_OTHER,
  natSrc: NF_BR_PRI_NAT_SRC,
  last: NF_BR_PRI_LAST,
}

/** Where a hook function stands. */
export interface NfHookOptions {
  readonly hook: NfHook
  /** `filter` for ipv4 and 0 for the bridge when absent. Of equal ones the first registered comes first. */
  readonly priority?: NfHookPriority
  /** `ipv4` when absent; `bridge`: frames that a bridge handles, of every type. */
  readonly family?: 'ipv4' | 'bridge'
}

/** Says what becomes of a packet; it may read and change it. */
export type NfHookHandler = (packet: NfPacket) => NfVerdict

const priorityOf = (family: string, priority: NfHookPriority): number => {
  const names: Readonly<Record<string, number>> = family === 'bridge' ? BRIDGE_PRIORITIES : IPV4_PRIORITIES
  const number = wordOption<string>('priority', priority, names)
  if (number === (number | 0)) return number
  throw new NetloomError('EINVAL', `priority: ${priority} is not a signed 32-bit number`, { priority })
}

/** A hook function that stands. Make one with `netns.nf.register`; it ends with {@link unregister}. */
export class NfRegistration extends Printable {
  readonly family: 'ipv4' | 'bridge'
  readonly hook: NfHook
  readonly priority: number
  readonly #netns: KernelNetns
  readonly #ops: NfHookOps
  #isOn = true

  /** @internal */
  constructor(handles: Handles, netns: KernelNetns, options: NfHookOptions, handler: NfHookHandler) {
    super()
    checkOptions('nf.register', options, ['hook', 'priority', 'family'])
    const { hook, family = 'ipv4', priority = 0 } = options
    const pf = wordOption('family', family, { ipv4: NFPROTO_IPV4, bridge: NFPROTO_BRIDGE })
    const hooknum = wordOption<string>('hook', hook, family === 'bridge' ? BRIDGE_HOOKS : IPV4_HOOKS)
    if (typeof handler !== 'function') throw new NetloomError('EINVAL', 'nf.register: handler is not a function')
    this.family = family
    this.hook = hook
    this.priority = priorityOf(family, priority)
    this.#netns = netns
    const call = (skb: Skb, state: NfHookState): number => this.#call(handles, handler, skb, state)
    this.#ops = { hook: call, priv: null, pf, hooknum, priority: this.priority }
    nfRegisterNetHook(netns, this.#ops)
  }

  #call(handles: Handles, handler: NfHookHandler, skb: Skb, state: NfHookState): number {
    const packet = new NfPacket(handles, this.hook, this.#ops, skb, state)
    let verdict: NfVerdict
    try {
      verdict = handler(packet)
      if (!Object.hasOwn(VERDICTS, verdict)) throw this.#unknown(verdict)
    } catch (e) {
      packet.release()
      kfreeSkb(skb, DROP.NETFILTER_DROP)
      throw e
    }
    if (verdict !== 'stolen') packet.release()
    return VERDICTS[verdict]
  }

  #unknown(verdict: unknown): NetloomError {
    const known = Object.keys(VERDICTS)
    const where = `${this.#netns.name}: the handler at ${this.hook}, priority ${this.priority}`
    return new NetloomError('EINVAL', `${where}, returned ${verdict}; verdicts are ${known.join(', ')}`, { known })
  }

  /** Ends it. A packet that it holds is then dropped by `reinject`. */
  unregister(): void {
    if (this.#isOn) nfUnregisterNetHook(this.#netns, this.#ops)
    this.#isOn = false
  }

  /** Ends it with the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.unregister()
  }

  override toJSON(): { netns: string; family: string; hook: string; priority: number; isRegistered: boolean } {
    const { family, hook, priority } = this
    return { netns: this.#netns.name, family, hook, priority, isRegistered: this.#isOn }
  }
}

/** Netfilter's hooks in a namespace: `netns.nf`. */
export class NfApi {
  readonly #handles: Handles
  readonly #netns: KernelNetns

  /** @internal */
  constructor(handles: Handles, netns: KernelNetns) {
    this.#handles = handles
    this.#netns = netns
  }

  /**
   * Registers a function at a hook (nf_register_net_hook); packets meet it between the tables of iptables and connection
   * tracking as its priority says. Throws EINVAL. A handler that throws ends the packet, and its error comes out of
   * `world.run`.
   *
   * @see include/linux/netfilter.h
   * @example
   * r.nf.register({ hook: 'prerouting', priority: 'mangle' }, packet => {
   *   packet.mark = 7
   *   return packet.data.length > 1000 ? 'drop' : 'accept'
   * })
   */
  register(options: NfHookOptions, handler: NfHookHandler): NfRegistration {
    return new NfRegistration(this.#handles, this.#netns, options, handler)
  }
}
