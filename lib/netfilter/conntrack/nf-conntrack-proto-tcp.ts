/**
 * Tracking of TCP: the states of a connection, as far as someone in the middle can tell.
 *
 * @see net/netfilter/nf_conntrack_proto_tcp.c
 */
import { NF_ACCEPT, NF_DROP, NF_INET_PRE_ROUTING, NF_REPEAT, type NfHookState } from '../../core/netfilter.js'
import { CHECKSUM_NONE, type Skb } from '../../core/skb.js'
import { HZ } from '../../sim/timer.js'
import { csumTcpUdp } from '../../wire/checksum.js'
import { IPPROTO_TCP, ipv4Daddr, ipv4Saddr } from '../../wire/ipv4.js'
import {
  TCP_HLEN,
  tcpAck,
  tcpFlags,
  tcpHdrLen,
  tcpSeq,
  tcpWindow,
  TH_ACK,
  TH_CWR,
  TH_ECE,
  TH_FIN,
  TH_PUSH,
  TH_RST,
  TH_SYN,
  TH_URG,
} from '../../wire/tcp.js'
import { type NfConn, nfCtExpires, nfctTimeStamp } from './nf-conn.js'
import {
  ctinfo2dir,
  IP_CT_DIR_ORIGINAL,
  IP_CT_DIR_REPLY,
  IPCT_ASSURED,
  IPCT_PROTOINFO,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_FIXED_TIMEOUT,
  IPS_SEEN_REPLY,
} from './nf-conntrack-common.js'
import { nfConntrackEventCache } from './nf-conntrack-ecache.js'
import { nfCtDelete, nfCtKillAcct, nfCtRefreshAcct, tcpCanEarlyDrop } from './nf-conntrack-entry.js'
import type { NfConntrackSysctls } from './nf-conntrack-sysctls.js'
import {
  IP_CT_EXP_CHALLENGE_ACK,
  IP_CT_TCP_FLAG_BE_LIBERAL,
  IP_CT_TCP_FLAG_CLOSE_INIT,
  IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED,
  IP_CT_TCP_FLAG_MAXACK_SET,
  IP_CT_TCP_FLAG_SACK_PERM,
  IP_CT_TCP_FLAG_WINDOW_SCALE,
  IP_CT_TCP_SIMULTANEOUS_OPEN,
  IpCtTcp,
  IpCtTcpKept,
  IpCtTcpState,
  TCP_CONNTRACK_CLOSE,
  TCP_CONNTRACK_ESTABLISHED,
  TCP_CONNTRACK_FIN_WAIT,
  TCP_CONNTRACK_IGNORE,
  TCP_CONNTRACK_LAST_ACK,
  TCP_CONNTRACK_MAX,
  TCP_CONNTRACK_NONE,
  TCP_CONNTRACK_RETRANS,
  TCP_CONNTRACK_SYN_RECV,
  TCP_CONNTRACK_SYN_SENT,
  TCP_CONNTRACK_SYN_SENT2,
  TCP_CONNTRACK_TIME_WAIT,
  TCP_CONNTRACK_UNACK,
} from './nf-conntrack-tcp-state.js'
import {
  getConntrackIndex,
  TCP_ACK_SET,
  TCP_FIN_SET,
  TCP_NONE_SET,
  TCP_RST_SET,
  TCP_SYN_SET,
  TCP_SYNACK_SET,
  tcpConntracks,
} from './nf-conntrack-tcp-table.js'
import {
  before,
  NFCT_TCP_IGNORE,
  NFCT_TCP_INVALID,
  segmentSeqPlusLen,
  tcpInWindow,
  tcpIsInWindow,
  tcpOptions,
} from './nf-conntrack-tcp-window.js'

/** Flags that go with all others. */
const ANY_FLAGS: number = TH_ECE | TH_CWR | TH_PUSH

/** 1 for each combination of the other flags that makes sense (tcp_valid_flags). */
const VALID_FLAGS: Uint8Array = new Uint8Array(64)
for (const flags of [
  TH_SYN,
  TH_SYN | TH_URG,
  TH_SYN | TH_ACK,
  TH_RST,
  TH_RST | TH_ACK,
  TH_FIN | TH_ACK,
  TH_FIN | TH_ACK | TH_URG,
  TH_ACK,
  TH_ACK | TH_URG,
])
  VALID_FLAGS[flags] = 1

/** Ticks that a connection must have left to have them cut when both sides close out of the window. */
const SHRINK_ABOVE: number = 120 * HZ

/** Scratch for the options of a SYN that may be one of a new connection. */
const SEEN = new IpCtTcpState()

/** Is the segment malformed? (tcp_error) */
const isBad = (ct: NfConn, skb: Skb, o: number, state: NfHookState): boolean => {
  const b = skb.buf
  const len = skb.tail - o
  if (len < TCP_HLEN) return true
  const hdrLen = tcpHdrLen(b, o)
  if (hdrLen < TCP_HLEN || len < hdrLen) return true
  if (state.hook === NF_INET_PRE_ROUTING && skb.ipSummed === CHECKSUM_NONE && ct.cnet.sysctls.checksum !== 0) {
    const ip = skb.networkHeader
    if (csumTcpUdp(b, o, len, ipv4Saddr(b, ip), ipv4Daddr(b, ip), IPPROTO_TCP) !== 0) return true
  }
  return VALID_FLAGS[tcpFlags(b, o) & ~ANY_FLAGS] === 0
}

/** The connection of the segment that is being looked at. */
const TCP = new IpCtTcp()
const NOTHING = new IpCtTcpKept()

/** Begins a connection with the segment at `o`, in `tcp`; false when none may begin so (tcp_new). */
const tcpNew = (ct: NfConn, tcp: IpCtTcp, b: Uint8Array, o: number, tail: number): boolean => {
  const state = tcpConntracks(IP_CT_DIR_ORIGINAL, getConntrackIndex(tcpFlags(b, o)), TCP_CONNTRACK_NONE)
  if (state >= TCP_CONNTRACK_MAX) return false
  if (state !== TCP_CONNTRACK_SYN_SENT && ct.cnet.sysctls.tcpLoose === 0) return false
  NOTHING.load(tcp)
  const { orig, repl } = tcp
  const win = tcpWindow(b, o)
  orig.end = segmentSeqPlusLen(b, o, tail)
  orig.maxwin = win === 0 ? 1 : win
  if (state === TCP_CONNTRACK_SYN_SENT) {
    orig.maxend = orig.end
    tcpOptions(b, o, orig)
  } else {
    // In the middle of a connection: what the SYNs agreed on is not known, so all is allowed.
    orig.maxend = (orig.end + orig.maxwin) | 0
    orig.flags = repl.flags = IP_CT_TCP_FLAG_SACK_PERM | IP_CT_TCP_FLAG_BE_LIBERAL
  }
  tcp.lastIndex = TCP_NONE_SET
  return true
}

const reset = (side: IpCtTcpState): void => {
  side.end = side.maxend = side.maxwin = side.maxack = side.scale = 0
  side.flags &= IP_CT_TCP_FLAG_BE_LIBERAL
}

const seen = (tcp: IpCtTcp, dir: number): IpCtTcpState => (dir === IP_CT_DIR_ORIGINAL ? tcp.orig : tcp.repl)

/** Has the connection been established, and seen to be? (nf_conntrack_tcp_established) */
const isEstablished = (ct: NfConn, tcp: IpCtTcp): boolean =>
  tcp.state === TCP_CONNTRACK_ESTABLISHED && (ct.status & IPS_ASSURED) !== 0

/** A SYN/ACK that answers a SYN which was let through and not believed: the two were right. Takes over what the SYN said. */
const resync = (tcp: IpCtTcp, dir: number): void => {
  const other = seen(tcp, tcp.lastDir)
  other.end = other.maxend = tcp.lastEnd
  other.maxwin = tcp.lastWin === 0 ? 1 : tcp.lastWin
  other.scale = tcp.lastWscale
  tcp.lastFlags &= ~IP_CT_EXP_CHALLENGE_ACK
  other.flags = tcp.lastFlags
  reset(seen(tcp, dir))
}

/** Notes a segment that may be right although it does not fit what is known, and lets it through. */
const noteIgnored = (tcp: IpCtTcp, dir: number, index: number, b: Uint8Array, o: number, tail: number): void => {
  tcp.lastIndex = index
  tcp.lastDir = dir
  tcp.lastSeq = tcpSeq(b, o)
  tcp.lastEnd = segmentSeqPlusLen(b, o, tail)
  tcp.lastWin = tcpWindow(b, o)
  if (index === TCP_SYN_SET && dir === IP_CT_DIR_ORIGINAL) {
    SEEN.scale = SEEN.flags = 0
    tcpOptions(b, o, SEEN)
    tcp.lastFlags = SEEN.flags & (IP_CT_TCP_FLAG_WINDOW_SCALE | IP_CT_TCP_FLAG_SACK_PERM)
    tcp.lastWscale = SEEN.flags & IP_CT_TCP_FLAG_WINDOW_SCALE ? SEEN.scale : 0
    if (tcp.state === TCP_CONNTRACK_LAST_ACK) tcp.lastFlags |= IP_CT_EXP_CHALLENGE_ACK
  }
  if (tcp.state === TCP_CONNTRACK_SYN_SENT && index === TCP_ACK_SET && dir === IP_CT_DIR_REPLY)
    tcp.lastAck = tcpAck(b, o)
}

/** What becomes of a reset, besides the state that it leads to. */
const RST_CHECK_WINDOW = 0
const RST_KEEP_STATE = 1
const RST_IN_WINDOW = 2
const RST_INVALID = 4

/** Does the reset end the connection? RST_* */
const checkRst = (ct: NfConn, tcp: IpCtTcp, dir: number, b: Uint8Array, o: number): number => {
  if (tcpCanEarlyDrop(tcp.state)) return RST_IN_WINDOW
  const receiver = seen(tcp, dir ^ 1)
  const seq = tcpSeq(b, o)
  let result = RST_CHECK_WINDOW
  if (receiver.flags & IP_CT_TCP_FLAG_MAXACK_SET && tcp.lastIndex !== TCP_SYN_SET) {
    const established = isEstablished(ct, tcp)
    if (seq === 0 && !established) return RST_CHECK_WINDOW
    if (before(seq, receiver.maxack) && ct.cnet.sysctls.tcpIgnoreInvalidRst === 0) return RST_INVALID
    if (!established || seq === receiver.maxack) return RST_CHECK_WINDOW
    if (tcp.lastIndex === TCP_ACK_SET && tcp.lastDir === dir && seq === tcp.lastEnd) return RST_CHECK_WINDOW
    // Not where the other side is: it may answer with a challenge, so the connection stays.
    result = RST_KEEP_STATE
  }
  const answersIgnored =
    (ct.status & IPS_SEEN_REPLY && tcp.lastIndex === TCP_SYN_SET && tcp.lastDir !== dir) ||
    (!(ct.status & IPS_ASSURED) && tcp.lastIndex === TCP_ACK_SET)
  if (answersIgnored && tcpAck(b, o) === tcp.lastEnd) return result | RST_IN_WINDOW
  const answersChallenge =
    tcp.state === TCP_CONNTRACK_SYN_SENT &&
    tcp.lastIndex === TCP_ACK_SET &&
    tcp.lastDir === IP_CT_DIR_REPLY &&
    seq === tcp.lastAck
  return answersChallenge ? result | RST_IN_WINDOW : result
}

/** Cuts the time of a connection of which both sides close or reset out of the window (nf_tcp_handle_invalid). */
const handleInvalid = (ct: NfConn, tcp: IpCtTcp, dir: number, index: number): void => {
  if ((ct.status & (IPS_ASSURED | IPS_FIXED_TIMEOUT)) !== IPS_ASSURED) return
  if (index !== TCP_RST_SET && index !== TCP_FIN_SET) return
  if (tcp.lastDir === dir || (tcp.lastIndex !== TCP_FIN_SET && tcp.lastIndex !== TCP_RST_SET)) {
    tcp.lastIndex = index
    tcp.lastDir = dir
    return
  }
  const expires = nfCtExpires(ct)
  const unack = ct.cnet.sysctls.tcpTimeouts[TCP_CONNTRACK_UNACK]!
  if (expires >= SHRINK_ABOVE && expires > unack) ct.timeout = (unack + nfctTimeStamp(ct.cnet)) | 0
}

/** Timeout of a connection that is in `state` after a segment of kind `index`, in ticks. */
const timeoutOf = (sysctls: NfConntrackSysctls, tcp: IpCtTcp, state: number, index: number): number => {
  const timeouts = sysctls.tcpTimeouts
  const own = timeouts[state]!
  const retrans = timeouts[TCP_CONNTRACK_RETRANS]!
  const unack = timeouts[TCP_CONNTRACK_UNACK]!
  if (tcp.retrans >= sysctls.tcpMaxRetrans && own > retrans) return retrans
  if (index === TCP_RST_SET) return timeouts[TCP_CONNTRACK_CLOSE]!
  if ((tcp.orig.flags | tcp.repl.flags) & IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED && own > unack) return unack
  return tcp.lastWin === 0 && own > retrans ? retrans : own
}

/** The rest of a segment that is within the window: the new state, and how long that may last. */
const proceed = (
  ct: NfConn,
  tcp: IpCtTcp,
  skb: Skb,
  ctinfo: number,
  index: number,
  oldState: number,
  newState: number,
): number => {
  const dir = ctinfo2dir(ctinfo)
  const { sysctls } = ct.cnet
  tcp.lastIndex = index
  tcp.lastDir = dir
  tcp.state = newState
  if (oldState !== newState && newState === TCP_CONNTRACK_FIN_WAIT) seen(tcp, dir).flags |= IP_CT_TCP_FLAG_CLOSE_INIT
  let timeout = timeoutOf(sysctls, tcp, newState, index)
  if (newState !== oldState) nfConntrackEventCache(IPCT_PROTOINFO, ct)
  if (!(ct.status & IPS_SEEN_REPLY)) {
    // Refused: nothing else was ever answered.
    if (index === TCP_RST_SET) {
      nfCtKillAcct(ct, ctinfo, skb)
      return NF_ACCEPT
    }
    if (index === TCP_SYN_SET && oldState === TCP_CONNTRACK_SYN_SENT) return NF_ACCEPT
    const unack = sysctls.tcpTimeouts[TCP_CONNTRACK_UNACK]!
    if (newState === TCP_CONNTRACK_ESTABLISHED && timeout > unack) timeout = unack
  } else if (
    !(ct.status & IPS_ASSURED) &&
    (oldState === TCP_CONNTRACK_SYN_RECV || oldState === TCP_CONNTRACK_ESTABLISHED) &&
    newState === TCP_CONNTRACK_ESTABLISHED
  ) {
    ct.status |= IPS_ASSURED
    nfConntrackEventCache(IPCT_ASSURED, ct)
  }
  nfCtRefreshAcct(ct, ctinfo, skb, timeout)
  return NF_ACCEPT
}

/** May a SYN in a state from TIME_WAIT on begin the connection anew? */
const mayReopen = (tcp: IpCtTcp, dir: number): boolean =>
  ((tcp.orig.flags | tcp.repl.flags) & IP_CT_TCP_FLAG_CLOSE_INIT) !== 0 ||
  (tcp.lastDir === dir && tcp.lastIndex === TCP_RST_SET)

const isChallengeAck = (tcp: IpCtTcp, dir: number, index: number): boolean =>
  tcp.state === TCP_CONNTRACK_LAST_ACK &&
  index === TCP_ACK_SET &&
  tcp.lastDir !== dir &&
  tcp.lastIndex === TCP_SYN_SET &&
  (tcp.lastFlags & IP_CT_EXP_CHALLENGE_ACK) !== 0

/** A SYN/ACK that answers the SYN which was seen last and not believed? */
const answersIgnoredSyn = (tcp: IpCtTcp, dir: number, index: number, ack: number): boolean =>
  index === TCP_SYNACK_SET && tcp.lastIndex === TCP_SYN_SET && tcp.lastDir !== dir && ack === tcp.lastEnd

/**
 * A segment of a connection: NF_ACCEPT, -NF_ACCEPT when it is invalid, -NF_REPEAT when the connection was removed to
 * begin anew, or NF_DROP (nf_conntrack_tcp_packet).
 */
export const nfConntrackTcpPacket = (
  ct: NfConn,
  skb: Skb,
  dataoff: number,
  ctinfo: number,
  hookState: NfHookState,
): number => {
  const b = skb.buf
  if (isBad(ct, skb, dataoff, hookState)) return -NF_ACCEPT
  if (ct.status & IPS_CONFIRMED) ct.tcp!.load(TCP)
  else if (tcpNew(ct, TCP, b, dataoff, skb.tail)) ct.tcp ??= new IpCtTcpKept()
  else return -NF_ACCEPT
  const verdict = follow(ct, TCP, skb, dataoff, ctinfo)
  ct.tcp!.store(TCP)
  return verdict
}

/**
 * Does a segment leave the established connection established, with nothing to tell but that it was there? Its TCP header is
 * at `o`; its checksum is not looked at. Changes nothing.
 */
export const nfConntrackTcpIsSteady = (ct: NfConn, b: Uint8Array, o: number, tail: number, dir: number): boolean => {
  const len = tail - o
  if (ct.tcp === null || ct.tcp.state !== TCP_CONNTRACK_ESTABLISHED || len < TCP_HLEN) return false
  if ((tcpFlags(b, o) & ~ANY_FLAGS) !== TH_ACK) return false
  const hdrLen = tcpHdrLen(b, o)
  if (hdrLen < TCP_HLEN || len < hdrLen) return false
  ct.tcp.load(TCP)
  return tcpIsInWindow(TCP, dir, b, o, tail)
}

/** Notes a segment of which {@link nfConntrackTcpIsSteady} was true. */
export const nfConntrackTcpNote = (ct: NfConn, skb: Skb, dataoff: number, ctinfo: number): void => {
  ct.tcp!.load(TCP)
  follow(ct, TCP, skb, dataoff, ctinfo)
  ct.tcp!.store(TCP)
}

/** Lets the connection go on by a segment that is well-formed. */
const follow = (ct: NfConn, tcp: IpCtTcp, skb: Skb, dataoff: number, ctinfo: number): number => {
  const b = skb.buf
  const dir = ctinfo2dir(ctinfo)
  const index = getConntrackIndex(tcpFlags(b, dataoff))
  let oldState = tcp.state
  let newState = tcpConntracks(dir, index, oldState)
  if (newState === oldState && newState === TCP_CONNTRACK_ESTABLISHED)
    return inWindow(ct, tcp, skb, dataoff, ctinfo, index, oldState, newState)
  switch (newState) {
    case TCP_CONNTRACK_SYN_SENT:
    case TCP_CONNTRACK_IGNORE:
      if (newState === TCP_CONNTRACK_SYN_SENT) {
        if (oldState < TCP_CONNTRACK_TIME_WAIT) break
        if (mayReopen(tcp, dir)) return nfCtDelete(ct) ? -NF_REPEAT : NF_DROP
      }
      if (!answersIgnoredSyn(tcp, dir, index, tcpAck(b, dataoff))) {
        noteIgnored(tcp, dir, index, b, dataoff, skb.tail)
        return NF_ACCEPT
      }
      oldState = TCP_CONNTRACK_SYN_SENT
      newState = TCP_CONNTRACK_SYN_RECV
      resync(tcp, dir)
      break
    case TCP_CONNTRACK_MAX:
      return -NF_ACCEPT
    case TCP_CONNTRACK_TIME_WAIT:
      if (!isChallengeAck(tcp, dir, index)) break
      tcp.lastFlags &= ~IP_CT_EXP_CHALLENGE_ACK
      return NF_ACCEPT
    case TCP_CONNTRACK_SYN_SENT2:
      tcp.lastFlags |= IP_CT_TCP_SIMULTANEOUS_OPEN
      break
    case TCP_CONNTRACK_SYN_RECV:
      if (dir === IP_CT_DIR_REPLY && index === TCP_ACK_SET && tcp.lastFlags & IP_CT_TCP_SIMULTANEOUS_OPEN)
        newState = TCP_CONNTRACK_ESTABLISHED
      break
    case TCP_CONNTRACK_CLOSE: {
      if (index !== TCP_RST_SET) break
      const rst = checkRst(ct, tcp, dir, b, dataoff)
      if (rst === RST_INVALID) return -NF_ACCEPT
      if (rst & RST_KEEP_STATE) newState = oldState
      if (rst & RST_IN_WINDOW) return proceed(ct, tcp, skb, ctinfo, index, oldState, newState)
      break
    }
    default:
  }
  return inWindow(ct, tcp, skb, dataoff, ctinfo, index, oldState, newState)
}

/** A segment that fits the state: does it fit the window as well? */
const inWindow = (
  ct: NfConn,
  tcp: IpCtTcp,
  skb: Skb,
  dataoff: number,
  ctinfo: number,
  index: number,
  oldState: number,
  newState: number,
): number => {
  const dir = ctinfo2dir(ctinfo)
  const res = tcpInWindow(tcp, dir, index, skb.buf, dataoff, skb.tail, ct.cnet.sysctls.tcpBeLiberal !== 0)
  if (res === NFCT_TCP_IGNORE) return NF_ACCEPT
  if (res === NFCT_TCP_INVALID) {
    handleInvalid(ct, tcp, dir, index)
    return -NF_ACCEPT
  }
  return proceed(ct, tcp, skb, ctinfo, index, oldState, newState)
}

/** Closes a connection that this host has reset by itself (nf_conntrack_tcp_set_closing). */
export const nfConntrackTcpSetClosing = (ct: NfConn): void => {
  const tcp = ct.tcp
  if (tcp === null || !(ct.status & IPS_CONFIRMED)) return
  const old = tcp.state
  tcp.state = TCP_CONNTRACK_CLOSE
  if (old === TCP_CONNTRACK_CLOSE || ct.status & IPS_FIXED_TIMEOUT) return
  ct.timeout = (ct.cnet.sysctls.tcpTimeouts[TCP_CONNTRACK_CLOSE]! + nfctTimeStamp(ct.cnet)) | 0
  nfConntrackEventCache(IPCT_PROTOINFO, ct)
}
