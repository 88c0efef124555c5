/**
 * Queueing disciplines, as `tc qdisc` asks for them: where they stand, their handles, and what may replace what.
 *
 * @see net/sched/sch_api.c tc_modify_qdisc, tc_get_qdisc, qdisc_graft, tc_dump_qdisc
 */
import { flowFlush } from '../core/flow-genid.js'
import { devActivate, devDeactivate } from '../core/dev.js'
import { IFF_UP, type NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { NOOP_QDISC, Qdisc, type QdiscOps, TC_H_ROOT } from '../core/qdisc.js'
import { extackError, NetloomError } from '../errors.js'
import { PFIFO_FAST_OPS } from '../sched/sch-pfifo-fast.js'

/** How a request treats what is there: `add`, `change`, `replace` and `link` of tc. */
export type QdiscVerb = 'add' | 'change' | 'replace' | 'link'

/** What a request says. */
export interface QdiscSpec {
  /** {@link TC_H_ROOT}, or the class `MAJOR:MINOR` it is to stand in; 0 for none. */
  readonly parent: number
  /** `MAJOR:` in the upper 16 bits; chosen when 0. */
  readonly handle?: number
  readonly kind?: string
  /** Attributes of the kind; null for none at all. */
  readonly attrs?: object | null
}

/** A qdisc as a dump shows it. */
export interface QdiscInfo {
  readonly dev: NetDevice
  readonly kind: string
  readonly handle: number
  readonly parent: number
  /** Users of it, the device's queues among them; 1 below the root. */
  readonly refcnt: number
  readonly attrs: object
  readonly bytes: number
  readonly packets: number
  readonly drops: number
  readonly overlimits: number
  readonly requeues: number
  readonly backlog: number
  readonly qlen: number
}

const HASH_BITS = 4
const GOLDEN_RATIO_32 = 0x61c88647
const MINOR = 0xffff
const DEFAULT_TX_QUEUE_LEN = 1000
/** First major number that is given out, and the one past the last. */
const AUTOHANDLE_FIRST = 0x8000
const AUTOHANDLE_END = 0xffff

const major = (id: number): number => (id & ~MINOR) >>> 0

const bucket = (handle: number): number => Math.imul(handle, GOLDEN_RATIO_32) >>> (32 - HASH_BITS)

const hashOf = (dev: NetDevice): Qdisc[][] => (dev.qdiscHash ??= Array.from({ length: 2 ** HASH_BITS }, () => []))

/** Everything below the root, in the order in which the kernel lists it. */
const below = (dev: NetDevice): Qdisc[] => (dev.qdiscHash ?? []).flat()

const hashAdd = (sch: Qdisc): void => {
  if (sch.parent !== TC_H_ROOT) hashOf(sch.dev!)[bucket(sch.handle)]!.unshift(sch)
}

const hashDel = (sch: Qdisc): void => {
  const list = sch.dev?.qdiscHash?.[bucket(sch.handle)]
  const at = list?.indexOf(sch) ?? -1
  if (at >= 0) list!.splice(at, 1)
}

/** The qdisc `handle` of a device, or null (qdisc_lookup). */
const lookup = (dev: NetDevice, handle: number): Qdisc | null => {
  if (handle === 0) return null
  const root = dev.qdiscSleeping
  return root.handle === handle ? root : (below(dev).find(q => q.handle === handle) ?? null)
}

const refuse = (
  code: 'EINVAL' | 'ENOENT' | 'EEXIST' | 'EOPNOTSUPP' | 'ENOSPC' | 'ELOOP',
  text: string,
  dev: NetDevice,
): never => {
  throw extackError(code, text, { dev: dev.name })
}

/** The qdisc in a class of `parent`; one that nobody asked for counts as none (qdisc_leaf). */
const leafOf = (dev: NetDevice, parent: Qdisc): Qdisc | null => {
  if (parent.ops.classOps === null) return refuse('EOPNOTSUPP', 'Parent qdisc is not classful', dev)
  return parent.ops.classOps.leaf(parent)
}

const allocHandle = (dev: NetDevice): number => {
  const { world } = dev.netns
  for (let i = AUTOHANDLE_FIRST; i > 0; i--) {
    if (++world.qdiscAutohandle === AUTOHANDLE_END) world.qdiscAutohandle = AUTOHANDLE_FIRST
    const handle = (world.qdiscAutohandle << 16) >>> 0
    if (lookup(dev, handle) === null) return handle
  }
  return refuse('ENOSPC', 'Maximum number of qdisc handles was exceeded', dev)
}

/** Makes one that stands nowhere yet (qdisc_create). */
const create = (dev: NetDevice, ops: QdiscOps, parent: Qdisc | null, spec: QdiscSpec): Qdisc => {
  // A device whose queue length was set to 0 gets the default one with its first qdisc.
  if (dev.noQueue && dev.txQueueLen === 0) dev.txQueueLen = DEFAULT_TX_QUEUE_LEN
  const sch = new Qdisc(ops, dev)
  sch.parent = spec.parent
  sch.parentQdisc = parent
  sch.handle = spec.handle !== undefined && spec.handle !== 0 ? spec.handle : allocHandle(dev)
  dev.qdiscsMade++
  ops.init?.(sch, spec.attrs ?? null)
  return sch
}

/** Forgets a qdisc and everything below it. */
const destroy = (sch: Qdisc): void => {
  if (sch === NOOP_QDISC || sch.dev === null) return
  const child = sch.ops.classOps?.leaf(sch) ?? null
  if (child !== null) destroy(child)
  sch.ops.reset(sch)
  hashDel(sch)
}

/** Puts a qdisc where it belongs, null for none, in the place of what is there (qdisc_graft). */
const graft = (dev: NetDevice, parent: Qdisc | null, sch: Qdisc | null): void => {
  if (parent !== null) {
    if (sch?.ops.id === 'noqueue') refuse('EINVAL', 'Cannot assign noqueue to a class', dev)
    const old = parent.ops.classOps!.graft(parent, sch)
    if (old !== null) destroy(old)
    if (sch !== null) hashAdd(sch)
    return
  }
  if (dev.flags & IFF_UP) devDeactivate(dev)
  const old = dev.qdiscSleeping
  dev.qdiscSleeping = sch ?? NOOP_QDISC
  destroy(old)
  if (dev.flags & IFF_UP) devActivate(dev)
  else dev.qdisc = NOOP_QDISC
}

const checkKind = (dev: NetDevice, sch: Qdisc, kind: string | undefined): void => {
  if (kind !== undefined && kind !== sch.ops.id) refuse('EINVAL', 'Invalid qdisc name: must match existing qdisc', dev)
}

/** Kinds that the kernel may have and netloom has not: refused in netloom's own words. */
const NOT_BUILT: readonly string[] = [
  'bpf cake cbq cbs choke clsact codel drr etf ets fq fq_codel fq_pie gred hfsc hhf htb ingress mqprio multiq pie plug',
  'prio qfq red rr sfb sfq skbprio taprio',
].flatMap(line => line.split(' '))

const opsOf = (dev: NetDevice, kind: string | undefined): QdiscOps => {
  const { qdiscKinds } = dev.netns.world
  // `mq` comes with a device of several queues; on one with a single queue the kernel refuses it.
  if (kind === 'mq' && dev.numTxQueues === 1) throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name, kind })
  const ops = kind === undefined || kind === 'mq' ? null : qdiscKinds.get(kind)
  if (ops !== null) return ops
  if (kind !== undefined && (NOT_BUILT.includes(kind) || kind === 'mq'))
    throw new NetloomError(
      'EOPNOTSUPP',
      `tc qdisc: \`${kind}\` is not supported by netloom; supported: ${qdiscKinds
        .names()
        .filter(name => name !== 'mq')
        .join(', ')}`,
      { dev: dev.name, kind },
    )
  return refuse('ENOENT', 'Specified qdisc kind is unknown', dev)
}

const changeQdisc = (dev: NetDevice, sch: Qdisc, verb: QdiscVerb, spec: QdiscSpec): void => {
  if (verb === 'add') refuse('EEXIST', 'Exclusivity flag on, cannot modify', dev)
  checkKind(dev, sch, spec.kind)
  if (spec.attrs === undefined || spec.attrs === null) return
  if (sch.ops.change === null) return refuse('EINVAL', 'Change operation not supported by specified qdisc', dev)
  sch.ops.change(sch, spec.attrs)
}

const createAndGraft = (dev: NetDevice, parent: Qdisc | null, spec: QdiscSpec): void =>
  graft(dev, parent, create(dev, opsOf(dev, spec.kind), parent, spec))

/** A request with a handle that is not that of what stands there: an existing qdisc of that handle, or a new one. */
const modifyByHandle = (
  dev: NetDevice,
  parent: Qdisc | null,
  present: Qdisc | null,
  verb: QdiscVerb,
  spec: QdiscSpec,
): void => {
  const replaces = verb === 'replace' || verb === 'link'
  const handle = spec.handle!
  if (present !== null && !replaces) refuse('EEXIST', 'NLM_F_REPLACE needed to override', dev)
  if ((handle & MINOR) !== 0) refuse('EINVAL', 'Invalid minor handle', dev)
  const existing = lookup(dev, handle)
  if (existing !== null) {
    if (existing.parent !== spec.parent) refuse('EINVAL', 'Cannot move an existing qdisc to a different parent', dev)
    if (verb === 'add') refuse('EEXIST', 'Exclusivity flag on, cannot override', dev)
    return changeQdisc(dev, existing, verb, spec)
  }
  if (verb !== 'add' && verb !== 'replace')
    refuse('ENOENT', 'Qdisc not found. To create specify NLM_F_CREATE flag', dev)
  createAndGraft(dev, parent, spec)
}

/**
 * Adds, changes or replaces a qdisc (`tc qdisc add|change|replace|link`). Throws with the kernel's texts: EEXIST for one
 * that is there, ENOENT for a kind or a place that is not, EINVAL for attributes; EOPNOTSUPP for kinds that netloom has
 * not. Nothing has changed then.
 */
export const qdiscModify = (dev: NetDevice, verb: QdiscVerb, spec: QdiscSpec): void => {
  const { parent: clid, handle = 0, kind } = spec
  flowFlush(dev.netns)
  const creates = verb === 'add' || verb === 'replace'
  if (clid === 0) {
    if (handle === 0) refuse('EINVAL', 'Handle cannot be zero', dev)
    const sch = lookup(dev, handle) ?? refuse('ENOENT', 'Specified qdisc not found', dev)
    return changeQdisc(dev, sch, verb, spec)
  }
  const parent =
    clid === TC_H_ROOT ? null : (lookup(dev, major(clid)) ?? refuse('ENOENT', 'Failed to find specified qdisc', dev))
  const there = parent === null ? dev.qdiscSleeping : leafOf(dev, parent)
  const present = there === null || there.handle === 0 ? null : there
  if (present !== null && (handle === 0 || handle === present.handle)) {
    const isOther = handle === 0 && kind !== undefined && kind !== present.ops.id
    if (isOther && verb !== 'link') return createAndGraft(dev, parent, spec)
    return changeQdisc(dev, present, verb, spec)
  }
  if (handle !== 0) return modifyByHandle(dev, parent, present, verb, spec)
  if (!creates) refuse('ENOENT', 'Qdisc not found. To create specify NLM_F_CREATE flag', dev)
  createAndGraft(dev, parent, spec)
}

/** Removes a qdisc (`tc qdisc del`); what it holds is dropped. Throws with the kernel's texts. */
export const qdiscDel = (dev: NetDevice, spec: Omit<QdiscSpec, 'attrs'>): void => {
  const { parent: clid, handle = 0, kind } = spec
  flowFlush(dev.netns)
  if (clid === 0) {
    const sch = lookup(dev, handle) ?? refuse('ENOENT', 'Failed to find qdisc with specified handle', dev)
    checkKind(dev, sch, kind)
    refuse('EINVAL', 'Classid cannot be zero', dev)
  }
  const parent =
    clid === TC_H_ROOT
      ? null
      : (lookup(dev, major(clid)) ?? refuse('ENOENT', 'Failed to find qdisc with specified classid', dev))
  const there = parent === null ? dev.qdiscSleeping : leafOf(dev, parent)
  const sch = there ?? refuse('ENOENT', 'Cannot find specified qdisc on specified device', dev)
  if (handle !== 0 && sch.handle !== handle) refuse('EINVAL', 'Invalid handle', dev)
  checkKind(dev, sch, kind)
  if (sch.handle === 0) refuse('ENOENT', 'Cannot delete qdisc with handle of zero', dev)
  graft(dev, parent, null)
}

const fill = (dev: NetDevice, sch: Qdisc): QdiscInfo => ({
  dev,
  kind: sch.ops.id,
  handle: sch.handle,
  parent: sch.parent,
  // One that was asked for is held by each queue and by the device.
  refcnt: sch.parent !== TC_H_ROOT ? 1 : sch.ops.id === 'mq' ? 1 : sch.handle === 0 ? 2 : dev.numTxQueues + 1,
  attrs: sch.ops.dump(sch),
  bytes: sch.bytes,
  packets: sch.packets,
  drops: sch.drops,
  overlimits: sch.overlimits,
  requeues: sch.requeues,
  backlog: sch.backlog,
  qlen: sch.qlen,
})

/** Options of {@link qdiscList}. */
export interface QdiscListOptions {
  /** Only this device. */
  readonly dev?: NetDevice
  /** Those that others made for themselves, too. */
  readonly invisible?: boolean
}

const invisibleChildren = (sch: Qdisc): Qdisc[] => {
  const child = sch.ops.classOps?.leaf(sch) ?? null
  return child?.invisible === true ? [child] : []
}

/** The queue that packets go through stands below `mq`. */
const listMq = (dev: NetDevice, root: Qdisc): QdiscInfo[] => {
  const queue = fill(dev, root)
  const parent = (root.handle | 1) >>> 0
  return [queue, { ...queue, kind: 'pfifo_fast', handle: 0, parent, refcnt: 1, attrs: PFIFO_FAST_OPS.dump(root) }]
}

const listDevice = (dev: NetDevice, invisible: boolean): QdiscInfo[] => {
  const root = dev.qdiscSleeping
  if (root === NOOP_QDISC) return []
  if (root.ops.id === 'mq') return listMq(dev, root)
  const visible = [root, ...below(dev)]
  const hidden = invisible ? visible.flatMap(invisibleChildren) : []
  return [...visible.slice(0, 1), ...hidden, ...visible.slice(1)].map(sch => fill(dev, sch))
}

/** The qdiscs of a namespace, by device, the root of each first (`tc qdisc show`). */
export const qdiscList = (netns: Netns, options: QdiscListOptions = {}): QdiscInfo[] =>
  netns.devices
    .filter(dev => options.dev === undefined || dev === options.dev)
    .flatMap(dev => listDevice(dev, options.invisible ?? false))
