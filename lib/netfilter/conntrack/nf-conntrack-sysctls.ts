/**
 * Settings of connection tracking, with the kernel's defaults.
 *
 * @see net/netfilter/nf_conntrack_standalone.c, include/net/netns/conntrack.h
 */
import { HZ } from '../../sim/timer.js'

/** Timeouts of TCP by state, in ticks; TCP_CONNTRACK_RETRANS and TCP_CONNTRACK_UNACK are the last two. */
const TCP_TIMEOUTS_SEC: readonly number[] = [0, 120, 60, 432000, 120, 60, 30, 120, 10, 120, 0, 0, 300, 300]

/** Settings of a namespace. Timeouts are in ticks. */
export class NfConntrackSysctls {
  acct = 0
  checksum = 1
  events = 2
  timestamp = 0
  logInvalid = 0
  genericTimeout: number = 600 * HZ
  icmpTimeout: number = 30 * HZ
  udpTimeout: number = 30 * HZ
  udpTimeoutStream: number = 120 * HZ
  greTimeout: number = 30 * HZ
  greTimeoutStream: number = 180 * HZ
  tcpLoose = 1
  tcpBeLiberal = 0
  tcpMaxRetrans = 3
  tcpIgnoreInvalidRst = 0
  readonly tcpTimeouts: number[] = TCP_TIMEOUTS_SEC.map(sec => sec * HZ)
}
