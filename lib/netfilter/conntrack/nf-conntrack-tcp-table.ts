/**
 * Which state a TCP connection goes to when a segment is seen.
 *
 * @see net/netfilter/nf_conntrack_proto_tcp.c tcp_conntracks
 */
import { TH_ACK, TH_FIN, TH_RST, TH_SYN } from '../../wire/tcp.js'
import {
  TCP_CONNTRACK_CLOSE as CL,
  TCP_CONNTRACK_CLOSE_WAIT as CW,
  TCP_CONNTRACK_ESTABLISHED as ES,
  TCP_CONNTRACK_FIN_WAIT as FW,
  TCP_CONNTRACK_IGNORE as IG,
  TCP_CONNTRACK_LAST_ACK as LA,
  TCP_CONNTRACK_MAX as IV,
  TCP_CONNTRACK_SYN_RECV as SR,
  TCP_CONNTRACK_SYN_SENT as SS,
  TCP_CONNTRACK_SYN_SENT2 as S2,
  TCP_CONNTRACK_TIME_WAIT as TW,
} from './nf-conntrack-tcp-state.js'

/** Kinds of segments. */
export const TCP_SYN_SET = 0
export const TCP_SYNACK_SET = 1
export const TCP_FIN_SET = 2
export const TCP_ACK_SET = 3
export const TCP_RST_SET = 4
export const TCP_NONE_SET = 5

/** Kind of a segment with these flags (get_conntrack_index). */
export const getConntrackIndex = (flags: number): number => {
  if (flags & TH_RST) return TCP_RST_SET
  if (flags & TH_SYN) return flags & TH_ACK ? TCP_SYNACK_SET : TCP_SYN_SET
  if (flags & TH_FIN) return TCP_FIN_SET
  return flags & TH_ACK ? TCP_ACK_SET : TCP_NONE_SET
}

const STATES = 10
const KINDS = 6

/** By direction, kind of segment and present state: the columns are NONE, SYN_SENT, SYN_RECV ... CLOSE, SYN_SENT2. */
const TABLE: Uint8Array = Uint8Array.of(
  // From the side that opened the connection: SYN, SYN/ACK, FIN, ACK, RST, no flag.
  ...[SS, SS, IG, IG, IG, IG, IG, SS, SS, S2],
  ...[IV, IV, SR, IV, IV, IV, IV, IV, IV, SR],
  ...[IV, IV, FW, FW, LA, LA, LA, TW, CL, IV],
  ...[ES, IV, ES, ES, CW, CW, TW, TW, CL, IV],
  ...[IV, CL, CL, CL, CL, CL, CL, CL, CL, CL],
  ...[IV, IV, IV, IV, IV, IV, IV, IV, IV, IV],
  // From the other side.
  ...[IV, S2, IV, IV, IV, IV, IV, SS, IV, S2],
  ...[IV, SR, IG, IG, IG, IG, IG, IG, IG, SR],
  ...[IV, IV, FW, FW, LA, LA, LA, TW, CL, IV],
  ...[IV, IG, SR, ES, CW, CW, TW, TW, CL, IG],
  ...[IV, CL, CL, CL, CL, CL, CL, CL, CL, CL],
  ...[IV, IV, IV, IV, IV, IV, IV, IV, IV, IV],
)

/** State after a segment: one of TCP_CONNTRACK_*, TCP_CONNTRACK_IGNORE, or TCP_CONNTRACK_MAX for an invalid one. */
export const tcpConntracks = (dir: number, index: number, state: number): number =>
  TABLE[(dir * KINDS + index) * STATES + state]!
