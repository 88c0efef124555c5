/**
 * Records a stage of a flow while a packet takes the long way.
 *
 * The packet carries the recorder in `skb.flowRec`, and each place that it passes tells the recorder what it decided and
 * what it counted. The contract of such a place:
 *
 * - It calls the recorder's method when it has decided, before it hands the packet on. The recorder knows which place
 *   may follow which; a device, hook or handler that tells nothing leaves a gap, and the stage is not recorded.
 * - What it looked at in the packet is part of the key: Ethernet, IPv4 header without lengths, identification and
 *   checksum, ports or type and code of ICMP, hash, priority, state of the checksum. A place that looked at anything else calls {@link fail}.
 * - What it looked at elsewhere raises `flowGenid` of the ingress device's namespace, or of the namespace that the packet
 *   is handed to, whenever it changes ({@link flowFlush}); or it has a virtual time, passed as `until`.
 * - What it changes besides the packet is told and done again for every packet: counters, times of forwarding entries,
 *   identifications.
 *
 * A namespace with a hook function that does not do so is blocked ({@link flowBlock}); those that do say so in
 * NfHookOps.tellsFlows. They take part for packets that are forwarded, bridged or received by a UDP socket, and for what a
 * tunnel makes of them, which is a packet of this host: a rule or policy that a packet met is a counter ({@link counted}), its connection is asked for every packet whether it is as it was ({@link connection}), a translation
 * is done again ({@link rewrites}). A new table of rules flushes. A target that acts, and a match that looks at something
 * else than the key or keeps an account, call {@link fail}; so does a packet that may change its connection.
 */
import { getU16 } from '../wire/bytes.js'
import { ETH_HLEN } from '../wire/ethernet.js'
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPV4_HLEN, ipv4FragOff, ipv4Proto, ipv4TotLen } from '../wire/ipv4.js'
import { flowHeaderSum, flowKey } from './flow-key.js'
import {
  type FlowConn,
  type FlowCounter,
  FlowHooks,
  type FlowRewrite,
  type FlowTunnel,
  type FlowSeen,
  type FlowSocket,
  FlowStage,
  FlowTx,
  type FlowUsed,
  type FlowVerify,
} from './flow-stage.js'
import type { Dst } from './dst.js'
import type { DevStats, NetDevice } from './netdev.js'
import {
  NF_INET_FORWARD,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
} from './netfilter.js'
import type { Netns } from './netns.js'
import { CHECKSUM_NONE, type Frame, type Skb } from './skb.js'

/** Octets of the key of a stage that goes by ports, and of one that looks into a tunnel as far as the frame inside. */
const KEY_PORTS = 38
const KEY_TUNNEL = 64
/** Octets that a tunnel's headers take. */
const TUNNEL = 50
const MAX_TX = 3
const MAX_COUNTERS = 64
/** Offset of the checksum of a UDP header. */
const UDP_CSUM = 40
/** Offset of the IP protocol in a frame. */
const PROTO = 23
/** DF may be set; more fragments, an offset or the reserved bit may not. */
const IP_NOT_DF = 0xbfff

// Where the packet is.
const NOWHERE = 0
const RECEIVED = 1
const ROUTED = 2
const READY = 3
const AT_DEVICE = 4
const IN_TUNNEL = 5
const AT_TUNNEL_SOCKET = 6
const ON_ITS_WAY = 7
const FOR_THIS_HOST = 8
const SENT = 9

/** The recorder of a World; it records one stage at a time. */
export class FlowRecorder {
  /** The stage, when one has been recorded since {@link start}. */
  stage: FlowStage | null = null
  #at = NOWHERE
  #skb: Skb | null = null
  #frame: Frame | null = null
  /** Where the packet came in; or the route that it is sent by. The device that it is at. */
  #dev: NetDevice | null = null
  /** Octets in front of the IP header where it came in: none of a device without a link layer. */
  #hlen = ETH_HLEN
  #route: Dst | null = null
  #netns: Netns | null = null
  #here: NetDevice | null = null
  #gen = 0
  readonly #head = new Uint8Array(KEY_TUNNEL)
  readonly #outer = new Uint8Array(TUNNEL - ETH_HLEN)
  #hasOuter = false
  #mac = 0
  #len = 0
  #pktType = 0
  #hash = 0
  #l4Hash = false
  #priority = 0
  #hasOwner = false
  #ipSummed = 0
  #csumStart = 0
  #until = Number.POSITIVE_INFINITY
  #maxLen = 0
  #overhead = 0
  #seen: FlowSeen | null = null
  #used: FlowUsed | null = null
  #tunnelSeen: FlowSeen | null = null
  #tunnelUsed: FlowUsed | null = null
  #rx: FlowTx | null = null
  readonly #tx: FlowTx[] = []
  #decTtl = false
  #isBridged = false
  #takenOut = false
  #verify: FlowVerify | null = null
  #hooks: FlowHooks | null = null
  #outerHooks: FlowHooks | null = null
  #tunnel: FlowTunnel | null = null

  /** Begins with a packet that `skb.dev` is about to hand to the protocols. */
  start(skb: Skb): void {
    const dev = skb.dev!
    this.#reset(skb)
    this.#dev = this.#here = dev
    this.#hlen = skb.data - skb.macHeader
    this.#at =
      this.#isPlain(skb) && (this.#mac & 1) === 0 && dev.taps === null && skb.netns === dev.netns ? RECEIVED : NOWHERE
  }

  /** Begins with a packet that a socket sends by its route; `data` is at its IP header. */
  startSent(skb: Skb): void {
    this.#reset(skb)
    this.#route = skb.dst
    this.#hlen = 0
    this.#at = this.#isPlain(skb) ? SENT : NOWHERE
  }

  /** The route of the packet that is sent says the same to all, and has this MTU. */
  routed(mtu: number): void {
    if (this.#at === SENT) this.#limit(mtu)
    else this.fail()
  }

  /** Is nothing being recorded? */
  get isFree(): boolean {
    return this.#skb === null
  }

  #reset(skb: Skb): void {
    const b = skb.buf
    const mac = skb.data - ETH_HLEN
    this.stage = null
    this.#skb = skb
    this.#frame = skb.frame
    this.#netns = skb.netns
    this.#gen = skb.netns.flowGenid
    this.#dev = this.#here = this.#route = null
    this.#mac = mac
    for (let i = 0; i < KEY_TUNNEL; i++) this.#head[i] = mac + i < skb.tail ? b[mac + i]! : 0
    this.#len = skb.tail - skb.data
    this.#pktType = skb.pktType
    this.#hash = skb.hash
    this.#l4Hash = skb.l4Hash
    this.#priority = skb.priority
    this.#hasOwner = skb.owner !== null
    this.#ipSummed = skb.ipSummed
    this.#csumStart = skb.csumStart - mac
    this.#until = Number.POSITIVE_INFINITY
    this.#maxLen = 0xffff
    this.#overhead = 0
    this.#seen = this.#used = this.#tunnelSeen = this.#tunnelUsed = null
    this.#rx = null
    this.#tx.length = 0
    this.#decTtl = this.#isBridged = this.#takenOut = this.#hasOuter = false
    this.#tunnel = null
    this.#verify = null
    this.#hooks = this.#outerHooks = null
    skb.flowRec = this
  }

  #isPlain(skb: Skb): boolean {
    const proto = ipv4Proto(skb.buf, skb.data)
    return (
      (proto === IPPROTO_UDP || proto === IPPROTO_TCP || proto === IPPROTO_ICMP) &&
      ipv4TotLen(skb.buf, skb.data) === this.#len &&
      skb.buf[skb.data] === 0x45 &&
      (ipv4FragOff(skb.buf, skb.data) & IP_NOT_DF) === 0 &&
      skb.frame.refs === 1 &&
      skb.netns.flowBlockers === 0
    )
  }

  /** Ends the recording: something happened that cannot be recorded, or the packet has ended. */
  fail(): void {
    this.#at = NOWHERE
    if (this.#skb !== null) this.#skb.flowRec = null
    this.#skb = null
  }

  #limit(mtu: number): void {
    this.#maxLen = Math.min(this.#maxLen, mtu - this.#overhead)
  }

  #addTx(stats: DevStats, octets: number): void {
    if (this.#tx.length === MAX_TX) this.fail()
    this.#tx.push(new FlowTx(stats, octets - this.#len))
  }

  /**
   * A port of a bridge has taken the packet, which goes to another port, or with `used` null to the bridge's own host.
   * `seen` is the entry of its source, null where that is not noted.
   */
  bridged(portDev: NetDevice, dev: NetDevice, seen: FlowSeen | null, used: FlowUsed | null, until: number): void {
    if (this.#at !== RECEIVED || this.#here !== portDev || portDev === dev) return this.fail()
    this.#seen = seen
    this.#used = used
    this.#until = Math.min(this.#until, until)
    this.#isBridged = true
    if (used !== null) {
      this.#at = READY
      return
    }
    if (dev.taps !== null || this.#rx !== null) return this.fail()
    this.#rx = new FlowTx(dev.stats, 0)
    this.#here = dev
  }

  /** The packet comes to a hook of IPv4, or to one of another family for a negative `hook`. */
  atHook(skb: Skb, hook: number): void {
    if (this.#skb !== skb || skb.netns !== this.#netns || !this.#mayPass(skb, hook)) this.fail()
    else if (hook === NF_INET_LOCAL_IN) this.#at = FOR_THIS_HOST
  }

  #mayPass({ dev, nfBridge }: Skb, hook: number): boolean {
    const here = this.#here
    switch (hook) {
      case NF_INET_PRE_ROUTING:
        // br_netfilter lets what comes in by a port pass as if the bridge had received it.
        return this.#at === RECEIVED && (here === dev || (here!.master === dev && nfBridge !== null))
      case NF_INET_LOCAL_IN:
        return this.#at === RECEIVED && here === dev
      case NF_INET_FORWARD:
        return this.#at === ROUTED || this.#isBridging()
      case NF_INET_LOCAL_OUT:
        return this.#at === IN_TUNNEL || this.#at === SENT
      case NF_INET_POST_ROUTING:
        return this.#at === ROUTED || this.#at === IN_TUNNEL || this.#at === SENT || this.#isBridging()
      default:
        return false
    }
  }

  /** Does it go from one port of a bridge to another? */
  #isBridging(): boolean {
    return this.#at === READY && this.#isBridged
  }

  /** What is told at hooks; null after {@link fail}. */
  #told(): FlowHooks | null {
    if (this.#at === IN_TUNNEL) return (this.#outerHooks ??= new FlowHooks())
    const at = this.#at
    const isAtHook = at === RECEIVED || at === FOR_THIS_HOST || at === ROUTED || at === SENT
    return isAtHook || this.#isBridging() ? (this.#hooks ??= new FlowHooks()) : null
  }

  /** A rule or policy has counted the packet from its IP header on. */
  counted(counter: FlowCounter): void {
    const hooks = this.#told()
    if (hooks === null) return
    if (hooks.counters.length === MAX_COUNTERS) this.fail()
    else hooks.counters.push(counter)
  }

  /** The packet belongs to a connection, which stays as it is at least `until`; `verify` looks at its checksum. */
  connection(conn: FlowConn, until: number, verify: FlowVerify | null): void {
    const hooks = this.#told()
    if (hooks === null || hooks.conn !== null) return this.fail()
    if (this.#at === RECEIVED) this.#verify = verify
    else if ((this.#at !== IN_TUNNEL && this.#at !== SENT) || verify !== null) return this.fail()
    hooks.conn = conn
    this.#until = Math.min(this.#until, until)
  }

  /** The packet is about to be translated. */
  rewrites(rewrite: FlowRewrite): void {
    const hooks = this.#told()
    if (hooks === null) return
    const isPre = this.#at === RECEIVED
    if (hooks.conn === null || (isPre ? hooks.pre : hooks.post) !== null) return this.fail()
    if (hooks === this.#outerHooks) this.#keepOuter(this.#skb!)
    if (isPre) hooks.pre = rewrite
    else hooks.post = rewrite
  }

  /** The headers of the tunnel are replayed as they are before they are translated. */
  #keepOuter({ buf, networkHeader }: Skb): void {
    for (let i = 0; i < TUNNEL - ETH_HLEN; i++) this.#outer[i] = buf[networkHeader + i]!
    this.#hasOuter = true
  }

  /** IP forwards the packet, which is no longer than `mtu`. */
  forwarded(skb: Skb, mtu: number): void {
    const { dev } = skb
    if (this.#at !== RECEIVED || this.#here !== dev) return this.fail()
    if (dev!.l3mdevOps !== null) return this.fail()
    this.#isBridged = false
    this.#decTtl = true
    this.#limit(mtu)
    this.#at = ROUTED
  }

  /** The neighbour is one that packets may be sent to without more ado. */
  resolved(): void {
    if (this.#at !== ROUTED && this.#at !== IN_TUNNEL && this.#at !== SENT) return this.fail()
    this.#at = READY
  }

  /** A device without a qdisc is about to transmit. */
  transmits(dev: NetDevice): void {
    if (this.#at !== READY || dev.taps !== null || dev.netns !== this.#netns || dev.hardHeaderLen === 0)
      return this.fail()
    this.#limit(dev.mtu)
    this.#here = dev
    this.#at = AT_DEVICE
  }

  /** The bridge, whose host sends, has found the port; it has counted the frame of `octets`. */
  bridgeSends(dev: NetDevice, octets: number, until: number): void {
    if (this.#at !== AT_DEVICE || this.#here !== dev) return this.fail()
    this.#addTx(dev.stats, octets)
    this.#until = Math.min(this.#until, until)
    this.#at = READY
  }

  /** A tunnel device sends a frame of `octets` behind its Ethernet header by the entry `used`, with a header of its own. */
  encapsulates(skb: Skb, octets: number, used: FlowUsed, mtu: number, tunnel: FlowTunnel, until: number): void {
    const dev = skb.dev!
    if (this.#at !== AT_DEVICE || this.#here !== dev || this.#tunnel !== null || skb.ipSummed !== this.#ipSummed)
      return this.fail()
    this.#addTx(dev.stats, octets)
    this.#until = Math.min(this.#until, until)
    this.#overhead = TUNNEL
    this.#limit(mtu)
    this.#tunnelUsed = used
    this.#isBridged = false
    this.#tunnel = tunnel
    this.#at = IN_TUNNEL
  }

  /** A device with a qdisc is about to take the packet, which it does for every packet anew; `macHeader` and `data` are where it begins. */
  queues(skb: Skb, dev: NetDevice): void {
    if (this.#at !== READY || dev.netns !== this.#netns || this.#tunnel !== null) return this.fail()
    // What this host sends without hooks is there as soon the long way.
    if (this.#route !== null && this.#hooks === null) return this.fail()
    this.#here = dev
    this.#finish(skb, null, dev)
  }

  /** A device gives its frame of `octets` to `peer`, which will receive it by way of the backlog. */
  givesTo(dev: NetDevice, octets: number, peer: NetDevice): void {
    if (this.#at !== AT_DEVICE || this.#here !== dev) return this.fail()
    this.#addTx(dev.stats, octets)
    this.#limit(peer.mtu)
    this.#here = peer
    this.#at = ON_ITS_WAY
  }

  /** The packet is for a UDP socket, whose `receive` is about to be called. */
  forSocket(skb: Skb, socket: FlowSocket, isTunnel: boolean): void {
    if ((this.#at !== RECEIVED && this.#at !== FOR_THIS_HOST) || this.#here !== skb.dev) return this.fail()
    if (skb.dev!.l3mdevOps !== null || this.#isTrimmed(skb)) return this.fail()
    this.#isBridged = false
    this.#at = AT_TUNNEL_SOCKET
    if (!isTunnel) this.#finish(skb, socket, null)
  }

  /** A tunnel device has taken its headers off and counts a packet of `octets`; `seen` as with {@link bridged}. */
  decapsulated(dev: NetDevice, octets: number, seen: FlowSeen | null, verify: FlowVerify): void {
    if (this.#at !== AT_TUNNEL_SOCKET || this.#rx !== null || dev.netns !== this.#netns) return this.fail()
    this.#rx = new FlowTx(dev.stats, octets - this.#len)
    this.#tunnelSeen = seen
    this.#verify = verify
    this.#takenOut = true
    this.#here = dev
    this.#at = ON_ITS_WAY
  }

  /** The packet is in the backlog. */
  queued(skb: Skb): void {
    if (this.#at !== ON_ITS_WAY || this.#here !== skb.dev) this.fail()
    else this.#finish(skb, null, null)
  }

  /** Length fields that do not say what is there are not for the cache. */
  #isTrimmed(skb: Skb): boolean {
    return skb.tail - skb.networkHeader !== this.#len
  }

  /** Nothing has happened to the packet that a replay would not do. */
  #isOrdinary(skb: Skb): boolean {
    if (this.#skb !== skb || this.#frame !== skb.frame || this.#netns!.flowGenid !== this.#gen) return false
    return !skb.nfTrace && skb.mark === 0 && skb.vlanProto === 0 && this.#frame.refs === 1
  }

  #hasConn(): boolean {
    return this.#hooks !== null && this.#hooks.conn !== null
  }

  /** Is a checksum to be looked at? That of a tunnel is absent in all packets or in none. */
  #verifies(): boolean {
    return this.#ipSummed === CHECKSUM_NONE && (this.#hasConn() || getU16(this.#head, UDP_CSUM) !== 0)
  }

  /** Where the frame begins, compared with before. */
  #shift(): number {
    return this.#takenOut ? TUNNEL : this.#tunnel !== null ? -TUNNEL : 0
  }

  /** Has it reached the next device as veth leaves it? */
  #isHandedOver(skb: Skb, mac: number): boolean {
    if (skb.nfct !== null || skb.nfctinfo !== 0 || skb.nfBridge !== null || skb.dst !== null) return false
    return skb.macHeader === mac && skb.data === mac + ETH_HLEN
  }

  /** Is it before a qdisc with nothing that the stage does not know of? */
  #isQueued(skb: Skb, mac: number, dev: NetDevice): boolean {
    const at = mac + ETH_HLEN - dev.hardHeaderLen
    return (
      skb.data === at &&
      (skb.sk === null || this.#route !== null) &&
      (dev.hardHeaderLen === 0 || dev.hardHeaderLen === ETH_HLEN)
    )
  }

  #mayFinish(skb: Skb, mac: number, socket: FlowSocket | null, egress: NetDevice | null): boolean {
    if (!this.#isOrdinary(skb)) return false
    if (socket !== null) return skb.nfct === null && skb.nfctinfo === 0
    return egress === null ? this.#isHandedOver(skb, mac) : this.#isQueued(skb, mac, egress)
  }

  /** Octets in front of the IP header, from `mac` on. */
  #newHead(skb: Skb, mac: number): Uint8Array {
    const head = skb.buf.slice(mac, this.#mac + ETH_HLEN)
    if (this.#hasOuter) head.set(this.#outer, ETH_HLEN)
    return head
  }

  #finish(skb: Skb, socket: FlowSocket | null, egress: NetDevice | null): void {
    const shift = this.#shift()
    const mac = this.#mac + shift
    if (!this.#mayFinish(skb, mac, socket, egress)) return this.fail()
    const isFrame = egress === null || egress.hardHeaderLen > 0
    const rewrites = socket === null && !this.#isBridged && !this.#takenOut && isFrame
    const phase = this.#mac & 3
    const keyAt = ETH_HLEN - this.#hlen
    this.stage = new FlowStage({
      dev: this.#dev,
      route: this.#route,
      netns: this.#netns!,
      keyAt,
      key: flowKey(this.#head, keyAt, this.#takenOut ? KEY_TUNNEL : KEY_PORTS, phase, this.#takenOut),
      phase,
      pktType: this.#pktType,
      hash: this.#hash,
      l4Hash: this.#l4Hash,
      priority: this.#priority,
      hasOwner: this.#hasOwner,
      orphans: this.#hasOwner && skb.owner === null,
      ipSummed: this.#ipSummed,
      csumStart: this.#csumStart,
      headerSum: flowHeaderSum(this.#head, ETH_HLEN),
      minLen: this.#takenOut ? TUNNEL + IPV4_HLEN : 0,
      maxLen: this.#maxLen,
      endsInUdp: socket !== null || this.#takenOut || (this.#hasConn() && this.#head[PROTO] === IPPROTO_UDP),
      gen: this.#gen,
      until: this.#until,
      seen: this.#seen,
      used: this.#used,
      tunnelSeen: this.#tunnelSeen,
      tunnelUsed: this.#tunnelUsed,
      rx: this.#rx,
      tx: this.#tx,
      hooks: this.#hooks,
      outerHooks: this.#outerHooks,
      decTtl: this.#decTtl,
      shift,
      fixes: this.#tunnel !== null ? KEY_PORTS + TUNNEL : this.#takenOut ? 0 : KEY_PORTS,
      needs: this.#takenOut ? KEY_TUNNEL : KEY_PORTS,
      head: rewrites ? this.#newHead(skb, mac) : null,
      tunnel: this.#tunnel,
      verify: this.#verifies() ? this.#verify : null,
      socket,
      egress,
      dst: skb.dst,
      toDev: skb.dev!,
      skb,
    })
    this.fail()
  }
}
