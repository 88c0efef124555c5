/**
 * TCP sockets as the recordings call them: the one place where the scripted peer meets netloom's own calls. They are
 * those of lib/ip/tcp, which are the kernel's; the modules are looked for when they are needed, so that all else here
 * stands without them.
 */
import { existsSync } from 'node:fs'
import type { Netns } from '../../../lib/core/netns.js'
import { parseIpv4 } from '../../../lib/wire/ip.js'
import { KERNEL_ADDRESS, PEER_ADDRESS } from './segment-text.js'

/** What TCP_INFO tells, under the names of struct tcp_info without their prefix and without underscores. */
export type Info = Readonly<Record<string, unknown>>

/** One listener and one connection of the kernel under test. Errors come as errno names. */
export interface Sockets {
  listen: (port: number, options: Options) => void
  connect: (port: number, peerPort: number, options: Options) => void
  /** Takes the next connection; false when none waits. */
  accept: () => boolean
  set: (options: Options) => void
  send: (octets: number) => number | string
  /** Octets read, 0 at the end of the stream. */
  recv: (octets: number) => number | string
  shutdown: (how: 'rd' | 'wr') => void
  close: () => void
  readonly hasSocket: boolean
  readonly hasListener: boolean
  /** SO_ERROR, which it takes; '' for none. */
  takeError: () => string
  /** State by the addresses, as /proc/net/tcp tells it. */
  state: (port: number, peerPort: number) => string
  info: () => Info | null
}

export type Options = Readonly<Record<string, number>>

/** A socket of lib/ip/tcp, as far as it is used here. */
interface Tp {
  closed: boolean
  state: number
  takeError: () => number
}

/** The calls of lib/ip/tcp. */
interface Calls {
  tcpSocket: (netns: Netns) => Tp
  tcpBind: (tp: Tp, to: { address: number; port: number }) => void
  tcpListen: (tp: Tp, backlog: number) => void
  tcpAccept: (tp: Tp) => Tp | null
  tcpConnect: (tp: Tp, address: number, port: number) => number
  tcpSendmsg: (tp: Tp, data: Uint8Array) => number
  tcpRecvmsg: (tp: Tp, into: Uint8Array) => number
  tcpShutdown: (tp: Tp, how: number) => number
  tcpClose: (tp: Tp) => void
  tcpGetInfo: (tp: Tp) => Info
  netnsTcp: (netns: Netns) => {
    hashinfo: {
      ehash: {
        lookup: (l: number, lp: number, p: number, pp: number, i: number) => { state: number; substate?: number } | null
      }
    }
  }
  setTcpOptions: (tp: Tp, options: Readonly<Record<string, unknown>>) => void
  errnoName: (rc: number) => string
}

const LIB = new URL('../../../lib/', import.meta.url)
const MODULES = [
  'errors.ts',
  'ip/tcp/tcp.ts',
  'ip/tcp/tcp-close.ts',
  'ip/tcp/tcp-info.ts',
  'ip/tcp/tcp-recvmsg.ts',
  'ip/tcp/tcp-sendmsg.ts',
  'ip/tcp/inet-connection-sock.ts',
  'ip/tcp/netns-tcp.ts',
  'app/tcp-options.ts',
]

/** The calls; null when netloom has no TCP. */
export const loadTcp = async (): Promise<Calls | null> => {
  const files = MODULES.map(name => new URL(name, LIB))
  if (!files.every(file => existsSync(file))) return null
  const modules = await Promise.all(files.map(file => import(file.href) as Promise<object>))
  return Object.assign({}, ...modules) as Calls
}

const STATES = [
  '',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSED',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'SYN_RECV',
]

/** Words of the recordings, and those of `TcpSocketOptions`; a flag is true. */
const OPTION: Readonly<Record<string, readonly [string, 'number' | 'flag']>> = {
  rcvbuf: ['rcvbuf', 'number'],
  sndbuf: ['sndbuf', 'number'],
  nodelay: ['nodelay', 'flag'],
  cork: ['cork', 'flag'],
  quickack: ['quickack', 'flag'],
  keepalive: ['keepalive', 'flag'],
  keepidle: ['keepaliveTime', 'number'],
  keepintvl: ['keepaliveIntvl', 'number'],
  keepcnt: ['keepaliveProbes', 'number'],
  user_timeout: ['userTimeoutMs', 'number'],
  maxseg: ['mss', 'number'],
  window_clamp: ['windowClamp', 'number'],
  linger2: ['linger2', 'number'],
  oobinline: ['oobinline', 'flag'],
}

const optionsOf = (options: Options): Record<string, unknown> => {
  const known: Record<string, unknown> = {}
  for (const [word, value] of Object.entries(options)) {
    const entry = OPTION[word]
    if (entry === undefined) throw new Error(`no option of the recordings: ${word}`)
    known[entry[0]] = entry[1] === 'flag' ? value !== 0 : value
  }
  return known
}

const SHUT = { rd: 0, wr: 1 }
const BACKLOG = 8
const EAGAIN = 11

/** The sockets of one recording. `congestion`: TCP_CONGESTION of connections; the namespace's when absent. */
export const makeSockets = (calls: Calls, netns: Netns, congestion?: string): Sockets => {
  const address = parseIpv4(KERNEL_ADDRESS) | 0
  const peer = parseIpv4(PEER_ADDRESS) | 0
  let listener: Tp | null = null
  let tp: Tp | null = null
  const open = (port: number, options: Options): Tp => {
    const made = calls.tcpSocket(netns)
    calls.setTcpOptions(made, { reuseAddr: true, ...optionsOf(options) })
    calls.tcpBind(made, { address, port })
    return made
  }
  const useCongestion = (): void => {
    if (congestion !== undefined) calls.setTcpOptions(tp!, { congestion })
  }
  const result = (rc: number): number | string => (rc < 0 ? calls.errnoName(rc) : rc)
  return {
    listen: (port, options) => {
      listener = open(port, options)
      calls.tcpListen(listener, BACKLOG)
    },
    connect: (port, peerPort, options) => {
      tp = open(port, options)
      useCongestion()
      calls.tcpConnect(tp, peer, peerPort)
    },
    accept: () => {
      tp = calls.tcpAccept(listener!)
      if (tp !== null) useCongestion()
      return tp !== null
    },
    set: options => calls.setTcpOptions(tp!, optionsOf(options)),
    send: octets => result(calls.tcpSendmsg(tp!, new Uint8Array(octets).fill(120))),
    recv: octets => result(calls.tcpRecvmsg(tp!, new Uint8Array(octets))),
    shutdown: how => {
      calls.tcpShutdown(tp!, SHUT[how])
    },
    close: () => {
      calls.tcpClose(tp!)
      tp = null
    },
    get hasSocket() {
      return tp !== null
    },
    get hasListener() {
      return listener !== null
    },
    takeError: () => {
      const error = tp?.takeError() ?? 0
      return error === 0 ? '' : calls.errnoName(-error)
    },
    state: (port, peerPort) => {
      const entry = calls.netnsTcp(netns).hashinfo.ehash.lookup(address, port, peer, peerPort, 0)
      if (entry !== null) return STATES[entry.substate ?? entry.state]!
      if (listener === null && tp !== null && tp.state === 2) return 'SYN_SENT'
      return listener === null ? 'CLOSED' : 'LISTEN'
    },
    info: () => (tp === null ? null : calls.tcpGetInfo(tp)),
  }
}

/** True when a call has nothing to give or to take now. */
export const isAgain = (result: number | string): boolean => result === 'EAGAIN' || result === -EAGAIN
