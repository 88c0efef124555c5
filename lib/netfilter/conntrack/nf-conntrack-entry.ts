/**
 * Entries of the table: made, looked up, refreshed and removed.
 *
 * @see net/netfilter/nf_conntrack_core.c
 */
import type { Skb } from '../../core/skb.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import { NSEC_PER_JIFFY } from '../../sim/timer.js'
import { IPPROTO_TCP } from '../../wire/ipv4.js'
import { NfConn, nfCtExt, nfctTimeStamp } from './nf-conn.js'
import {
  ctinfo2dir,
  IP_CT_DIR_ORIGINAL,
  IP_CT_DIR_REPLY,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_FIXED_TIMEOUT,
  IPS_TEMPLATE,
} from './nf-conntrack-common.js'
import { nfCtDestroyEvent, nfCtEcacheExtAdd } from './nf-conntrack-ecache.js'
import type { NfConntrackNet } from './nf-conntrack-net.js'
import { NF_CONNTRACK_BUCKETS } from './nf-conntrack-table.js'
import {
  TCP_CONNTRACK_CLOSE,
  TCP_CONNTRACK_CLOSE_WAIT,
  TCP_CONNTRACK_FIN_WAIT,
  TCP_CONNTRACK_LAST_ACK,
  TCP_CONNTRACK_TIME_WAIT,
} from './nf-conntrack-tcp-state.js'
import { NfConntrackTuple, nfCtInvertTuple } from './nf-conntrack-tuple.js'

/** Buckets that are searched for an entry to give up when the table is full. */
const NF_CT_EVICTION_RANGE = 8

const NO_TUPLE: Readonly<NfConntrackTuple> = new NfConntrackTuple()
/** Scratch for the reply direction of a connection that is being made. */
const REPL = new NfConntrackTuple()

/** The most entries that a namespace may have (nf_conntrack_max). */
export const nfConntrackMax = (cnet: NfConntrackNet): number =>
  cnet.netns.world.profile.nfConntrackMax ?? NF_CONNTRACK_BUCKETS

/** Buckets that the kernel's table would have (nf_conntrack_buckets). */
export const nfConntrackBuckets = (cnet: NfConntrackNet): number =>
  cnet.netns.world.profile.nfConntrackBuckets ?? NF_CONNTRACK_BUCKETS

/** A template for the CT target: the zones, by direction, of connections to be made (nf_ct_tmpl_alloc). */
export const nfCtTmplAlloc = (cnet: NfConntrackNet, origZone: number, replZone: number): NfConn => {
  const tmpl = new NfConn(cnet, NO_TUPLE, NO_TUPLE, origZone, replZone, 0)
  tmpl.status = IPS_TEMPLATE | IPS_CONFIRMED
  return tmpl
}

/**
 * The connection that has this tuple, in the zones of the two directions; null for none. `cnet.table.foundDir` is the
 * direction in which it has it (nf_conntrack_find_get).
 */
export const nfConntrackFindGet = (
  cnet: NfConntrackNet,
  origZone: number,
  replZone: number,
  tuple: NfConntrackTuple,
): NfConn | null => {
  const { table } = cnet
  const found = table.find(tuple, origZone, replZone, table.hashTuple(tuple, origZone))
  if (found !== null || origZone === replZone) return found
  return table.find(tuple, origZone, replZone, table.hashTuple(tuple, replZone))
}

/** A connection with its tuples and zones, in no table; null when the table is full (__nf_conntrack_alloc). */
export const nfConntrackAlloc = (
  cnet: NfConntrackNet,
  orig: NfConntrackTuple,
  repl: NfConntrackTuple,
  origZone: number,
  replZone: number,
  hash: number,
): NfConn | null => {
  if (cnet.table.count >= nfConntrackMax(cnet) && !makeRoom(cnet, hash)) return null
  const ct = new NfConn(cnet, orig, repl, origZone, replZone, ++cnet.serial)
  ct.origHash = hash
  return ct
}

/** Removes what has expired, or else an entry near `hash` that is not assured (early_drop). */
const makeRoom = (cnet: NfConntrackNet, hash: number): boolean => {
  const { table, stat } = cnet
  table.expire()
  const max = nfConntrackMax(cnet)
  if (table.count < max) return true
  if (cnet.earlyDropAt >= 0 && cnet.sim.now >= cnet.earlyDropAt) purge(cnet, max)
  if (table.count < max) return true
  let drops = 0
  const drop = (ct: NfConn): boolean => {
    if (ct.status & (IPS_ASSURED | IPS_DYING) || !nfCtDelete(ct)) return false
    drops++
    return true
  }
  table.someNear(hash, nfConntrackBuckets(cnet), NF_CT_EVICTION_RANGE, drop)
  stat.earlyDrop += drops
  if (drops > 0) return true
  // The kernel's worker, which comes by after a second at the earliest, is asked to give up what may go.
  if (cnet.earlyDropAt < 0) cnet.earlyDropAt = cnet.sim.now + NSEC_PER_SEC
  return false
}

/** Gives up what may go until the table is below 95 in a hundred of its limit (gc_worker with early_drop). */
const purge = (cnet: NfConntrackNet, max: number): void => {
  cnet.earlyDropAt = -1
  const max95 = Math.floor(max / 100) * 95
  if (max95 === 0) return
  for (const ct of cnet.table.list()) if (cnet.table.count >= max95 && canEarlyDrop(ct)) nfCtDelete(ct)
}

/** May the entry be given up under pressure? (gc_worker_can_early_drop) */
const canEarlyDrop = (ct: NfConn): boolean =>
  (ct.status & IPS_ASSURED) === 0 || (ct.protonum === IPPROTO_TCP && tcpCanEarlyDrop(ct.tcp!.state))

/** Is a connection in this state of TCP closing? (tcp_can_early_drop) */
export const tcpCanEarlyDrop = (state: number): boolean => {
  switch (state) {
    case TCP_CONNTRACK_FIN_WAIT:
    case TCP_CONNTRACK_LAST_ACK:
    case TCP_CONNTRACK_TIME_WAIT:
    case TCP_CONNTRACK_CLOSE:
    case TCP_CONNTRACK_CLOSE_WAIT:
      return true
    default:
      return false
  }
}

/** No connection can be made of this: there is no answer to it. */
export const NO_CONNECTION = 'none'
/** No connection can be made: the table is full. */
export const TABLE_FULL = 'full'

/**
 * Makes the connection that a packet with this tuple begins (init_conntrack). `tmpl` is what the CT target wants of it,
 * null for nothing in particular.
 */
export const initConntrack = (
  cnet: NfConntrackNet,
  tmpl: NfConn | null,
  tuple: NfConntrackTuple,
  origZone: number,
  replZone: number,
  hash: number,
): NfConn | typeof NO_CONNECTION | typeof TABLE_FULL => {
  if (!nfCtInvertTuple(REPL, tuple)) return NO_CONNECTION
  const ct = nfConntrackAlloc(cnet, tuple, REPL, origZone, replZone, hash)
  if (ct === null) return TABLE_FULL
  nfCtExtensions(ct, tmpl)
  return ct
}

/** Gives a new connection the counters, times and events that it is to have. */
export const nfCtExtensions = (ct: NfConn, tmpl: NfConn | null): void => {
  const { sysctls } = ct.cnet
  if (sysctls.acct !== 0) nfCtExt(ct).acct = new Float64Array(4)
  if (sysctls.timestamp !== 0) nfCtExt(ct).hasTstamp = true
  const ctmask = tmpl?.ext?.ctmask ?? 0
  if (ctmask !== 0) nfCtExt(ct).ctmask = ctmask
  nfCtEcacheExtAdd(ct, ctmask)
}

/** Counts a packet of `octets` in a direction, where packets are counted (nf_ct_acct_update). */
export const nfCtAcctUpdate = (ct: NfConn, dir: number, octets: number): void => {
  const acct = ct.ext === null ? null : ct.ext.acct
  if (acct === null) return
  acct[dir * 2]! += 1
  acct[dir * 2 + 1]! += octets
}

/** Packets that a direction has had, 0 when they are not counted. */
export const nfCtAcctPackets = (ct: NfConn, dir: number): number => ct.ext?.acct?.[dir * 2] ?? 0

/** Octets that a direction has had, from the IPv4 header on; 0 when they are not counted. */
export const nfCtAcctOctets = (ct: NfConn, dir: number): number => ct.ext?.acct?.[dir * 2 + 1] ?? 0

/** Starts the timeout anew with `ticks` and counts the packet (nf_ct_refresh_acct). */
export const nfCtRefreshAcct = (ct: NfConn, ctinfo: number, skb: Skb, ticks: number): void => {
  const { status } = ct
  if ((status & IPS_FIXED_TIMEOUT) === 0)
    ct.timeout = status & IPS_CONFIRMED ? (ticks + nfctTimeStamp(ct.cnet)) | 0 : ticks
  if (ct.ext !== null) nfCtAcctUpdate(ct, ctinfo2dir(ctinfo), skb.tail - skb.networkHeader)
}

/** Starts the timeout anew with `ticks` (nf_ct_refresh). */
export const nfCtRefresh = (ct: NfConn, ticks: number): void => {
  if (ct.status & IPS_FIXED_TIMEOUT) return
  ct.timeout = ct.status & IPS_CONFIRMED ? (ticks + nfctTimeStamp(ct.cnet)) | 0 : ticks
}

/** Removes a connection; false when it was removed already (nf_ct_delete, nf_ct_kill). */
export const nfCtDelete = (ct: NfConn): boolean => {
  if (ct.status & IPS_DYING) return false
  ct.status |= IPS_DYING
  const { cnet } = ct
  const isConfirmed = (ct.status & IPS_CONFIRMED) !== 0
  if (ct.ext?.hasTstamp === true) {
    const late = isConfirmed ? Math.min(0, (ct.timeout - nfctTimeStamp(cnet)) | 0) : 0
    ct.ext.stop = cnet.sim.now + late * NSEC_PER_JIFFY
  }
  nfCtDestroyEvent(ct)
  if (isConfirmed) {
    cnet.table.remove(ct)
    cnet.natHook?.remove(ct)
  }
  return true
}

/** Counts the packet and removes the connection (nf_ct_kill_acct). */
export const nfCtKillAcct = (ct: NfConn, ctinfo: number, skb: Skb): boolean => {
  nfCtAcctUpdate(ct, ctinfo2dir(ctinfo), skb.tail - skb.networkHeader)
  return nfCtDelete(ct)
}

/** Removes the connections for which `fn` returns true (nf_ct_iterate_cleanup_net); returns how many. */
export const nfCtIterateCleanupNet = (cnet: NfConntrackNet, fn: (ct: NfConn) => boolean): number => {
  let removed = 0
  for (const ct of cnet.table.list(IP_CT_DIR_REPLY)) if (fn(ct) && nfCtDelete(ct)) removed++
  return removed
}

/**
 * Does a connection other than `ignored` have this tuple, in its zone? One with the same original tuple does not count:
 * both are the same flow (nf_conntrack_tuple_taken).
 */
export const nfConntrackTupleTaken = (tuple: NfConntrackTuple, ignored: NfConn): boolean => {
  const { cnet, origZone, replZone } = ignored
  const { table, stat } = cnet
  const ct = table.find(tuple, origZone, replZone, table.hashTuple(tuple, replZone))
  if (ct === null || ct === ignored) return false
  const isSameFlow =
    ct.origSrc === ignored.origSrc &&
    ct.origDst === ignored.origDst &&
    ct.origPorts === ignored.origPorts &&
    ct.protonum === ignored.protonum &&
    ct.origZone === origZone
  if (!isSameFlow) stat.found++
  return !isSameFlow
}

/** Gives a connection that is not confirmed another reply tuple (nf_conntrack_alter_reply). */
export const nfConntrackAlterReply = (ct: NfConn, reply: NfConntrackTuple): void => {
  ct.replSrc = reply.src
  ct.replDst = reply.dst
  ct.replPorts = reply.ports
}

/** Sets the hash of a connection's tuple, before it goes into the table. */
export const nfCtHash = (ct: NfConn, dir: number): void => {
  const { table } = ct.cnet
  if (dir === IP_CT_DIR_ORIGINAL)
    ct.origHash = table.hash(ct.origSrc, ct.origDst, ct.origPorts, ct.protonum, ct.origZone)
  else ct.replHash = table.hash(ct.replSrc, ct.replDst, ct.replPorts, ct.protonum, ct.replZone)
}
