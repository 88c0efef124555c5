/**
 * Challenge acknowledgements: the peer is to prove that it meant it (RFC 5961).
 *
 * @see net/ipv4/tcp_input.c tcp_send_challenge_ack
 */
import { netnsTcp } from './netns-tcp.js'
import { tcpSendAck } from './tcp-output-ctl.js'
import { tcpOowRateLimitedAt } from './tcp-paws.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpSeconds } from './tcp-time.js'

const UNLIMITED = 0x7fffffff

/** This second's number of challenges is not used up; takes one. */
const takeChallenge = (tp: TcpSock): boolean => {
  const tcp = netnsTcp(tp.netns)
  const limit = tcp.sysctls.challengeAckLimit
  if (limit === UNLIMITED) return true
  const now = tcpSeconds(tp.netns)
  if (now !== tcp.challengeTimestamp) {
    // A number that nobody can guess.
    const half = (limit + 1) >> 1
    tcp.challengeTimestamp = now
    tcp.challengeCount = half + tp.netns.rng.below(limit)
  }
  if (tcp.challengeCount <= 0) return false
  tcp.challengeCount--
  return true
}

/** Asks the peer to prove itself, unless it was asked lately (tcp_send_challenge_ack). */
export const tcpSendChallengeAck = (tp: TcpSock): void => {
  if (tcpOowRateLimitedAt(tp.netns, tp, 'TCPACKSkippedChallenge') || !takeChallenge(tp)) return
  netnsTcp(tp.netns).mib.TCPChallengeACK++
  tcpSendAck(tp)
}
