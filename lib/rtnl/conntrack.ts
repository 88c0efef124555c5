/**
 * Connections as programs see and change them.
 *
 * @see net/netfilter/nf_conntrack_netlink.c
 */
import type { Netns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import { type NfConn, nfCtExpiresSec, nfCtExt, nfctTimeStamp, NF_CT_ECACHE } from '../netfilter/conntrack/nf-conn.js'
import {
  IP_CT_DIR_ORIGINAL,
  IP_CT_DIR_REPLY,
  IPCT_ASSURED,
  IPCT_DESTROY,
  IPCT_MARK,
  IPCT_NEW,
  IPCT_PROTOINFO,
  IPCT_RELATED,
  IPCT_REPLY,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_DYING,
  IPS_FIXED_TIMEOUT,
  IPS_NAT_CLASH,
  IPS_NAT_DONE_MASK,
  IPS_SEEN_REPLY,
  IPS_SRC_NAT,
} from '../netfilter/conntrack/nf-conntrack-common.js'
import {
  nfConntrackEventCache,
  nfConntrackListen,
  nfCtDeliverCachedEvents,
} from '../netfilter/conntrack/nf-conntrack-ecache.js'
import {
  nfConntrackAlloc,
  nfConntrackFindGet,
  nfCtDelete,
  nfCtExtensions,
  nfCtHash,
} from '../netfilter/conntrack/nf-conntrack-entry.js'
import { type IpConntrackStat, nfConntrack } from '../netfilter/conntrack/nf-conntrack-net.js'
import { IpCtTcpKept, TCP_CONNTRACK_MAX, TCP_CONNTRACK_NAMES } from '../netfilter/conntrack/nf-conntrack-tcp-state.js'
import { NfConntrackTuple, nfCtInvertTuple } from '../netfilter/conntrack/nf-conntrack-tuple.js'
import { HZ } from '../sim/timer.js'
import { IPPROTO_TCP } from '../wire/ipv4.js'
import { jhash2words } from '../wire/siphash.js'

/** One direction of a connection. Addresses are int32; `ports` as NfConntrackTuple has them. */
export interface CtTuple {
  readonly src: number
  readonly dst: number
  readonly ports: number
  readonly zone: number
  /** Packets and octets, null when they are not counted. */
  readonly packets: number | null
  readonly bytes: number | null
}

/** A connection at one moment. */
export interface ConntrackInfo {
  readonly protonum: number
  readonly orig: CtTuple
  readonly repl: CtTuple
  /** IPS_* bits. */
  readonly status: number
  /** Whole seconds that are left; null where nothing is said of them. */
  readonly timeoutSec: number | null
  /** Name of the state of TCP, null for other protocols. */
  readonly tcpState: string | null
  /** Null where nothing is said of it. */
  readonly mark: number | null
  /** Virtual time of the beginning and the end in nanoseconds, -1 for none; null when times are not kept. */
  readonly timestamp: { readonly start: number; readonly stop: number } | null
  /** A number of its own. */
  readonly id: number
  /** References; null where nothing is said of them. */
  readonly use: number | null
}

/** Something that happened to a connection. */
export interface ConntrackEvent {
  readonly type: 'new' | 'update' | 'destroy'
  readonly info: ConntrackInfo
  /** A program did it. */
  readonly byUser: boolean
}

/** Mixed into the numbers of connections: "ctid". */
const ID_SALT = 0x63746964

const tuple = (ct: NfConn, dir: number): CtTuple => {
  const acct = ct.ext?.acct ?? null
  const isOrig = dir === IP_CT_DIR_ORIGINAL
  return {
    src: isOrig ? ct.origSrc : ct.replSrc,
    dst: isOrig ? ct.origDst : ct.replDst,
    ports: isOrig ? ct.origPorts : ct.replPorts,
    zone: isOrig ? ct.origZone : ct.replZone,
    packets: acct === null ? null : acct[dir * 2]!,
    bytes: acct === null ? null : acct[dir * 2 + 1]!,
  }
}

/** What there is to say of a connection (ctnetlink_fill_info). */
export const conntrackInfo = (ct: NfConn, use = 1): ConntrackInfo => ({
  protonum: ct.protonum,
  orig: tuple(ct, IP_CT_DIR_ORIGINAL),
  repl: tuple(ct, IP_CT_DIR_REPLY),
  status: ct.status,
  timeoutSec: nfCtExpiresSec(ct),
  tcpState: ct.tcp === null ? null : TCP_CONNTRACK_NAMES[ct.tcp.state]!,
  mark: ct.mark >>> 0,
  timestamp: ct.ext?.hasTstamp === true ? { start: ct.ext.start, stop: ct.ext.stop } : null,
  id: jhash2words(ct.cnet.netns.world.seed ^ ID_SALT, ct.serial),
  use,
})

/** What an event says: times and counters at the end only, the mark when it is set or has changed (ctnetlink_conntrack_event). */
const eventInfo = (ct: NfConn, events: number): ConntrackInfo => {
  const info = conntrackInfo(ct)
  const isEnd = (events & (1 << IPCT_DESTROY)) !== 0
  const uncounted = { packets: null, bytes: null }
  return {
    ...info,
    orig: isEnd ? info.orig : { ...info.orig, ...uncounted },
    repl: isEnd ? info.repl : { ...info.repl, ...uncounted },
    timeoutSec: isEnd && info.timeoutSec === 0 ? null : info.timeoutSec,
    mark: ct.mark !== 0 || events & (1 << IPCT_MARK) ? info.mark : null,
    timestamp: isEnd ? info.timestamp : null,
    use: null,
  }
}

/** Calls `fn` for every event in a namespace from now on; returns a function that ends this (ctnetlink groups). */
export const conntrackListen = (netns: Netns, fn: (event: ConntrackEvent) => void): (() => void) => {
  const cnet = nfConntrack(netns)
  return nfConntrackListen(cnet, (ct, events) => {
    const isNew = (events & ((1 << IPCT_NEW) | (1 << IPCT_RELATED))) !== 0
    const type = events & (1 << IPCT_DESTROY) ? 'destroy' : isNew ? 'new' : 'update'
    fn({ type, info: eventInfo(ct, events), byUser: cnet.byUser })
  })
}

/** The connections of a namespace that have not expired (ctnetlink_dump_table). */
export const conntrackList = (netns: Netns): NfConn[] => nfConntrack(netns).table.list()

/** How many connections there are (nf_conntrack_count), without those that have expired. */
export const conntrackCount = (netns: Netns): number => {
  const { table } = nfConntrack(netns)
  table.expire()
  return table.count
}

/** The counters of a namespace. */
export const conntrackStat = (netns: Netns): Readonly<IpConntrackStat> => nfConntrack(netns).stat

/** Sets the counters of a connection to zero (IPCTNL_MSG_CT_GET_CTRZERO). */
export const conntrackZero = (ct: NfConn): void => {
  ct.ext?.acct?.fill(0)
}

/** Does `fn` as something that a program does, for its events. */
const asUser = <T>(netns: Netns, fn: () => T): T => {
  const cnet = nfConntrack(netns)
  cnet.byUser = true
  try {
    return fn()
  } finally {
    cnet.byUser = false
  }
}

/** Removes all connections (`conntrack -F`). */
export const conntrackFlush = (netns: Netns): void => {
  for (const ct of nfConntrack(netns).table.list(IP_CT_DIR_REPLY)) conntrackDelete(netns, ct)
}

/** Removes a connection; false when it was gone (ctnetlink_del_conntrack). */
export const conntrackDelete = (netns: Netns, ct: NfConn): boolean => asUser(netns, () => nfCtDelete(ct))

/** What a program may say of a connection: a new one, one to look for, or how to change one. */
export interface ConntrackSpec {
  readonly protonum: number
  /** Both addresses and the ports of a direction, null when it is left to follow from the other one. */
  readonly orig: NfConntrackTuple | null
  readonly repl: NfConntrackTuple | null
  readonly origZone: number
  readonly replZone: number
  readonly timeoutSec?: number
  /** IPS_* bits to set. */
  readonly status?: number
  readonly mark?: number
  readonly markMask?: number
  /** TCP_CONNTRACK_*. */
  readonly tcpState?: number
  /** New source of the original direction, and new destination. */
  readonly srcNat?: { readonly addr: number; readonly port?: number }
  readonly dstNat?: { readonly addr: number; readonly port?: number }
}

const bothTuples = (spec: ConntrackSpec): { orig: NfConntrackTuple; repl: NfConntrackTuple } => {
  const orig = new NfConntrackTuple()
  const repl = new NfConntrackTuple()
  if (spec.orig === null && spec.repl === null) throw new NetloomError('EINVAL')
  const known = spec.orig ?? spec.repl!
  const made = new NfConntrackTuple()
  if (!nfCtInvertTuple(made, known)) throw new NetloomError('EINVAL')
  orig.copy(spec.orig ?? made)
  repl.copy(spec.repl ?? made)
  return { orig, repl }
}

/** Makes what the answers look like when source or destination are translated. */
const translate = (spec: ConntrackSpec, repl: NfConntrackTuple): number => {
  let status = 0
  const { srcNat, dstNat } = spec
  if (srcNat !== undefined) {
    if (repl.dst !== srcNat.addr || (srcNat.port ?? repl.dport) !== repl.dport) status |= IPS_SRC_NAT
    repl.dst = srcNat.addr
    if (srcNat.port !== undefined) repl.dport = srcNat.port
  }
  if (dstNat !== undefined) {
    if (repl.src !== dstNat.addr || (dstNat.port ?? repl.sport) !== repl.sport) status |= IPS_DST_NAT
    repl.src = dstNat.addr
    if (dstNat.port !== undefined) repl.sport = dstNat.port
  }
  return srcNat !== undefined || dstNat !== undefined ? status | IPS_NAT_DONE_MASK : 0
}

/** Bits that no program may set. */
const UNCHANGEABLE: number = IPS_CONFIRMED | IPS_DYING | IPS_NAT_DONE_MASK | IPS_SRC_NAT | IPS_DST_NAT | IPS_NAT_CLASH

/**
 * Makes a connection (`conntrack -I`, ctnetlink_create_conntrack). Throws EEXIST when one with either tuple is there,
 * EINVAL without a timeout and for a tuple that has no answer, ENOMEM when the table is full.
 */
export const conntrackCreate = (netns: Netns, spec: ConntrackSpec): NfConn => {
  const cnet = nfConntrack(netns)
  const { table, stat } = cnet
  const { orig, repl } = bothTuples(spec)
  if (spec.timeoutSec === undefined) throw new NetloomError('EINVAL')
  const { origZone, replZone } = spec
  if (conntrackFind(netns, spec) !== null) throw new NetloomError('EEXIST')
  const nat = translate(spec, repl)
  const ct = nfConntrackAlloc(cnet, orig, repl, origZone, replZone, table.hashTuple(orig, origZone))
  if (ct === null) throw new NetloomError('ENOMEM')
  nfCtHash(ct, IP_CT_DIR_REPLY)
  if (table.find(repl, origZone, replZone, ct.replHash) !== null) throw new NetloomError('EEXIST')
  ct.status = IPS_CONFIRMED | nat | ((spec.status ?? 0) & ~UNCHANGEABLE)
  ct.timeout = (nfctTimeStamp(cnet) + spec.timeoutSec * HZ) | 0
  ct.mark = (spec.mark ?? 0) | 0
  if (ct.protonum === IPPROTO_TCP) {
    ct.tcp = new IpCtTcpKept()
    ct.tcp.state = spec.tcpState ?? 0
  }
  nfCtExtensions(ct, null)
  if (ct.ext?.hasTstamp === true) nfCtExt(ct).start = cnet.sim.now
  table.insert(ct)
  cnet.natHook?.insert(ct)
  stat.insert++
  for (const event of [IPCT_NEW, IPCT_ASSURED, IPCT_PROTOINFO]) nfConntrackEventCache(event, ct)
  if (ct.mark !== 0) nfConntrackEventCache(IPCT_MARK, ct)
  asUser(netns, () => nfCtDeliverCachedEvents(ct))
  return ct
}

/** The connection that has the original tuple, or else the reply tuple; null for none (ctnetlink_get_conntrack). */
export const conntrackFind = (netns: Netns, spec: ConntrackSpec): NfConn | null => {
  const wanted = spec.orig ?? spec.repl
  return wanted === null ? null : nfConntrackFindGet(nfConntrack(netns), spec.origZone, spec.replZone, wanted)
}

/** What may be changed of a connection. */
export type ConntrackChange = Pick<ConntrackSpec, 'timeoutSec' | 'status' | 'mark' | 'markMask' | 'tcpState'>

/**
 * Changes a connection (`conntrack -U`, ctnetlink_change_conntrack). Throws EBUSY when bits would have to be taken back
 * that stay once they are set.
 */
export const conntrackUpdate = (netns: Netns, ct: NfConn, change: ConntrackChange): void => {
  const { timeoutSec, status, mark, tcpState } = change
  if (status !== undefined && (ct.status & ~status & (IPS_ASSURED | IPS_SEEN_REPLY)) !== 0 && status !== 0)
    throw new NetloomError('EBUSY')
  if (timeoutSec !== undefined) ct.timeout = (nfctTimeStamp(ct.cnet) + timeoutSec * HZ) | 0
  if (status !== undefined) ct.status |= status & (IPS_ASSURED | IPS_SEEN_REPLY | IPS_FIXED_TIMEOUT)
  if (mark !== undefined) {
    const mask = change.markMask ?? -1
    ct.mark = ((ct.mark & ~mask) ^ mark) | 0
  }
  if (tcpState !== undefined && ct.tcp !== null && tcpState < TCP_CONNTRACK_MAX) ct.tcp.state = tcpState
  if (!(ct.ecache & NF_CT_ECACHE)) return
  for (const event of [IPCT_REPLY, IPCT_ASSURED, IPCT_PROTOINFO, IPCT_MARK]) nfConntrackEventCache(event, ct)
  asUser(netns, () => nfCtDeliverCachedEvents(ct))
}
