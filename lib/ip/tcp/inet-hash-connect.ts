/**
 * The local port of a connection that this side makes: the one that was bound, or the first free one from where a hash of
 * the peer says.
 *
 * @see net/ipv4/inet_hashtables.c __inet_hash_connect, RFC 6056 3.3.4
 */
import { errnoNumber } from '../../errors.js'
import { isLoopback4 } from '../../wire/ip.js'
import { LOOPBACK_IFINDEX } from '../fib-table.js'
import { ipv4 } from '../ipv4.js'
import { inetBindHash, inetHash } from './inet-hashtables.js'
import { inetTwskDeschedule, type TcpTimewaitSock } from './inet-timewait-sock.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpClockMs } from './tcp-time.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_FIN_WAIT2, TCP_TIME_WAIT } from './tcp-states.js'

const EADDRNOTAVAIL = errnoNumber('EADDRNOTAVAIL')
const PERTURB_MASK = 0xffff
/** The new connection's sequence numbers begin this far behind those of the old one. */
const TIMEWAIT_ISN_GAP = 65535 + 2

const goesOverLo = (tw: TcpTimewaitSock): boolean =>
  tw.boundIfindex === LOOPBACK_IFINDEX || isLoopback4(tw.peerAddress) || isLoopback4(tw.localAddress)

/** May the connection take the place of one that is in TIME_WAIT? Then it goes on from there (tcp_twsk_unique). */
const twskUnique = (tp: TcpSock, tw: TcpTimewaitSock, isBound: boolean): boolean => {
  const { netns } = tp
  const { twReuse, twReuseDelayMs } = netnsTcp(netns).sysctls
  const isAllowed = twReuse === 1 || (twReuse === 2 && goesOverLo(tw))
  const reuse = isAllowed && tw.substate !== TCP_FIN_WAIT2
  if (tw.tsRecentStamp === 0) return false
  if (!isBound && !(reuse && ((tcpClockMs(netns) - tw.entryStampMs - twReuseDelayMs) | 0) >= 0)) return false
  if (tp.repair) return true
  tp.writeSeq = (tw.sndNxt + TIMEWAIT_ISN_GAP) | 0 || 1
  tp.rxOpt.tsRecent = tw.tsRecent
  tp.rxOpt.tsRecentStamp = tw.tsRecentStamp
  return true
}

/** Puts the connection into the table with this local port, if no other has the same addresses and ports (__inet_check_established). */
const checkEstablished = (tp: TcpSock, port: number, isBound: boolean): boolean => {
  const { ehash } = netnsTcp(tp.netns).hashinfo
  const other = ehash.lookup(tp.localAddress, port, tp.peerAddress, tp.peerPort, tp.boundIfindex)
  if (other !== null) {
    if (other.state !== TCP_TIME_WAIT) return false
    const tw = other as TcpTimewaitSock
    if (!twskUnique(tp, tw, isBound)) return false
    inetTwskDeschedule(tw)
    netnsTcp(tp.netns).mib.TWRecycled++
  }
  tp.localPort = port
  inetHash(tp)
  return true
}

/** Tries one port for a connection that may have any; true when it got it. */
const tryPort = (tp: TcpSock, port: number): boolean => {
  const { bhash } = netnsTcp(tp.netns).hashinfo
  const found = bhash.find(port)
  if (found !== null) {
    // Somebody bound it by name, or listens: not for connections.
    if (found.fastreuse >= 0 || found.fastreuseport >= 0) return false
    if (!checkEstablished(tp, port, false)) return false
  }
  // The place in TIME_WAIT may have been the last one that held the port.
  const tb = bhash.find(port) ?? bhash.create(port)
  if (tb.owners.size === 0) tb.fastreuse = tb.fastreuseport = -1
  tp.connectBind = true
  inetBindHash(tp, tb, port)
  if (!tp.hashed) inetHash(tp)
  return true
}

/** Gives a connection its local port and puts it into the table: 0, or -EADDRNOTAVAIL (inet_hash_connect). */
export const inetHashConnect = (tp: TcpSock): number => {
  if (tp.bound) return checkEstablished(tp, tp.localPort, true) ? 0 : -EADDRNOTAVAIL
  const { netns } = tp
  const tcp = netnsTcp(netns)
  const { ipLocalPortRangeMin: low, ipLocalPortRangeMax, ipLocalReservedPorts: reserved } = ipv4(netns).sysctls
  const high = ipLocalPortRangeMax + 1
  const all = high - low
  const remaining = all > 1 ? all & ~1 : all
  const hash = tcp.secure.portEphemeral(tp.localAddress, tp.peerAddress, tp.peerPort)
  const { perturb } = tcp.hashinfo
  const index = hash & PERTURB_MASK
  const first = (((perturb.get(index) ?? 0) + hash) % remaining) & ~1
  // Ports of the parity of the lowest one first; bind() does the opposite.
  for (let parity = 0; parity <= (remaining > 1 ? 1 : 0); parity++) {
    let port = low + first + parity
    for (let i = 0; i < remaining; i += 2, port += 2) {
      if (port >= high) port -= remaining
      if (reserved?.[port] === 1 || !tryPort(tp, port)) continue
      const step = Math.max(i, netns.rng.below(8) * 2)
      perturb.set(index, (perturb.get(index) ?? 0) + step + 2)
      return 0
    }
  }
  return -EADDRNOTAVAIL
}
