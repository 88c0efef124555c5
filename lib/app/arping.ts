/**
 * arping: ARP requests and announcements from a packet socket, beside the kernel's own neighbour table.
 *
 * The first request is a broadcast; once somebody has answered, the next ones go to that MAC. A probe is sent every
 * interval; the program ends one interval after the last probe, not with the last answer.
 *
 * @see iputils arping, arping.c; RFC 826, RFC 5227
 */
import { type PacketSocket, packetSocket } from '../core/af-packet.js'
import { IFF_LOOPBACK, IFF_NOARP, IFF_UP, type NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST } from '../core/skb.js'
import { NetloomError, strerror } from '../errors.js'
import { inetSelectAddr } from '../ip/in-device.js'
import { RT_SCOPE_LINK, RTN_BROADCAST, RTN_MULTICAST } from '../ip/rtnetlink.js'
import { udpSocket } from '../ip/udp.js'
import { routeGet } from '../rtnl/route.js'
import {
  ARP_HLEN,
  ARPOP_REPLY,
  ARPOP_REQUEST,
  arpOk,
  arpOp,
  arpSha,
  arpSpa,
  arpTha,
  arpTpa,
  putArp,
} from '../wire/arp.js'
import { ETH_HLEN, ETH_P_ARP } from '../wire/ethernet.js'
import { parseIpv4 } from '../wire/ip.js'
import { MAC_BROADCAST } from '../wire/mac.js'
import { Process } from './process.js'
import { ProgramTimer } from './program-timer.js'

/** Options of arping. Everything is optional; the defaults are the real tool's. */
export interface ArpingOptions {
  /** Name of the device (`-I`); the one of the route to the target when absent. */
  readonly device?: string
  /** Probes to send; without end when absent (`-c`). */
  readonly count?: number
  /** Seconds between probes; 1 (`-i`). 0 sends once. */
  readonly intervalSec?: number
  /** Seconds after which it ends (`-w`). */
  readonly timeoutSec?: number
  /** End at the first answer (`-f`). */
  readonly quitOnReply?: boolean
  /** Never send to a single MAC (`-b`). */
  readonly broadcastOnly?: boolean
  /** Ask whether somebody else has the address (`-D`). */
  readonly detectDuplicate?: boolean
  /** Announce an address: by a request (`-U`) or by a reply (`-A`). */
  readonly announce?: 'request' | 'reply'
  /** Sender's address in the probes (`-s`), int32 or text. */
  readonly source?: number | string
}

/** An ARP packet that answers the probes. */
export interface ArpingReply {
  readonly isReply: boolean
  /** It was sent to this host's MAC alone. */
  readonly isUnicast: boolean
  readonly spa: number
  readonly sha: number
  readonly tpa: number
  readonly tha: number
  /** Nanoseconds since the last probe. */
  readonly sinceProbeNs: number
}

/** Hears what arping would print. */
export interface ArpingOutput {
  /** It begins. */
  started?(arping: Arping): void
  /** The device has no address to ask with; the program ends with status 2. */
  noSource?(arping: Arping): void
  /** An answer has come. */
  reply?(arping: Arping, reply: ArpingReply): void
  /** The device went away or down; the program ends. */
  receiveError?(arping: Arping, error: 'ENETDOWN'): void
  /** It has ended; the counts are final. */
  finished?(arping: Arping): void
}

const NS_PER_SEC = 1_000_000_000

const addressOf = (address: number | string): number => (typeof address === 'string' ? parseIpv4(address) : address | 0)

/** A running arping. Make one with {@link arping}. */
export class Arping {
  readonly process: Process
  readonly netns: Netns
  readonly options: ArpingOptions
  readonly dev: NetDevice
  readonly target: number
  readonly source: number
  sent = 0
  sentBroadcast = 0
  received = 0
  receivedBroadcast = 0
  receivedRequests = 0
  readonly #output: ArpingOutput
  readonly #sock: PacketSocket
  readonly #interval: ProgramTimer<Arping>
  readonly #timeout: ProgramTimer<Arping>
  readonly #sender: number
  #to: number = MAC_BROADCAST
  #lastProbeNs = 0
  #expirations = 1
  #nextProbeNs = -1
  #isDone = false

  /** @internal use {@link arping} */
  constructor(netns: Netns, dev: NetDevice, target: number, source: number, o: ArpingOptions, output: ArpingOutput) {
    const { world } = netns
    this.netns = netns
    this.options = o
    this.dev = dev
    this.target = target
    this.source = source
    this.#sender = dev.addr
    this.#output = output
    this.#interval = new ProgramTimer<Arping>(world, intervalOver, this, `arping in ${netns.name}`)
    this.#timeout = new ProgramTimer<Arping>(world, timeoutOver, this, `arping's time-out in ${netns.name}`)
    this.#sock = packetSocket(dev, { protocol: ETH_P_ARP })
    this.process = new Process(netns, 'arping', () => {
      this.#interval.stop()
      this.#timeout.stop()
      this.#sock.onPacket = null
      this.#sock.close()
    })
  }

  /** @internal the first probe goes out at once */
  start(): void {
    const { intervalSec = 1, timeoutSec = 0 } = this.options
    this.#sock.onPacket = (frame, _dev, _outgoing, pktType) => this.#receive(frame, pktType)
    this.#output.started?.(this)
    if (this.source === 0 && this.options.source === undefined && this.options.detectDuplicate !== true) {
      this.#output.noSource?.(this)
      return this.process.exit(2)
    }
    this.#armInterval(intervalSec)
    if (timeoutSec > 0) this.#timeout.set(timeoutSec * NS_PER_SEC)
    this.#send()
  }

  /** The probes go to the MAC that has answered. */
  get isUnicasting(): boolean {
    return this.#to !== MAC_BROADCAST
  }

  /** @internal */
  intervalOver(): void {
    const { count, intervalSec = 1 } = this.options
    if (!this.dev.registered || (this.dev.flags & IFF_UP) === 0) return this.#down()
    this.#expirations++
    if (count !== undefined && this.#expirations > count) return this.finish()
    this.#armInterval(intervalSec)
    this.#send()
  }

  /** @internal a probe that is due at the same instant goes out before the end, as the real tool's timers come in that order */
  timeoutOver(): void {
    if (this.#nextProbeNs === this.netns.world.now) this.intervalOver()
    if (!this.#isDone) this.finish()
  }

  #armInterval(intervalSec: number): void {
    if (intervalSec === 0) return
    this.#nextProbeNs = this.netns.world.now + intervalSec * NS_PER_SEC
    this.#interval.set(intervalSec * NS_PER_SEC)
  }

  #down(): void {
    this.#output.receiveError?.(this, 'ENETDOWN')
    this.#end(2)
  }

  #send(): void {
    const { announce } = this.options
    const packet = new Uint8Array(ARP_HLEN)
    const op = announce === 'reply' ? ARPOP_REPLY : ARPOP_REQUEST
    putArp(packet, 0, op, this.#sender, this.source, announce === 'reply' ? this.#sender : this.#to, this.target)
    this.#lastProbeNs = this.netns.world.now
    const rc = this.#sock.sendTo(packet, this.#to, ETH_P_ARP)
    if (rc < 0) return
    this.sent++
    if (!this.isUnicasting) this.sentBroadcast++
  }

  #receive(frame: Uint8Array, pktType: number): void {
    if (this.#isDone) return
    if (pktType !== PACKET_HOST && pktType !== PACKET_BROADCAST && pktType !== PACKET_MULTICAST) return
    if (!arpOk(frame, ETH_HLEN, frame.length)) return
    const op = arpOp(frame, ETH_HLEN)
    if (op !== ARPOP_REQUEST && op !== ARPOP_REPLY) return
    const spa = arpSpa(frame, ETH_HLEN)
    const tpa = arpTpa(frame, ETH_HLEN)
    const sha = arpSha(frame, ETH_HLEN)
    const tha = arpTha(frame, ETH_HLEN)
    if (!this.#concerns(spa, sha, tpa, tha)) return
    const isUnicast = pktType === PACKET_HOST
    const isReply = op === ARPOP_REPLY
    const sinceProbeNs = this.netns.world.now - this.#lastProbeNs
    this.#output.reply?.(this, { isReply, isUnicast, spa, sha, tpa, tha, sinceProbeNs })
    this.#count(sha, isReply, isUnicast)
  }

  /** Whether an ARP packet is about the target: an answer to this host, or with -D anybody else who uses the address. */
  #concerns(spa: number, sha: number, tpa: number, tha: number): boolean {
    if (spa !== this.target) return false
    if (this.options.detectDuplicate !== true) return tpa === this.source && tha === this.#sender
    return sha !== this.#sender && (this.source === 0 || tpa === this.source)
  }

  #count(sha: number, isReply: boolean, isUnicast: boolean): void {
    const { timeoutSec = 0, count, quitOnReply, detectDuplicate, broadcastOnly } = this.options
    this.received++
    if (timeoutSec > 0 && this.received === count) return this.finish()
    if (!isUnicast) this.receivedBroadcast++
    if (!isReply) this.receivedRequests++
    if (quitOnReply === true || detectDuplicate === true) return this.finish()
    if (broadcastOnly !== true) this.#to = sha
  }

  /** Ends the program as its time-out does: with the sums and the real tool's status. */
  finish(): void {
    const { detectDuplicate, announce, count, quitOnReply } = this.options
    if (detectDuplicate === true) return this.#end(this.received > 0 ? 1 : 0)
    if (announce !== undefined) return this.#end(0)
    const wanted = count === undefined || quitOnReply === true ? 1 : count
    this.#end(this.received < wanted ? 1 : 0)
  }

  #end(status: number): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#output.finished?.(this)
    this.process.exit(status)
  }
}

const intervalOver = (a: Arping): void => a.intervalOver()
const timeoutOver = (a: Arping): void => a.timeoutOver()

/** The device that packets to `target` leave by. */
const routeDevice = (netns: Netns, target: number): NetDevice => {
  try {
    return routeGet(netns, { dst: target }).dev
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    throw new NetloomError('ENETUNREACH', 'NETLINK_ROUTE unexpected iov element', { netns: netns.name })
  }
}

const namedDevice = (netns: Netns, name: string): NetDevice => {
  const dev = netns.devByName(name)
  if (dev !== null) return dev
  throw new NetloomError('ENODEV', `Device ${name} not available.`, { dev: name, netns: netns.name })
}

/** Throws ENETDOWN and ENODEV for a device that ARP does not run on; the real tool says it on standard output. */
const checkDevice = (dev: NetDevice): void => {
  const context = { dev: dev.name, device: true }
  if ((dev.flags & IFF_UP) === 0) throw new NetloomError('ENETDOWN', `Interface "${dev.name}" is down`, context)
  if (dev.flags & (IFF_NOARP | IFF_LOOPBACK))
    throw new NetloomError('ENODEV', `Interface "${dev.name}" is not ARPable`, context)
}

/** Checks that the host has the address, as bind does. Throws EADDRNOTAVAIL. */
const checkSource = (dev: NetDevice, address: number): number => {
  const probe = udpSocket(dev.netns)
  try {
    probe.boundDev = dev
    probe.bind({ address })
    return address
  } catch (e) {
    if (e instanceof NetloomError) throw new NetloomError(e.code, `bind: ${e.message}`, e.context)
    throw e
  } finally {
    probe.close()
  }
}

/** Source address of a packet to a neighbour `target` on the device, whatever routes say (SO_DONTROUTE); 0 for none. */
const onLinkSource = (dev: NetDevice, target: number): number => {
  try {
    const route = routeGet(dev.netns, { dst: target, oif: dev })
    if (route.type === RTN_BROADCAST)
      throw new NetloomError('EACCES', `connect: ${strerror('EACCES')}`, { dev: dev.name })
    if (route.gateway === 0 && route.type !== RTN_MULTICAST) return route.src
  } catch (e) {
    if (!(e instanceof NetloomError) || e.code === 'EACCES') throw e
  }
  return inetSelectAddr(dev, 0, RT_SCOPE_LINK)
}

const sourceOf = (dev: NetDevice, target: number, options: ArpingOptions): number => {
  const { source, announce, detectDuplicate } = options
  const given = source !== undefined ? addressOf(source) : announce !== undefined ? target : 0
  if (given !== 0) return checkSource(dev, given)
  return source !== undefined || detectDuplicate === true ? 0 : onLinkSource(dev, target)
}

/**
 * Starts arping for `target` (int32 or dotted text); its first probe goes out at once. Throws what the real one ends with
 * exit status 2 for: ENODEV, ENETDOWN, EADDRNOTAVAIL (`bind: ...`), EACCES for a broadcast address. The exit status is 1
 * when fewer than `count` answers came, with `detectDuplicate` when somebody has the address; announcing ends with 0.
 */
export const arping = (
  netns: Netns,
  target: number | string,
  options: ArpingOptions = {},
  output: ArpingOutput = {},
): Arping => {
  const address = addressOf(target)
  const dev = options.device === undefined ? routeDevice(netns, address) : namedDevice(netns, options.device)
  checkDevice(dev)
  const a = new Arping(netns, dev, address, sourceOf(dev, address, options), options, output)
  a.start()
  return a
}
