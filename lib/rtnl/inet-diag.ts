/**
 * Sockets as `ss` asks for them: what the kernel tells about each.
 *
 * DIFFERS: the kernel's hash tables give connections in the order of keys that are random; here come listening sockets first,
 * then connections, each kind by local port.
 * DIFFERS: a socket's number in its namespace stands for its inode and its cookie, which the kernel counts for the machine.
 *
 * @see net/ipv4/inet_diag.c inet_sk_diag_fill, inet_twsk_diag_fill, inet_req_diag_fill; net/ipv4/tcp_diag.c, udp_diag.c,
 * raw_diag.c
 */
import type { Netns } from '../core/netns.js'
import { ipv4 } from '../ip/ipv4.js'
import { RawSocket } from '../ip/raw.js'
import type { Sock, SockHolder } from '../ip/sock.js'
import { TcpTimewaitSock } from '../ip/tcp/inet-timewait-sock.js'
import { netnsTcp } from '../ip/tcp/netns-tcp.js'
import { TcpRequestSock } from '../ip/tcp/request-sock.js'
import { tcpGetInfo, type TcpInfo } from '../ip/tcp/tcp-info.js'
import { TcpSock } from '../ip/tcp/tcp-sock.js'
import {
  TCP_CLOSE,
  TCP_ESTABLISHED,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCPF_CLOSE_WAIT,
  TCPF_ESTABLISHED,
} from '../ip/tcp/tcp-states.js'
import { ICSK_TIME_PROBE0 } from '../ip/tcp/tcp-timer.js'
import { UdpSocket } from '../ip/udp.js'

/** What runs: nothing, retransmission, keepalive (or FIN_WAIT2), TIME_WAIT, zero window probes (idiag_timer). */
export const DIAG_TIMER_OFF = 0
export const DIAG_TIMER_ON = 1
export const DIAG_TIMER_KEEPALIVE = 2
export const DIAG_TIMER_TIMEWAIT = 3
export const DIAG_TIMER_PERSIST = 4

/** Memory of a socket in octets (INET_DIAG_SKMEMINFO). */
export interface SkMemInfo {
  readonly rmemAlloc: number
  readonly rcvbuf: number
  readonly wmemAlloc: number
  readonly sndbuf: number
  readonly fwdAlloc: number
  readonly wmemQueued: number
  readonly backlog: number
  readonly drops: number
}

/** A socket (struct inet_diag_msg and its attributes). Addresses are int32, ports in host order. */
export interface InetDiagMsg {
  readonly netid: 'tcp' | 'udp' | 'raw'
  /** TCP_*; TIME_WAIT's own state is the one that it stands for. */
  readonly state: number
  readonly src: number
  readonly sport: number
  readonly dst: number
  readonly dport: number
  /** Device that it is bound to, 0 for none. */
  readonly ifindex: number
  readonly rqueue: number
  readonly wqueue: number
  readonly timer: number
  readonly expiresMs: number
  readonly retrans: number
  /** Number of the socket in its namespace: what the kernel calls its inode, 0 for one that no program holds. */
  readonly ino: number
  readonly cookie: number
  readonly mark: number
  readonly tos: number
  /** RCV_SHUTDOWN 1, SEND_SHUTDOWN 2; null for what is no full socket. */
  readonly shutdown: number | null
  readonly mem: SkMemInfo | null
  readonly info: TcpInfo | null
  /** Congestion control. */
  readonly cong: string | null
  /** What the algorithm tells of its state (TCP_CC_INFO), null for nothing. */
  readonly congInfo: Readonly<Record<string, number>> | null
  /** Who holds it; null when nobody does. */
  readonly holder: SockHolder | null
}

const HZ = 250
const MS_PER_JIFFY = 1000 / HZ
const NS_PER_MS = 1_000_000
const NS_PER_JIFFY = MS_PER_JIFFY * NS_PER_MS
const PAGE = 4096

const msUntil = (netns: Netns, jiffies: number): number =>
  Math.max(0, jiffies - Math.floor(netns.world.now / NS_PER_JIFFY)) * MS_PER_JIFFY

/** What is left of the pages that a socket has taken for its queues (sk_forward_alloc). */
const forwardAlloc = (used: number): number => (PAGE - (used % PAGE)) % PAGE

const memOf = (sk: Sock): SkMemInfo => {
  const tp = sk instanceof TcpSock ? sk : null
  const rmemAlloc = tp?.rmemAlloc ?? sk.rmemQueued
  const wmemQueued = tp?.wmemQueued ?? 0
  return {
    rmemAlloc,
    rcvbuf: sk.rcvbuf,
    wmemAlloc: tp?.wmemAlloc ?? 0,
    sndbuf: sk.sndbuf,
    fwdAlloc: forwardAlloc(rmemAlloc + wmemQueued),
    wmemQueued,
    backlog: tp?.backlogLen ?? 0,
    drops: sk.drops,
  }
}

type Timer = Pick<InetDiagMsg, 'timer' | 'expiresMs' | 'retrans'>

const NO_TIMER: Timer = { timer: DIAG_TIMER_OFF, expiresMs: 0, retrans: 0 }

const timerOf = (tp: TcpSock): Timer => {
  const { netns } = tp
  if (tp.icskPending === ICSK_TIME_PROBE0)
    return { timer: DIAG_TIMER_PERSIST, expiresMs: msUntil(netns, tp.icskTimeoutJiffies), retrans: tp.probesOut }
  if (tp.icskPending !== 0)
    return { timer: DIAG_TIMER_ON, expiresMs: msUntil(netns, tp.icskTimeoutJiffies), retrans: tp.retransmits }
  const keepalive = tp.timers?.keepalive
  return keepalive?.pending === true
    ? { timer: DIAG_TIMER_KEEPALIVE, expiresMs: msUntil(netns, keepalive.expires), retrans: tp.probesOut }
    : NO_TIMER
}

/** A program holds it: it is not left to the kernel, and was accepted. */
const isHeld = (sk: Sock): boolean => !(sk instanceof TcpSock) || (!sk.dead && sk.parent === null)

/** Sockets of the user's own program have numbers of their own as file descriptors. */
const holderOf = (sk: Sock): SockHolder | null =>
  isHeld(sk) ? (sk.holder ?? { name: 'program', pid: 1, fd: sk.number }) : null

const common = (sk: Sock): Omit<InetDiagMsg, 'netid' | 'state' | 'rqueue' | 'wqueue' | keyof Timer> => ({
  src: sk.localAddress,
  sport: sk.localPort,
  dst: sk.peerAddress,
  dport: sk.peerPort,
  ifindex: sk.boundDev?.ifindex ?? 0,
  ino: sk.number,
  cookie: sk.number,
  mark: sk.mark,
  tos: sk.tos,
  shutdown: 0,
  mem: memOf(sk),
  info: null,
  cong: null,
  congInfo: null,
  holder: holderOf(sk),
})

const tcpMsg = (tp: TcpSock): InetDiagMsg => {
  const isListening = tp.state === TCP_LISTEN
  return {
    ...common(tp),
    ...timerOf(tp),
    netid: 'tcp',
    state: tp.state,
    rqueue: isListening ? (tp.listener?.ackBacklog ?? 0) : Math.max(0, (tp.rcvNxt - tp.copiedSeq) | 0),
    wqueue: isListening ? (tp.listener?.maxAckBacklog ?? 0) : (tp.writeSeq - tp.sndUna) | 0,
    ino: isHeld(tp) ? tp.number : 0,
    shutdown: tp.shutdown,
    info: tcpGetInfo(tp),
    cong: tp.caOps?.name ?? null,
    congInfo: tp.caPriv === null ? null : (tp.caOps?.info?.(tp) ?? null),
  }
}

/** What TIME_WAIT and requests have in common: no program, no memory. */
const miniMsg = (e: TcpTimewaitSock | TcpRequestSock): InetDiagMsg => ({
  ...NO_TIMER,
  netid: 'tcp',
  state: TCP_SYN_RECV,
  src: e.localAddress,
  sport: e.localPort,
  dst: e.peerAddress,
  dport: e.peerPort,
  ifindex: e.boundIfindex,
  rqueue: 0,
  wqueue: 0,
  ino: 0,
  cookie: 0,
  mark: e.mark,
  tos: 0,
  shutdown: null,
  mem: null,
  info: null,
  cong: null,
  congInfo: null,
  holder: null,
})

const timewaitMsg = (tw: TcpTimewaitSock): InetDiagMsg => ({
  ...miniMsg(tw),
  state: tw.substate,
  timer: DIAG_TIMER_TIMEWAIT,
  expiresMs: tw.timer === null ? 0 : Math.floor((tw.timer.time - tw.netns.world.now) / NS_PER_MS),
})

const requestMsg = (req: TcpRequestSock): InetDiagMsg => ({
  ...miniMsg(req),
  timer: DIAG_TIMER_ON,
  expiresMs: req.timer === null ? 0 : Math.floor((req.timer.time - req.listener.netns.world.now) / NS_PER_MS),
  retrans: req.numRetrans,
})

const datagramMsg = (sk: UdpSocket | RawSocket): InetDiagMsg => {
  const isRaw = sk instanceof RawSocket
  return {
    ...common(sk),
    ...NO_TIMER,
    netid: isRaw ? 'raw' : 'udp',
    state: sk.peerAddress === 0 && sk.peerPort === 0 ? TCP_CLOSE : TCP_ESTABLISHED,
    sport: isRaw ? sk.protocol : sk.localPort,
    rqueue: sk.rmemQueued,
    wqueue: 0,
  }
}

const byPort = (a: InetDiagMsg, b: InetDiagMsg): number => a.sport - b.sport || a.dport - b.dport

const tcpDiag = (netns: Netns): InetDiagMsg[] => {
  const { lhash, ehash } = netnsTcp(netns).hashinfo
  const listening = [...lhash].map(tcpMsg)
  const connections = [...ehash].map(e => {
    if (e instanceof TcpTimewaitSock) return timewaitMsg(e)
    return e instanceof TcpRequestSock ? requestMsg(e) : tcpMsg(e)
  })
  return [...listening.sort(byPort), ...connections.sort(byPort)]
}

/** The sockets of one kind that the kernel has in its tables (inet_diag_dump); unbound ones are in none. */
export const inetDiagDump = (netns: Netns, netid: 'tcp' | 'udp' | 'raw'): InetDiagMsg[] => {
  if (netid === 'tcp') return tcpDiag(netns)
  const all = [...ipv4(netns).sockets]
  if (netid === 'raw') return all.filter(sk => sk instanceof RawSocket).map(datagramMsg)
  return all
    .filter(sk => sk instanceof UdpSocket && sk.localPort !== 0)
    .map(sk => datagramMsg(sk as UdpSocket))
    .sort(byPort)
}

/** Counts of /proc/net/sockstat and of CurrEstab. */
export interface SockStat {
  readonly used: number
  readonly tcpInuse: number
  readonly tcpAlloc: number
  readonly tcpOrphan: number
  readonly tcpTw: number
  readonly tcpEstab: number
  readonly udpInuse: number
  readonly rawInuse: number
  readonly fragInuse: number
}

/** The counts of a namespace. */
export const sockStat = (netns: Netns): SockStat => {
  const all = [...ipv4(netns).sockets]
  const tcp = all.filter(sk => sk instanceof TcpSock)
  const isEstab = (tp: TcpSock): boolean => ((1 << tp.state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) !== 0
  return {
    used: all.filter(sk => !(sk instanceof TcpSock && sk.dead)).length,
    tcpInuse: tcp.filter(tp => tp.state !== TCP_CLOSE).length,
    tcpAlloc: tcp.length,
    tcpOrphan: netnsTcp(netns).orphanCount,
    tcpTw: netnsTcp(netns).twCount,
    tcpEstab: tcp.filter(isEstab).length,
    udpInuse: all.filter(sk => sk instanceof UdpSocket && sk.localPort !== 0).length,
    rawInuse: all.filter(sk => sk instanceof RawSocket).length,
    fragInuse: ipv4(netns).frags.size,
  }
}
