/**
 * Putting sockets into the tables, taking them out, finding them; which ports may be bound and which one a connection gets.
 *
 * @see net/ipv4/inet_hashtables.c
 */
import type { Netns } from '../../core/netns.js'
import type { EhashEntry } from './inet-ehash.js'
import type { TcpSock } from './tcp-sock.js'

/** The connection, request or TIME_WAIT of these addresses and ports as this host sees it, or null. */
export const inetLookupEstablished = (
  _netns: Netns,
  _local: number,
  _lport: number,
  _peer: number,
  _pport: number,
  _ifindex: number,
): EhashEntry | null => {
  throw new Error('being written')
}

/** Puts a socket into the table of its state: LISTEN among the listening ones, others among connections (inet_hash). */
export const inetHash = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** Takes it out (inet_unhash). */
export const inetUnhash = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** Lets go of the local port (inet_put_port). */
export const inetPutPort = (_tp: TcpSock): void => {
  throw new Error('being written')
}
