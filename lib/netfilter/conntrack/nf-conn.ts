/**
 * A connection, and how a packet points to it.
 *
 * There can be a million of these: all numbers are int32 (an address, a port pair, a time in ticks), which V8 keeps in
 * the object itself; what few connections have is in `ext`, what only TCP has in `tcp`.
 *
 * @see include/net/netfilter/nf_conntrack.h struct nf_conn
 */
import type { Skb } from '../../core/skb.js'
import { HZ } from '../../sim/timer.js'
import {
  ctinfo2dir,
  IP_CT_DIR_ORIGINAL,
  IP_CT_UNTRACKED,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_TEMPLATE,
} from './nf-conntrack-common.js'
import type { NfConntrackNet } from './nf-conntrack-net.js'
import type { NfConntrackTuple } from './nf-conntrack-tuple.js'
import type { IpCtTcpKept } from './nf-conntrack-tcp-state.js'

/** Bit of {@link NfConn.ecache}: the connection reports events; the bits below are those that wait (1 << IPCT_*). */
export const NF_CT_ECACHE: number = 1 << 30

/** What a connection has only when sysctls or the CT target ask for it (struct nf_ct_ext). */
export class NfCtExt {
  /** Packets and octets by direction (nf_conntrack_acct), null when they are not counted. */
  acct: Float64Array | null = null
  /** Virtual time of the beginning and the end in nanoseconds (nf_conntrack_timestamp); -1 for none. */
  start = -1
  stop = -1
  hasTstamp = false
  /** Events that it reports, 1 << IPCT_*; 0 for all (CT --ctevents). */
  ctmask = 0
  /** Of a template: the zone is the packet's mark (CT --zone mark). */
  zoneIsMark = false
}

/** A connection (struct nf_conn), or what the CT target wants of one (a template). */
export class NfConn {
  readonly cnet: NfConntrackNet
  /** IPS_* bits. */
  status = 0
  /** The connection's mark, int32 (connmark). */
  mark = 0
  /** Tick at which it ends, int32; before it is confirmed, the ticks that it will have from then on. */
  timeout = 0
  readonly protonum: number
  /** Zone identifiers by direction; 0 is the zone of those that have none. */
  readonly origZone: number
  readonly replZone: number
  /** Both tuples: addresses int32, ports as {@link NfConntrackTuple.ports}. */
  readonly origSrc: number
  readonly origDst: number
  readonly origPorts: number
  replSrc: number
  replDst: number
  replPorts: number
  /** Tells it from others of the World that were alive at another time; what `-o id` prints follows from it. */
  readonly serial: number
  /** {@link NF_CT_ECACHE} and events that wait for delivery. */
  ecache = 0
  /** UDP and GRE: tick from which on it is a stream. */
  streamTs = 0
  /** What is kept of TCP; null for other protocols. */
  tcp: IpCtTcpKept | null = null
  ext: NfCtExt | null = null
  /** ifindex that MASQUERADE sent it out by, 0 for none (struct nf_conn_nat). */
  masqIndex = 0
  /** Chain of connections with one source before translation, for NAT's use (nat_bysource). */
  natBysource: NfConn | null = null
  /** @internal hashes of the two tuples, and the chains of the table that they stand in */
  origHash = 0
  replHash = 0
  origNext: NfConn | null = null
  replNext: NfConn | null = null
  /** Bit 0: the next one of the original chain stands there in its reply direction; bit 1: that of the reply chain. */
  nextDirs = 0

  constructor(
    cnet: NfConntrackNet,
    orig: NfConntrackTuple,
    repl: NfConntrackTuple,
    origZone: number,
    replZone: number,
    serial: number,
  ) {
    this.cnet = cnet
    this.protonum = orig.protonum
    this.origZone = origZone
    this.replZone = replZone
    this.origSrc = orig.src
    this.origDst = orig.dst
    this.origPorts = orig.ports
    this.replSrc = repl.src
    this.replDst = repl.dst
    this.replPorts = repl.ports
    this.serial = serial
  }
}

/** The connection that a packet belongs to, a template included; null for none (nf_ct_get). Its part is `skb.nfctinfo`. */
export const nfCtGet = (skb: Skb): NfConn | null => skb.nfct as NfConn | null

/** Lets a packet belong to a connection (nf_ct_set). */
export const nfCtSet = (skb: Skb, ct: NfConn | null, ctinfo: number): void => {
  skb.nfct = ct
  skb.nfctinfo = ctinfo
}

/** Exempts a packet from tracking (NOTRACK). */
export const nfCtSetUntracked = (skb: Skb): void => nfCtSet(skb, null, IP_CT_UNTRACKED)

/** Was the packet exempted from tracking? */
export const nfCtIsUntracked = (skb: Skb): boolean => skb.nfct === null && skb.nfctinfo === IP_CT_UNTRACKED

/** Direction that the packet goes in (CTINFO2DIR). */
export const nfCtDir = (skb: Skb): number => ctinfo2dir(skb.nfctinfo)

/** Is it in the table? */
export const nfCtIsConfirmed = (ct: NfConn): boolean => (ct.status & IPS_CONFIRMED) !== 0

/** Has it been removed? */
export const nfCtIsDying = (ct: NfConn): boolean => (ct.status & IPS_DYING) !== 0

/** Is it what the CT target wants, and not a connection? */
export const nfCtIsTemplate = (ct: NfConn): boolean => (ct.status & IPS_TEMPLATE) !== 0

/** Copies the tuple of a direction into `into` and returns that (nf_ct_tuple). */
export const nfCtTuple = (ct: NfConn, dir: number, into: NfConntrackTuple): NfConntrackTuple =>
  dir === IP_CT_DIR_ORIGINAL
    ? into.set(ct.origSrc, ct.origDst, ct.origPorts, ct.protonum)
    : into.set(ct.replSrc, ct.replDst, ct.replPorts, ct.protonum)

/** Zone identifier of a direction (nf_ct_zone_id). */
export const nfCtZoneId = (ct: NfConn, dir: number): number => (dir === IP_CT_DIR_ORIGINAL ? ct.origZone : ct.replZone)

/** The counters and further things of a connection, made when they are needed. */
export const nfCtExt = (ct: NfConn): NfCtExt => (ct.ext ??= new NfCtExt())

/** The present tick, int32 (nfct_time_stamp). */
export const nfctTimeStamp = (cnet: NfConntrackNet): number => cnet.tick

/** Ticks that are left, 0 when it is over (nf_ct_expires). */
export const nfCtExpires = (ct: NfConn): number => Math.max(0, (ct.timeout - nfctTimeStamp(ct.cnet)) | 0)

/** Is its time over? (nf_ct_is_expired) */
export const nfCtIsExpired = (ct: NfConn, now: number): boolean => ((ct.timeout - now) | 0) <= 0

/** Whole seconds that are left, as listings print them. */
export const nfCtExpiresSec = (ct: NfConn): number => Math.floor(nfCtExpires(ct) / HZ)
