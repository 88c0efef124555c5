/**
 * The sockets of a namespace, as `ss` lists them.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import type { TcpInfo } from '../ip/tcp/tcp-info.js'
import { type InetDiagMsg, inetDiagDump, type SkMemInfo } from '../rtnl/inet-diag.js'
import { formatIpv4 } from '../wire/ip.js'
import { TCP_STATE_WORDS, type TcpStateWord } from '../app/tcp-words.js'
import { checkOptions } from '../app/text.js'
import type { Endpoint } from '../app/endpoint.js'

/** Which sockets are listed. Without `state` it is all of them, as with `-a`. */
export interface SsFilter {
  readonly netid?: 'tcp' | 'udp' | 'raw'
  readonly state?: TcpStateWord | readonly TcpStateWord[]
  /** Local and peer port. */
  readonly sport?: number
  readonly dport?: number
}

/** Timer of a connection (`-o`). */
export interface SsTimer {
  readonly name: 'on' | 'keepalive' | 'timewait' | 'persist'
  /** Milliseconds until it runs, and how often it has run in vain. */
  readonly expiresMs: number
  readonly retrans: number
}

/** A socket. */
export interface SsInfo {
  readonly netid: 'tcp' | 'udp' | 'raw'
  readonly state: TcpStateWord
  /** Octets that wait to be read, and to be acknowledged; of a listener: connections that wait, and how many may. */
  readonly recvQ: number
  readonly sendQ: number
  readonly local: Endpoint
  readonly peer: Endpoint
  /** Device that it is bound to, or null. */
  readonly dev: string | null
  readonly timer: SsTimer | null
  /** Program that holds it, with the number of its process; null when nobody does. */
  readonly program: { readonly name: string; readonly pid: number } | null
  readonly mark: number
  readonly tos: number
  /** Memory in octets (`-m`); null for what is no full socket, such as TIME_WAIT. */
  readonly memory: SkMemInfo | null
  /** TCP_INFO (`-i`), and the congestion control. */
  readonly info: TcpInfo | null
  readonly congestion: string | null
  /** State of the congestion control (TCP_CC_INFO), such as `bw` (octets per second) of bbr; null where it tells nothing. */
  readonly congestionInfo: Readonly<Record<string, number>> | null
}

const TIMERS: readonly (SsTimer['name'] | null)[] = [null, 'on', 'keepalive', 'timewait', 'persist']

const publicInfo = (netns: KernelNetns, m: InetDiagMsg): SsInfo => {
  const timer = TIMERS[m.timer] ?? null
  return {
    netid: m.netid,
    state: TCP_STATE_WORDS[m.state]!,
    recvQ: m.rqueue,
    sendQ: m.wqueue,
    local: { address: formatIpv4(m.src), port: m.sport },
    peer: { address: formatIpv4(m.dst), port: m.dport },
    dev: m.ifindex === 0 ? null : (netns.devByIndex(m.ifindex)?.name ?? null),
    timer: timer === null ? null : { name: timer, expiresMs: m.expiresMs, retrans: m.retrans },
    program: m.holder === null ? null : { name: m.holder.name, pid: m.holder.pid },
    mark: m.mark,
    tos: m.tos,
    memory: m.mem,
    info: m.info,
    congestion: m.cong,
    congestionInfo: m.congInfo,
  }
}

/** @internal the sockets of a namespace */
export const listSockets = (netns: KernelNetns, filter: SsFilter): SsInfo[] => {
  checkOptions('ss', filter, ['netid', 'state', 'sport', 'dport'])
  const { netid, state, sport, dport } = filter
  const states: readonly TcpStateWord[] | null = typeof state === 'string' ? [state] : (state ?? null)
  const netids: readonly InetDiagMsg['netid'][] = netid === undefined ? ['raw', 'udp', 'tcp'] : [netid]
  return netids
    .flatMap(kind => inetDiagDump(netns, kind))
    .filter(m => (sport === undefined || m.sport === sport) && (dport === undefined || m.dport === dport))
    .map(m => publicInfo(netns, m))
    .filter(s => states?.includes(s.state) ?? true)
}
