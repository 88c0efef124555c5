/// <reference lib="esnext.disposable" preserve="true" />
/**
 * What the UDP and raw sockets of users have in common: options, errors, groups.
 *
 * A call that fails throws a NetloomError with the errno's name as its code, as a program sees -1 and errno.
 */
import { type Errno, errnoName, NetloomError, strerror } from '../errors.js'
import { MCAST_EXCLUDE, MCAST_INCLUDE } from '../ip/mc-list.js'
import type { PmtuDisc, Sock } from '../ip/sock.js'
import { formatIpv4 } from '../wire/ip.js'
import { type DevRef, devOf } from './refs.js'
import { Printable } from '../app/printable.js'
import { checkOptions, ipv4Option } from '../app/text.js'

/** Options of every IPv4 socket; each can also be set later under the same name. */
export interface SocketOptions {
  /** Time to live of what is sent (IP_TTL); the namespace's default when absent. */
  readonly ttl?: number
  /** Type of service (IP_TOS). */
  readonly tos?: number
  /** Mark of what is sent, which rules may look at (SO_MARK). */
  readonly mark?: number
  /** May send to broadcast addresses (SO_BROADCAST). */
  readonly broadcast?: boolean
  /** Only use this device (SO_BINDTODEVICE). */
  readonly dev?: DevRef
  /** Path MTU discovery (IP_MTU_DISCOVER). */
  readonly pmtuDisc?: PmtuDisc
  /** ICMP errors go to the error queue (IP_RECVERR). */
  readonly recvErr?: boolean
  /** Receive buffer in octets (SO_RCVBUF). */
  readonly rcvbuf?: number
  /** Send buffer in octets (SO_SNDBUF). */
  readonly sndbuf?: number
  /** Time to live of multicast packets (IP_MULTICAST_TTL); 1. */
  readonly mcastTtl?: number
  /** Multicast packets come back to this host (IP_MULTICAST_LOOP); true. */
  readonly mcastLoop?: boolean
  /** Device that multicast packets leave by (IP_MULTICAST_IF). */
  readonly mcastIf?: DevRef
  /** What is sent to groups that other sockets have joined is received, too (IP_MULTICAST_ALL); true. */
  readonly mcastAll?: boolean
  /** Called when an ICMP error arrives for the socket; without it the next call throws the error. */
  readonly onError?: (code: Errno) => void
}

/** @internal */
export const SOCKET_OPTIONS: readonly string[] = [
  'ttl',
  'tos',
  'mark',
  'broadcast',
  'dev',
  'pmtuDisc',
  'recvErr',
  'rcvbuf',
  'sndbuf',
  'mcastTtl',
  'mcastLoop',
  'mcastIf',
  'mcastAll',
  'onError',
]

/** Where and from whom a group is joined. */
export interface GroupOptions {
  readonly dev?: DevRef
  /** Only what this address sends. */
  readonly source?: string
}

/** From whom a socket hears in a group: only `sources`, or all but these. */
export interface GroupFilter {
  readonly mode: 'include' | 'exclude'
  readonly sources: readonly string[]
}

/** An entry of the error queue of a socket with `recvErr`. */
export interface SocketError {
  readonly code: Errno
  /** ICMP type and code; null for errors of this host itself. */
  readonly icmp: { readonly type: number; readonly code: number } | null
  /** MTU of the next hop, or pointer; 0 otherwise. */
  readonly info: number
  /** Who sent the ICMP error; null for this host. */
  readonly offender: string | null
  /** Where the packet that failed went. */
  readonly destination: string
  /** The quoted packet from its transport header on. */
  readonly quoted: Uint8Array
}

/** Parts of UDP and raw sockets. */
export abstract class Socket extends Printable {
  /** @internal */
  protected readonly sk: Sock & { close(): void }
  #onError: ((code: Errno) => void) | null = null

  /** @internal */
  constructor(sk: Sock & { close(): void }, options: SocketOptions) {
    super()
    this.sk = sk
    const { dev, mcastIf, onError, ...fields } = options
    for (const name of SOCKET_OPTIONS)
      if (name in fields) Object.assign(sk, { [name]: (fields as Record<string, unknown>)[name] })
    if (dev !== undefined) sk.boundDev = devOf(sk.netns, dev)
    if (mcastIf !== undefined) sk.mcastIf = devOf(sk.netns, mcastIf)
    this.#onError = onError ?? null
  }

  /** Local address as text; `0.0.0.0` for any. */
  get address(): string {
    return formatIpv4(this.sk.localAddress)
  }

  /** Packets that wait to be read. */
  get readable(): number {
    return this.sk.readable
  }

  /** Packets that were lost because the receive buffer was full. */
  get overruns(): number {
    return this.sk.drops
  }

  /** MTU of the path to the connected peer as far as it is known (IP_MTU); null without a peer. */
  get mtu(): number | null {
    return this.sk.mtu
  }

  /** True once it is closed. */
  get isClosed(): boolean {
    return this.sk.closed
  }

  /** The error that the next call would throw, or null; reading clears it (SO_ERROR). */
  takeError(): Errno | null {
    const errno = this.sk.takeError()
    return errno === 0 ? null : errnoName(errno)
  }

  /** The oldest entry of the error queue, or null (MSG_ERRQUEUE). */
  errQueue(): SocketError | null {
    const e = this.sk.errQueue()
    if (e === null) return null
    return {
      code: errnoName(e.errno),
      icmp: e.icmpType < 0 ? null : { type: e.icmpType, code: e.icmpCode },
      info: e.info,
      offender: e.offender === 0 ? null : formatIpv4(e.offender),
      destination: formatIpv4(e.daddr),
      quoted: e.quoted,
    }
  }

  /**
   * Joins a multicast group (IP_ADD_MEMBERSHIP), with `source` only for what that one sends (IP_ADD_SOURCE_MEMBERSHIP; call
   * it again for further ones). Without `dev` it is the device that the route to the group leads to. Throws EINVAL, ENODEV,
   * EADDRINUSE, ENOBUFS beyond igmp_max_memberships or igmp_max_msf, EADDRNOTAVAIL for a source that is there already.
   *
   * @example
   * h2.udp.bind({ port: 5000 }, d => got.push(d.text)).joinGroup('239.1.2.3', { dev: 'eth0', source: '10.0.0.1' })
   */
  joinGroup(group: string, options: GroupOptions = {}): void {
    const { addr, dev, source } = this.#group('joinGroup', group, options)
    if (source === undefined) this.sk.memberships.join(addr, dev)
    else this.sk.memberships.joinSource(addr, source, dev)
  }

  /** Leaves a multicast group, with `source` only that one (IP_DROP_SOURCE_MEMBERSHIP). Throws EADDRNOTAVAIL, EINVAL, ENODEV. */
  leaveGroup(group: string, options: GroupOptions = {}): void {
    const { addr, dev, source } = this.#group('leaveGroup', group, options)
    if (source === undefined) this.sk.memberships.leave(addr, dev)
    else this.sk.memberships.delSource(MCAST_INCLUDE, addr, source, dev)
  }

  /** Hears nothing of a source in a joined group any more (IP_BLOCK_SOURCE). Throws EINVAL, EADDRNOTAVAIL, ENOBUFS. */
  blockSource(group: string, source: string, options: { readonly dev?: DevRef } = {}): void {
    const { addr, dev } = this.#group('blockSource', group, options)
    this.sk.memberships.addSource(MCAST_EXCLUDE, addr, ipv4Option('source', source), dev)
  }

  /** Hears a blocked source again (IP_UNBLOCK_SOURCE). Throws EINVAL, EADDRNOTAVAIL. */
  unblockSource(group: string, source: string, options: { readonly dev?: DevRef } = {}): void {
    const { addr, dev } = this.#group('unblockSource', group, options)
    this.sk.memberships.delSource(MCAST_EXCLUDE, addr, ipv4Option('source', source), dev)
  }

  /**
   * Sets from whom the socket hears in a joined group (IP_MSFILTER): only `sources`, or all but these. Including nobody
   * leaves the group. Throws EINVAL when the group was not joined, ENOBUFS.
   */
  setGroupFilter(group: string, filter: GroupFilter, options: { readonly dev?: DevRef } = {}): void {
    const { addr, dev } = this.#group('setGroupFilter', group, options)
    const mode = filter.mode === 'include' ? MCAST_INCLUDE : MCAST_EXCLUDE
    const sources = filter.sources.map(source => ipv4Option('source', source))
    this.sk.memberships.setFilter(mode, addr, sources, dev)
  }

  /** From whom the socket hears in a joined group. Throws EADDRNOTAVAIL when it was not joined. */
  groupFilter(group: string, options: { readonly dev?: DevRef } = {}): GroupFilter {
    const { addr, dev } = this.#group('groupFilter', group, options)
    const { mode, sources } = this.sk.memberships.filter(addr, dev)
    return { mode: mode === MCAST_INCLUDE ? 'include' : 'exclude', sources: sources.map(formatIpv4) }
  }

  /** Closes the socket; what has not been read is gone. */
  close(): void {
    this.sk.close()
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** @internal what a system call returned: octets, or an error to throw */
  protected result(rc: number, what: string): number {
    if (rc >= 0) return rc
    const code = errnoName(rc)
    throw new NetloomError(code, `${what}: ${strerror(code)}`, { netns: this.sk.netns.name })
  }

  /** @internal calls the user's function for an ICMP error, when there is one */
  protected reportError(): void {
    if (this.#onError === null) return
    const code = this.takeError()
    if (code !== null) this.#onError(code)
  }

  #group(
    what: string,
    group: string,
    options: GroupOptions,
  ): { readonly addr: number; readonly dev: Sock['mcastIf']; readonly source: number | undefined } {
    checkOptions(what, options, ['dev', 'source'])
    const { dev, source } = options
    return {
      addr: ipv4Option('group', group),
      dev: dev === undefined ? null : devOf(this.sk.netns, dev),
      source: source === undefined ? undefined : ipv4Option('source', source),
    }
  }
}
