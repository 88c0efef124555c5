/**
 * What ping is asked for, and the sockets it opens before the first request.
 *
 * @see iputils ping, ping.c ping4_run
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { NetloomError, strerror } from '../errors.js'
import { type RawSocket, rawSocket } from '../ip/raw.js'
import { udpSocket } from '../ip/udp.js'
import { isMulticast4, parseIpv4 } from '../wire/ip.js'
import { IPPROTO_ICMP } from '../wire/ipv4.js'
import { pingTakesType, recordRouteOption, type TimestampRequest, timestampOption } from './ping-packet.js'

/** Options of ping. Everything is optional; the defaults are the real tool's. */
export interface PingOptions {
  /** Requests to send; without end when absent (`-c`). */
  readonly count?: number
  /** Milliseconds between requests; 1000 (`-i`). 0 sends as soon as an answer is there. */
  readonly intervalMs?: number
  /** Octets of payload; 56 (`-s`). */
  readonly size?: number
  /** Milliseconds to wait for the answer to the last request; 10000, 0 for ever (`-W`). */
  readonly lingerMs?: number
  /** Seconds after which it ends whatever has come (`-w`). */
  readonly deadlineSec?: number
  /** Identifier, 0..65535; drawn from the namespace's random numbers when absent (`-e`). */
  readonly id?: number
  /** Time to live (`-t`). */
  readonly ttl?: number
  /** Type of service (`-Q`). */
  readonly tos?: number
  /** Mark of the packets, which rules may look at (`-m`). */
  readonly mark?: number
  /** Path MTU discovery (`-M`). */
  readonly pmtuDisc?: 'want' | 'do' | 'dont' | 'probe'
  /** Octets that fill the payload again and again (`-p`). */
  readonly pattern?: Uint8Array
  /** Requests to send without waiting for an answer; 1 (`-l`). */
  readonly preload?: number
  /** Send as fast as answers come, or every 10 ms (`-f`). */
  readonly flood?: boolean
  /** Follow the round-trip time (`-A`). */
  readonly adaptive?: boolean
  /** A broadcast address is meant (`-b`). */
  readonly broadcast?: boolean
  /** Source address, int32 or text (`-I ADDRESS`). */
  readonly source?: number | string
  /** Name of the device that requests leave by (`-I DEVICE`). */
  readonly device?: string
  /** Bind to the source address that the first look-up gives (`-B`). */
  readonly sticky?: boolean
  /** Multicast requests are not delivered to this host (`-L`). */
  readonly noLoop?: boolean
  /** Record the route (`-R`). */
  readonly recordRoute?: boolean
  /** Ask hosts on the way for the time (`-T`). */
  readonly timestamps?: TimestampRequest
  /** Report requests that had no answer when the next one goes out (`-O`). */
  readonly reportOutstanding?: boolean
  /** Send buffer in octets (`-S`). */
  readonly sndbuf?: number
  /** Local errors are not counted, as by the real `ping -q`. */
  readonly quiet?: boolean
}

/** Address from int32 or text; throws EINVAL. */
export const addressOf = (address: number | string): number =>
  typeof address === 'string' ? parseIpv4(address) : address | 0

/** Runs a step of the set-up; its NetloomError gets the name of the step in front, as perror does. */
const step = <T>(name: string, run: () => T): T => {
  try {
    return run()
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    throw new NetloomError(e.code, `${name}: ${e.message}`, e.context)
  }
}

/** The device of `-I`; throws ENODEV in the words of the real tool. */
const deviceOf = (netns: Netns, name: string | undefined): NetDevice | null => {
  if (name === undefined) return null
  const dev = netns.devByName(name)
  if (dev === null)
    throw new NetloomError('ENODEV', `SO_BINDTODEVICE ${name}: ${strerror('ENODEV')}`, { dev: name, netns: netns.name })
  return dev
}

/** Source address and what was found out on the way. */
export interface PingSource {
  readonly address: number
  /** The destination is a broadcast address. */
  readonly isBroadcast: boolean
}

/**
 * The source address for `destination`: the one asked for, or that of a connected UDP socket, which sends nothing. Throws
 * ENETUNREACH and other errors of connect; EACCES for a broadcast address without {@link PingOptions.broadcast}.
 */
export const pingSource = (netns: Netns, destination: number, options: PingOptions): PingSource => {
  if (options.source !== undefined) return { address: addressOf(options.source), isBroadcast: false }
  const probe = udpSocket(netns)
  try {
    probe.boundDev = deviceOf(netns, options.device)
    if (options.tos !== undefined) probe.tos = options.tos
    if (options.mark !== undefined) probe.mark = options.mark | 0
    try {
      step('connect', () => probe.connect(destination, 1025))
      return { address: probe.localAddress, isBroadcast: false }
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code !== 'EACCES') throw e
    }
    if (options.broadcast !== true)
      throw new NetloomError(
        'EACCES',
        'Do you want to ping broadcast? Then -b. If not, check your local firewall rules',
        { netns: netns.name },
      )
    probe.broadcast = true
    step('connect', () => probe.connect(destination, 1025))
    return { address: probe.localAddress, isBroadcast: true }
  } finally {
    probe.close()
  }
}

const ipOptionsOf = (options: PingOptions): Uint8Array | null => {
  if (options.timestamps !== undefined) return timestampOption(options.timestamps)
  return options.recordRoute === true ? recordRouteOption() : null
}

/** The raw socket, with everything set that the options ask for. Throws EADDRNOTAVAIL (bind), EINVAL (time to live 0). */
export const openPingSocket = (netns: Netns, destination: number, source: number, options: PingOptions): RawSocket => {
  const sock = rawSocket(netns, IPPROTO_ICMP)
  try {
    sock.boundDev = deviceOf(netns, options.device)
    const toMany = options.broadcast === true || isMulticast4(destination)
    const pmtuDisc = options.pmtuDisc ?? (toMany ? 'do' : undefined)
    if (pmtuDisc !== undefined) sock.pmtuDisc = pmtuDisc
    if (options.source !== undefined || options.sticky === true) step('bind', () => sock.bind(source))
    sock.filter = pingTakesType
    sock.recvErr = true
    sock.ipOptions = ipOptionsOf(options)
    if (options.sndbuf !== undefined) sock.sndbuf = options.sndbuf
    if (options.broadcast === true) sock.broadcast = true
    if (options.noLoop === true) sock.mcastLoop = false
    if (options.tos !== undefined) sock.tos = options.tos
    if (options.mark !== undefined) sock.mark = options.mark | 0
    setTtl(sock, options.ttl)
    return sock
  } catch (e) {
    sock.close()
    throw e
  }
}

const setTtl = (sock: RawSocket, ttl: number | undefined): void => {
  if (ttl === undefined) return
  if (ttl < 1 || ttl > 255)
    throw new NetloomError('EINVAL', `cannot set unicast time-to-live: ${strerror('EINVAL')}`, { ttl })
  sock.ttl = ttl
  sock.mcastTtl = ttl
}
