/**
 * Which local ports may be bound, and which one a program gets that does not mind.
 *
 * @see net/ipv4/inet_connection_sock.c inet_csk_get_port, inet_csk_bind_conflict, inet_csk_find_open_port
 */
import { ipv4 } from '../ipv4.js'
import type { BindBucket, BindOwner } from './inet-bhash.js'
import { inetBindHash, inetCskUpdateFastreuse, skReuseportMatch } from './inet-hashtables.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_LISTEN } from './tcp-states.js'

/** The two may not hold the same port (inet_bind_conflict); every program here is one user. */
const conflicts = (sk: TcpSock, sk2: BindOwner, relax: boolean, reuseportOk: boolean): boolean => {
  if (sk === sk2) return false
  const dev = sk.boundIfindex
  if (dev !== 0 && sk2.boundIfindex !== 0 && dev !== sk2.boundIfindex) return false
  if (sk.reuseAddr && sk2.reuseAddr && sk2.state !== TCP_LISTEN) {
    if (relax && (reuseportOk || !sk.reusePort || !sk2.reusePort)) return false
  } else if (reuseportOk && sk.reusePort && sk2.reusePort) return false
  return sk.localAddress === sk2.localAddress || sk.localAddress === 0 || sk2.localAddress === 0
}

const bindConflict = (sk: TcpSock, tb: BindBucket, relax: boolean, reuseportOk: boolean): boolean => {
  for (const sk2 of tb.owners) if (conflicts(sk, sk2, relax, reuseportOk)) return true
  return false
}

/** Draws a port from `low` to `high` (exclusive); 0 when there is none. Odd ones first: connections get the even ones. */
const scanPorts = (sk: TcpSock, low: number, high: number, relax: boolean): number => {
  const { netns } = sk
  const { bhash } = netnsTcp(netns).hashinfo
  const reserved = ipv4(netns).sysctls.ipLocalReservedPorts
  const all = high - low
  const remaining = all > 1 ? all & ~1 : all
  const first = netns.rng.below(remaining) | 1
  for (const offset of [first, first - 1]) {
    let port = low + offset
    for (let i = 0; i < remaining; i += 2, port += 2) {
      if (port >= high) port -= remaining
      if (reserved?.[port] === 1) continue
      const tb = bhash.find(port)
      if (tb === null || !bindConflict(sk, tb, relax, false)) return port
    }
  }
  return 0
}

const findOpenPort = (sk: TcpSock, relax: boolean): number => {
  const { ipLocalPortRangeMin: low, ipLocalPortRangeMax } = ipv4(sk.netns).sysctls
  const high = ipLocalPortRangeMax + 1
  // A socket with SO_REUSEADDR looks in the lower half first.
  if (!sk.reuseAddr || high - low < 4) return scanPorts(sk, low, high, relax)
  const half = low + (((high - low) >> 2) << 1)
  return scanPorts(sk, low, half, relax) || scanPorts(sk, half, high, relax)
}

const freePort = (sk: TcpSock): number => {
  const port = findOpenPort(sk, false)
  if (port !== 0 || netnsTcp(sk.netns).sysctls.ipAutobindReuse === 0) return port
  return findOpenPort(sk, true)
}

/** The owners of a port are such that the newcomer needs no look at each of them. */
const isEasy = (tb: BindBucket, sk: TcpSock): boolean =>
  tb.owners.size === 0 || (tb.fastreuse > 0 && sk.reuseAddr && sk.state !== TCP_LISTEN) || skReuseportMatch(tb, sk)

/**
 * Binds a socket to a port, 0 for any free one; false when it is taken. One that holds the port already is checked again,
 * as it is when it begins to listen (inet_csk_get_port).
 */
export const inetCskGetPort = (sk: TcpSock, wanted: number): boolean => {
  const { bhash } = netnsTcp(sk.netns).hashinfo
  const port = wanted !== 0 ? wanted : freePort(sk)
  if (port === 0) return false
  const found = bhash.find(port)
  if (found !== null && wanted !== 0 && !isEasy(found, sk) && bindConflict(sk, found, true, true)) return false
  const tb = found ?? bhash.create(port)
  inetCskUpdateFastreuse(tb, sk)
  if (sk.bindBucket === null) inetBindHash(sk, tb, port)
  return true
}
