/**
 * Putting sockets into the tables, taking them out, finding them.
 *
 * @see net/ipv4/inet_hashtables.c
 */
import type { Netns } from '../../core/netns.js'
import { type BindBucket, FASTREUSEPORT_ANY, FASTREUSEPORT_STRICT, type BindOwner } from './inet-bhash.js'
import type { EhashEntry } from './inet-ehash.js'
import { inetEhashfn } from './inet-ehash.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_LISTEN } from './tcp-states.js'

/** The connection, request or TIME_WAIT of these addresses and ports as this host sees it, or null. */
export const inetLookupEstablished = (
  netns: Netns,
  local: number,
  lport: number,
  peer: number,
  pport: number,
  ifindex: number,
): EhashEntry | null => netnsTcp(netns).hashinfo.ehash.lookup(local, lport, peer, pport, ifindex)

/** The listening socket that a segment from `saddr` to `daddr` is for, or null (__inet_lookup_listener). */
export const inetLookupListener = (
  netns: Netns,
  saddr: number,
  sport: number,
  daddr: number,
  dport: number,
  ifindex: number,
): TcpSock | null => {
  const hash = inetEhashfn(daddr, saddr, (dport << 16) | sport) >>> 0
  return netnsTcp(netns).hashinfo.lhash.lookup(daddr, dport, ifindex, hash)
}

/** Puts a socket into the table of its state: LISTEN among the listening ones, others among connections (inet_hash). */
export const inetHash = (tp: TcpSock): void => {
  const { ehash, lhash } = netnsTcp(tp.netns).hashinfo
  if (tp.state === TCP_LISTEN) lhash.add(tp)
  else ehash.insert(tp)
  tp.hashed = true
}

/** Takes it out; its state must still be the one that it was put in with (inet_unhash). */
export const inetUnhash = (tp: TcpSock): void => {
  if (!tp.hashed) return
  tp.hashed = false
  const { ehash, lhash } = netnsTcp(tp.netns).hashinfo
  if (tp.state === TCP_LISTEN) lhash.remove(tp)
  else ehash.remove(tp)
}

/** Gives a socket its local port (inet_bind_hash). */
export const inetBindHash = (tp: TcpSock, tb: BindBucket, port: number): void => {
  tp.localPort = port
  tp.bindBucket = tb
  tp.bound = true
  tb.owners.add(tp)
}

const isConnectBind = (owner: BindOwner): boolean => owner.connectBind

/**
 * An owner has left a port: without owners it is free, and with none but connections whose port the kernel chose it may
 * be chosen again (inet_bind_bucket_destroy).
 */
export const inetBindBucketLeave = (netns: Netns, tb: BindBucket, owner: BindOwner): void => {
  tb.owners.delete(owner)
  if (tb.owners.size === 0) return netnsTcp(netns).hashinfo.bhash.destroy(tb)
  if (owner.connectBind || (tb.fastreuse === -1 && tb.fastreuseport === -1)) return
  for (const other of tb.owners) if (!isConnectBind(other)) return
  tb.fastreuse = tb.fastreuseport = -1
}

/** Lets go of the local port (inet_put_port). */
export const inetPutPort = (tp: TcpSock): void => {
  const tb = tp.bindBucket
  tp.localPort = 0
  tp.bound = false
  tp.bindBucket = null
  if (tb === null) return
  inetBindBucketLeave(tp.netns, tb, tp)
  tp.connectBind = false
}

/** True when the fast way of SO_REUSEPORT applies (sk_reuseport_match). */
export const skReuseportMatch = (tb: BindBucket, tp: TcpSock): boolean => {
  if (tb.fastreuseport <= 0 || !tp.reusePort) return false
  if (tb.fastreuseport === FASTREUSEPORT_ANY) return true
  return tb.fastRcvSaddr === tp.localAddress || tb.fastRcvSaddr === 0
}

/** Notes in a bucket what its owners have in common, with a new one (inet_csk_update_fastreuse). */
export const inetCskUpdateFastreuse = (tb: BindBucket, tp: TcpSock): void => {
  const reuse = tp.reuseAddr && tp.state !== TCP_LISTEN
  const isFirst = tb.owners.size === 0
  if (isFirst) tb.fastreuse = reuse ? 1 : 0
  else if (!reuse) tb.fastreuse = 0
  if (!tp.reusePort) tb.fastreuseport = 0
  else if (isFirst) {
    tb.fastreuseport = FASTREUSEPORT_ANY
    tb.fastRcvSaddr = tp.localAddress
  } else if (!skReuseportMatch(tb, tp)) {
    tb.fastreuseport = FASTREUSEPORT_STRICT
    tb.fastRcvSaddr = tp.localAddress
  }
}

/** A connection that was asked for holds its listener's port, too (__inet_inherit_port). */
export const inetInheritPort = (parent: TcpSock, child: TcpSock): boolean => {
  const { bhash } = netnsTcp(parent.netns).hashinfo
  const { localPort } = child
  let tb = parent.bindBucket
  if (tb === null) return false
  if (tb.port !== localPort) {
    // The packet was redirected to a listener of another port.
    tb = bhash.find(localPort) ?? bhash.create(localPort)
    inetCskUpdateFastreuse(tb, child)
  }
  inetBindHash(child, tb, localPort)
  return true
}

/**
 * Puts a new connection in the place of `old`, a request; without one it must be the only one of its addresses. False
 * when it is not in (inet_ehash_nolisten).
 */
export const inetEhashNolisten = (tp: TcpSock, old: EhashEntry | null): boolean => {
  const { ehash } = netnsTcp(tp.netns).hashinfo
  if (old !== null) {
    if (!ehash.replace(old, tp)) return false
  } else {
    const { localAddress, localPort, peerAddress, peerPort, boundIfindex } = tp
    if (ehash.lookup(localAddress, localPort, peerAddress, peerPort, boundIfindex) !== null) return false
    ehash.insert(tp)
  }
  tp.hashed = true
  return true
}
