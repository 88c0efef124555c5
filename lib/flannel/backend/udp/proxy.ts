/**
 * The proxy of flannel's udp backend: takes IP packets from the TUN device to the host that has leased their subnet, each
 * as the payload of one datagram, and writes what arrives that way to the TUN device.
 *
 * It is the program that flannel runs as C code: one thread that reads one packet from the device and one from the socket
 * in turn for as long as either has any. It lowers the TTL of whatever passes, drops at 0 without a word, answers what has
 * no route itself, and looks at nothing else: neither at who sent a datagram, nor at checksums, nor at lengths.
 *
 * @see flannel backend/udp/proxy_amd64.c, cproxy_amd64.go
 */
import type { Process } from '../../../app/process.js'
import { deliverSkb, type Skb, skbCow } from '../../../core/skb.js'
import { errnoName, NetloomError, strerror } from '../../../errors.js'
import type { UdpSocket } from '../../../ip/udp.js'
import { tunClose, type TunFile, tunReadSkb, tunWrite, tunWriteSkb } from '../../../rtnl/tuntap.js'
import { formatIpv4 } from '../../../wire/ip.js'
import { IPV4_HLEN, ipv4Daddr, ipv4DecTtl, ipv4Saddr } from '../../../wire/ipv4.js'
import { netUnreachable } from './net-unreachable.js'
import { ProxyRoutes } from './proxy-routes.js'

/** What a proxy is told at its start. */
export interface UdpProxyOptions {
  /** Address of the TUN device as int32, from which unreachable destinations are answered. */
  readonly tunIp: number
  /** MTU of the TUN device in octets: longer packets and datagrams are cut. */
  readonly mtu: number
  /** Told of each error, with the line that the program writes to its standard error (flanneld's `-v=1` and higher). */
  readonly log?: (line: string) => void
}

/** What has become of the packets that a proxy has read; every one is counted once. */
export class UdpProxyStats {
  /** Packets that went from the device to the socket, and from the socket to the device. */
  tunToUdp = 0
  udpToTun = 0
  /** Dropped because their TTL came to 0. */
  zeroTtl = 0
  /** Without a route and answered with "net unreachable", and those that may not be answered. */
  unreachable = 0
  unanswered = 0
  /** Shorter than an IPv4 header. */
  tooSmall = 0
  /** Refused by the socket and by the device. */
  udpErrors = 0
  tunErrors = 0
}

/** Longest MTU that a device can have. */
const MAX_MTU = 65535

const runProxy = (proxy: UdpProxy): void => proxy.run()

/**
 * A running proxy. It belongs to a process, whose end closes device and socket; {@link stop} ends the proxy alone and
 * leaves both open.
 */
export class UdpProxy {
  readonly stats: UdpProxyStats = new UdpProxyStats()
  readonly #process: Process
  readonly #tun: TunFile
  readonly #sock: UdpSocket
  readonly #tunIp: number
  readonly #mtu: number
  readonly #log: ((line: string) => void) | null
  readonly #routes: ProxyRoutes = new ProxyRoutes()
  #isWoken = false
  #stopped = false

  /**
   * Starts on an open tun without flags and EtherType in front of packets (IFF_NO_PI) and a bound socket, with an empty
   * table. Throws EINVAL for an MTU that no tun can have.
   */
  constructor(process: Process, tun: TunFile, sock: UdpSocket, options: UdpProxyOptions) {
    const { tunIp, mtu, log = null } = options
    if (!Number.isInteger(mtu) || mtu < IPV4_HLEN || mtu > MAX_MTU)
      throw new NetloomError('EINVAL', `udp proxy: mtu ${mtu} is not between ${IPV4_HLEN} and ${MAX_MTU}`, { mtu })
    this.#process = process
    this.#tun = tun
    this.#sock = sock
    this.#tunIp = tunIp
    this.#mtu = mtu
    this.#log = log
    tun.onReadable = () => this.#wake()
    sock.onReadable = () => this.run()
    process.onEnd(() => this.#close())
    if (tun.ring.length > 0 || sock.readable > 0) this.#wake()
  }

  /** False after {@link stop} and after the end of its process. */
  get isRunning(): boolean {
    return !this.#stopped
  }

  /**
   * Packets for `subnet` (int32) with a prefix of 1 to 32 bits go to `address` (int32) and `port`; a route for the same
   * subnet is replaced. Throws EINVAL.
   */
  setRoute(subnet: number, prefixLen: number, address: number, port: number): void {
    this.#routes.set(subnet, prefixLen, address, port)
  }

  /** Forgets the route for a subnet; one that is not there is no error. Throws EINVAL for a prefix out of range. */
  removeRoute(subnet: number, prefixLen: number): void {
    this.#routes.remove(subnet, prefixLen)
  }

  /** Ends the proxy: nothing is read any more. Device and socket stay open. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#tun.onReadable = null
    this.#sock.onReadable = null
  }

  #close(): void {
    this.stop()
    tunClose(this.#tun)
    this.#sock.close()
  }

  #wake(): void {
    if (this.#isWoken) return
    this.#isWoken = true
    this.#process.netns.world.sim.task(runProxy, this, 'udp proxy')
  }

  /** @internal handles what there is to read */
  run(): void {
    const { ring } = this.#tun
    const sock = this.#sock
    // What comes while it runs, it finds: nobody has to wake it.
    this.#isWoken = true
    while (!this.#stopped && (ring.length > 0 || sock.readable > 0)) {
      if (ring.length > 0) this.#tunToUdp()
      if (sock.readable > 0) this.#udpToTun()
    }
    this.#isWoken = false
  }

  #tunToUdp(): void {
    const skb = tunReadSkb(this.#tun)
    if (skb === null || !this.#takes(skb, 'TUN')) return
    const routes = this.#routes
    if (!routes.find(ipv4Daddr(skb.buf, skb.data))) return this.#unreachable(skb)
    if (!this.#decrementTtl(skb)) return
    const { address, port } = routes
    const rc = this.#sock.sendSkb(skb, address, port)
    if (rc >= 0) {
      this.stats.tunToUdp++
      return
    }
    this.stats.udpErrors++
    this.#log?.(`UDP send to ${formatIpv4(address)}:${port} failed: ${strerror(errnoName(rc))}`)
  }

  #udpToTun(): void {
    const skb = this.#sock.recvSkb()
    if (skb === null || !this.#takes(skb, 'UDP') || !this.#decrementTtl(skb)) return
    const rc = tunWriteSkb(this.#tun, skb)
    if (rc >= 0) {
      this.stats.udpToTun++
      return
    }
    this.stats.tunErrors++
    this.#log?.(`TUN send failed: ${strerror(errnoName(rc))}`)
  }

  /** Reads into a buffer as long as the MTU. False when that is no packet, which then has ended. */
  #takes(skb: Skb, from: 'TUN' | 'UDP'): boolean {
    if (skb.tail - skb.data > this.#mtu) skb.tail = skb.data + this.#mtu
    const octets = skb.tail - skb.data
    if (octets >= IPV4_HLEN) return true
    this.stats.tooSmall++
    deliverSkb(skb)
    this.#log?.(`${from} recv packet too small: ${octets} bytes`)
    return false
  }

  /** Lowers the TTL; false when that was the packet's end. From 0 it goes to 255, with a checksum that is wrong then. */
  #decrementTtl(skb: Skb): boolean {
    skbCow(skb)
    if (ipv4DecTtl(skb.buf, skb.data) !== 0) return true
    this.stats.zeroTtl++
    if (this.#log !== null) {
      const [from, to] = [ipv4Saddr(skb.buf, skb.data), ipv4Daddr(skb.buf, skb.data)].map(formatIpv4)
      this.#log(`Discarding IP fragment ${from} -> ${to} due to zero TTL`)
    }
    deliverSkb(skb)
    return false
  }

  #unreachable(skb: Skb): void {
    const answer = netUnreachable(skb.buf, skb.data, skb.tail, this.#tunIp)
    if (answer === null) this.stats.unanswered++
    else this.stats.unreachable++
    deliverSkb(skb)
    if (answer === null) return
    const rc = tunWrite(this.#tun, answer)
    if (rc < 0) this.#log?.(`failed to send ICMP net unreachable: only -1 out of ${answer.length} byte sent`)
  }
}
