/**
 * What is left of TCP when a namespace goes: sockets have ended by then, requests and TIME_WAIT go without a word.
 *
 * @see net/ipv4/tcp_ipv4.c tcp_sk_exit_batch, net/ipv4/inet_timewait_sock.c inet_twsk_purge
 */
import type { Netns } from '../../core/netns.js'
import { inetTwskDeschedule, type TcpTimewaitSock } from './inet-timewait-sock.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpRequestSock } from './request-sock.js'
import { inetCskReqskQueueDrop } from './tcp-listener.js'
import { TCP_NEW_SYN_RECV, TCP_TIME_WAIT } from './tcp-states.js'

/** Ends all timers of a namespace that goes. */
export const tcpSkExit = (netns: Netns): void => {
  const { hashinfo, metrics } = netnsTcp(netns)
  for (const e of hashinfo.ehash)
    if (e.state === TCP_TIME_WAIT) inetTwskDeschedule(e as TcpTimewaitSock)
    else if (e.state === TCP_NEW_SYN_RECV) inetCskReqskQueueDrop(e as TcpRequestSock)
  metrics.flush()
}
