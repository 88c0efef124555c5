/**
 * The system calls that make connections.
 *
 * @see net/ipv4/af_inet.c inet_bind, inet_listen, inet_stream_connect, inet_accept; net/ipv4/inet_connection_sock.c
 */
import { errnoNumber, NetloomError } from '../../errors.js'
import { formatIpv4 } from '../../wire/ip.js'
import { inetCskGetPort } from './inet-csk-get-port.js'
import { inetHash } from './inet-hashtables.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpV4Connect } from './tcp-ipv4-connect.js'
import { reqskQueueRemove, TcpListener } from './tcp-listener.js'
import { lockSock, releaseSock } from './tcp-lock.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CLOSE, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT } from './tcp-states.js'
import { tcpDisconnect } from './tcp-close.js'
import { tcpSetState } from './tcp-done.js'

const EALREADY = errnoNumber('EALREADY')
const ECONNABORTED = errnoNumber('ECONNABORTED')
const EINPROGRESS = errnoNumber('EINPROGRESS')
const EISCONN = errnoNumber('EISCONN')

/** What the program has made of the socket (tp.socketState). */
export const SS_UNCONNECTED = 0
export const SS_CONNECTING = 1
export const SS_CONNECTED = 2

const inUse = (tp: TcpSock, address: number, port: number): NetloomError =>
  new NetloomError('EADDRINUSE', undefined, { address: formatIpv4(address), port, netns: tp.netns.name })

/**
 * Binds to an address (int32, 0: any) and port (0: a free one) (bind(2)). Throws EADDRNOTAVAIL for an address that is not
 * this host's, EINVAL for a socket that is bound or connected, EADDRINUSE.
 */
export const tcpBind = (tp: TcpSock, to: { address?: number; port?: number } = {}): void => {
  const { address = 0, port = 0 } = to
  const source = tp.bindSource(address)
  if (tp.state !== TCP_CLOSE || tp.localPort !== 0) throw new NetloomError('EINVAL')
  tp.localAddress = address
  tp.sourceAddress = source
  if (port !== 0 || !tp.bindAddressNoPort)
    if (!inetCskGetPort(tp, port)) {
      tp.localAddress = tp.sourceAddress = 0
      throw inUse(tp, address, port)
    }
  if (address !== 0) tp.bindAddrLocked = true
  if (port !== 0) tp.bindPortLocked = true
  tp.peerAddress = 0
  tp.peerPort = 0
  tp.dstCache = null
}

/** Longest queue of a listening socket for what the program asks (__sys_listen). */
const backlogOf = (tp: TcpSock, backlog: number): number => {
  const { somaxconn } = netnsTcp(tp.netns).sysctls
  // A negative one is a large one.
  return Math.min(backlog >>> 0, somaxconn)
}

/** Begins to listen (inet_csk_listen_start). */
const listenStart = (tp: TcpSock): void => {
  const queue = tp.listener!
  queue.acceptQueue.length = 0
  queue.qlen = queue.young = 0
  tp.state = TCP_LISTEN
  if (!inetCskGetPort(tp, tp.localPort)) {
    tcpSetState(tp, TCP_CLOSE)
    throw inUse(tp, tp.localAddress, tp.localPort)
  }
  tp.dstCache = null
  inetHash(tp)
}

/**
 * Waits for connections, on a free port when none is bound (listen(2)); of a socket that listens, changes the length of
 * the queue. Throws EINVAL for a socket that is connected, EADDRINUSE.
 */
export const tcpListen = (tp: TcpSock, backlog: number): void => {
  const isListening = tp.state === TCP_LISTEN
  if (tp.socketState !== SS_UNCONNECTED || !(isListening || tp.state === TCP_CLOSE)) throw new NetloomError('EINVAL')
  lockSock(tp)
  try {
    tp.listener ??= new TcpListener()
    tp.listener.maxAckBacklog = backlogOf(tp, backlog)
    tp.listener.rskqDeferAccept = tp.deferAccept
    if (!isListening) listenStart(tp)
  } finally {
    releaseSock(tp)
  }
}

/** The connection that has waited longest, null when none waits (accept(2)). Throws EINVAL when it does not listen. */
export const tcpAccept = (tp: TcpSock): TcpSock | null => {
  if (tp.state !== TCP_LISTEN) throw new NetloomError('EINVAL')
  lockSock(tp)
  const child = reqskQueueRemove(tp)
  releaseSock(tp)
  if (child !== null) child.socketState = SS_CONNECTED
  return child
}

/** What connect(2) says about a socket whose SYN is on its way, or which is connected by now. */
const settle = (tp: TcpSock, err: number): number => {
  if (tp.state === TCP_SYN_SENT || tp.state === TCP_SYN_RECV) return err
  if (tp.state !== TCP_CLOSE) {
    tp.socketState = SS_CONNECTED
    return 0
  }
  const error = tp.takeError() || ECONNABORTED
  tp.socketState = SS_UNCONNECTED
  return -error
}

const connect = (tp: TcpSock, address: number, port: number): number => {
  if (tp.socketState === SS_CONNECTED) return -EISCONN
  if (tp.socketState === SS_CONNECTING) return settle(tp, -EALREADY)
  if (tp.state !== TCP_CLOSE) return -EISCONN
  const err = tcpV4Connect(tp, address, port)
  if (err < 0) return err
  tp.socketState = SS_CONNECTING
  return settle(tp, -EINPROGRESS)
}

/**
 * Connects to an address (int32) and port (connect(2) with O_NONBLOCK): -EINPROGRESS when the SYN was sent (the program
 * hears of the rest by `onWritable` and `takeError`), 0 when it is connected, -EALREADY, -EISCONN, or another negative
 * errno.
 */
export const tcpConnect = (tp: TcpSock, address: number, port: number): number => {
  const wasConnecting = tp.socketState === SS_CONNECTING
  lockSock(tp)
  const err = connect(tp, address, port)
  releaseSock(tp)
  // The program has heard that it failed: the socket is as new.
  if (wasConnecting && tp.socketState === SS_UNCONNECTED) tcpDisconnect(tp)
  return err
}
