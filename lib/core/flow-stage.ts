/**
 * One stage of a recorded flow: what becomes of the packets of one flow from the moment when a device hands them to the
 * protocols, or a socket of this host has a route for them, until the next device, a qdisc or a socket has them.
 *
 * A stage is a pure function of the frame's first octets, of its metadata, and of state that `flowGenid` of two
 * namespaces stands for. It holds the outcome: headers to write, counters and times to move, and where the packet is then.
 *
 * @see net/netfilter/nf_flow_table_ip.c nf_flow_offload_ip_hook
 */
import { getU16 } from '../wire/bytes.js'
import { ETH_HLEN } from '../wire/ethernet.js'
import type { Dst } from './dst.js'
import { flowHeaderSum, flowLcoSum } from './flow-key.js'
import type { DevStats, NetDevice } from './netdev.js'
import type { Netns } from './netns.js'
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, type Skb } from './skb.js'

/** A forwarding entry from whose address a frame was seen. */
export interface FlowSeen {
  updated: number
}

/** A forwarding entry that a frame was sent by. */
export interface FlowUsed {
  used: number
}

/** A tunnel over UDP: what differs from packet to packet in its outer headers. */
export interface FlowTunnel {
  /** True when it sends checksums. */
  readonly hasCsum: boolean
  /** The identification of the next packet. */
  nextIdent(): number
  /** Sets the checksum of the outer UDP header at `o`, or leaves it to the device. */
  setCsum(skb: Skb, o: number): void
}

/** True when the checksum of a UDP packet or TCP segment, with its headers set, is right, absent or not to be looked at. */
export type FlowVerify = (skb: Skb) => boolean

/** Packets and octets that a rule or a policy counts. */
export interface FlowCounter {
  packets: number
  bytes: number
}

/** A connection that a flow belongs to (struct nf_conn). */
export interface FlowConn {
  /**
   * Is it still there, and as it was? Does the packet, whose IP header is at `data`, leave it so? Changes nothing. The
   * connection of a tunnel's outer packet is asked before there is one, with the packet inside.
   */
  accepts(skb: Skb): boolean
  /** Notes the packet that it has accepted, whose network header is set: its timeout, its counters. */
  refresh(skb: Skb): void
}

/** A translation of addresses and ports. */
export interface FlowRewrite {
  /** Translates the packet, whose network header is set. */
  rewrite(skb: Skb): void
}

/** What netfilter's hooks do with each packet. */
export class FlowHooks {
  conn: FlowConn | null = null
  /** Before and after it is known where the packet goes. */
  pre: FlowRewrite | null = null
  post: FlowRewrite | null = null
  readonly counters: FlowCounter[] = []
}

/** A socket: takes a packet whose `data` is at its UDP header. Owns it. */
export interface FlowSocket {
  /** Takes it. */
  receive(skb: Skb): void
}

/** A counter of transmitted packets, with what it counts of each besides the octets of the IP packet that came in. */
export class FlowTx {
  readonly stats: DevStats
  readonly extra: number
  constructor(stats: DevStats, extra: number) {
    this.stats = stats
    this.extra = extra
  }
}

/** What is known of a stage when it has been recorded. */
export interface FlowStageInit {
  /** Device that they come in by, and null: or null, and the route of what this host sends. */
  readonly dev: NetDevice | null
  readonly route: Dst | null
  readonly netns: Netns
  /** First octet of the frame that the key is about. */
  readonly keyAt: number
  /** Words of the frame's head and masks, in turn; see {@link flowKey}. */
  readonly key: Int32Array
  /** Offset of the frame in its word: 0 or 2. */
  readonly phase: number
  readonly pktType: number
  readonly hash: number
  readonly l4Hash: boolean
  readonly priority: number
  /** Its sender waits for it to end, and is told on the way. */
  readonly hasOwner: boolean
  readonly orphans: boolean
  readonly ipSummed: number
  readonly csumStart: number
  readonly headerSum: number
  readonly minLen: number
  readonly maxLen: number
  readonly endsInUdp: boolean
  readonly gen: number
  readonly until: number
  readonly seen: FlowSeen | null
  readonly used: FlowUsed | null
  readonly tunnelSeen: FlowSeen | null
  readonly tunnelUsed: FlowUsed | null
  readonly rx: FlowTx | null
  readonly tx: readonly FlowTx[]
  /** null when nothing at a hook has told of something to do. */
  readonly hooks: FlowHooks | null
  /** The same for the packet that a tunnel has made of it. */
  readonly outerHooks: FlowHooks | null
  readonly decTtl: boolean
  readonly shift: number
  readonly fixes: number
  readonly needs: number
  /** Octets in front of the IP header as they are written; null to leave them as they are. */
  readonly head: Uint8Array | null
  readonly tunnel: FlowTunnel | null
  readonly verify: FlowVerify | null
  readonly socket: FlowSocket | null
  /** A device with a qdisc, which sends the packet as any other. */
  readonly egress: NetDevice | null
  readonly dst: Dst | null
  readonly toDev: NetDevice
  readonly skb: Skb
}

/** A recorded stage. Fields are those of {@link FlowStageInit}; a null object stands for "nothing to do". */
export class FlowStage {
  readonly dev: NetDevice | null
  readonly route: Dst | null
  readonly keyAt: number
  readonly key: Int32Array
  readonly phase: number
  readonly pktType: number
  readonly hash: number
  readonly l4Hash: boolean
  readonly priority: number
  /** Its sender waits for it to end, and is told on the way. */
  readonly hasOwner: boolean
  readonly orphans: boolean
  readonly ipSummed: number
  readonly csumStart: number
  /** Sum over the words of the IP header that are the same in all packets. */
  readonly headerSum: number
  /** Shortest and longest IP packet that take this way. */
  readonly minLen: number
  readonly maxLen: number
  /** The packet's UDP header is looked at, whose length has to be what is there. */
  readonly endsInUdp: boolean
  readonly netns: Netns
  readonly gen: number
  readonly toNetns: Netns
  readonly toGen: number
  /** Virtual time when something that was consulted falls due. */
  readonly until: number
  readonly seen: FlowSeen | null
  readonly used: FlowUsed | null
  readonly tunnelSeen: FlowSeen | null
  readonly tunnelUsed: FlowUsed | null
  readonly rx: FlowTx | null
  readonly tx0: FlowTx | null
  readonly tx1: FlowTx | null
  readonly tx2: FlowTx | null
  readonly hooks: FlowHooks | null
  readonly outerHooks: FlowHooks | null
  readonly decTtl: boolean
  /** How far the frame's beginning moves, and where its IP header stands at least so that there is room for that. */
  readonly shift: number
  readonly minAt: number
  /** Octets in front of the IP header: whole words, and the two before or behind them. */
  readonly headLen: number
  readonly headWords: Int32Array
  readonly headFirst: number
  readonly headLast: number
  readonly tunnel: FlowTunnel | null
  /** Says whether the checksum of the UDP packet is right that a tunnel is taken off from; null for one without. */
  readonly verify: FlowVerify | null
  /** The device at the end finishes no checksums: one that is left to it has to be finished. */
  readonly finishesCsum: boolean
  /** Sum over the outer IP header but for length and identification. */
  readonly outerSum: number
  /**
   * Sum over everything that a tunnel's checksum covers up to the IP header inside, its own lengths aside; -1 where it is not
   * for the stage to compute it.
   */
  readonly lcoSum: number
  readonly socket: FlowSocket | null
  readonly egress: NetDevice | null
  readonly dst: Dst | null
  /** What the namespace knows of a packet that it has not handed over. */
  readonly toIpFlags: number
  readonly nfct: object | null
  readonly nfctinfo: number
  readonly brPort: object | null
  readonly brFlags: number
  readonly toDev: NetDevice
  readonly toPktType: number
  readonly toProtocol: number
  readonly toHash: number
  readonly toL4Hash: boolean
  readonly toPriority: number
  readonly toIpSummed: number
  readonly networkOff: number
  readonly transportOff: number
  readonly toIif: number
  /** The stage that its packets came to last. */
  next: FlowStage | null = null
  /** Octets at the beginning of the frame that leaves which follow from the key, and those that the key itself holds. */
  readonly fixes: number
  readonly needs: number

  constructor(init: FlowStageInit) {
    const { skb } = init
    this.dev = init.dev
    this.route = init.route
    this.keyAt = init.keyAt
    this.key = init.key
    this.phase = init.phase
    this.pktType = init.pktType
    this.hash = init.hash
    this.l4Hash = init.l4Hash
    this.priority = init.priority
    this.hasOwner = init.hasOwner
    this.orphans = init.orphans
    this.ipSummed = init.ipSummed
    this.csumStart = init.csumStart
    this.headerSum = init.headerSum
    this.minLen = init.minLen
    this.maxLen = init.maxLen
    this.endsInUdp = init.endsInUdp
    this.netns = init.netns
    this.gen = init.gen
    this.toNetns = init.toDev.netns
    this.toGen = init.toDev.netns.flowGenid
    this.until = init.until
    this.seen = init.seen
    this.used = init.used
    this.tunnelSeen = init.tunnelSeen
    this.tunnelUsed = init.tunnelUsed
    this.rx = init.rx
    this.tx0 = init.tx[0] ?? null
    this.tx1 = init.tx[1] ?? null
    this.tx2 = init.tx[2] ?? null
    this.hooks = init.hooks
    this.outerHooks = init.outerHooks
    this.decTtl = init.decTtl
    this.shift = init.shift
    this.minAt = ETH_HLEN - init.shift
    const head = init.head ?? new Uint8Array(0)
    const lead = head.length > 0 && ((init.phase + init.shift) & 2) !== 0 ? 2 : 0
    const words = (head.length - lead) >> 2
    this.headLen = head.length
    this.headWords = new Int32Array(head.slice(lead, lead + words * 4).buffer)
    this.headFirst = lead === 2 ? getU16(head, 0) : -1
    this.headLast = lead + words * 4 < head.length ? getU16(head, head.length - 2) : -1
    this.tunnel = init.tunnel
    this.verify = init.verify
    this.finishesCsum =
      init.socket === null && init.egress === null && init.shift <= 0 && skb.ipSummed !== CHECKSUM_PARTIAL
    this.outerSum = init.tunnel === null ? 0 : flowHeaderSum(head, ETH_HLEN)
    const isTranslated = init.outerHooks !== null && init.outerHooks.post !== null
    const isWhole = init.ipSummed === CHECKSUM_NONE && this.finishesCsum && !isTranslated
    this.lcoSum = init.tunnel !== null && isWhole ? flowLcoSum(head) : -1
    this.socket = init.socket
    this.egress = init.egress
    this.dst = init.dst
    this.toIpFlags = skb.ipFlags
    this.nfct = skb.nfct
    this.nfctinfo = skb.nfctinfo
    this.brPort = skb.brPort
    this.brFlags = skb.brFlags
    this.toDev = init.toDev
    this.toPktType = skb.pktType
    this.toProtocol = skb.protocol
    this.toHash = skb.hash
    this.toL4Hash = skb.l4Hash
    this.toPriority = skb.priority
    this.toIpSummed = skb.ipSummed
    this.networkOff = skb.networkHeader - skb.macHeader
    this.transportOff = skb.transportHeader - skb.macHeader
    this.toIif = skb.skbIif
    this.fixes = init.fixes
    this.needs = init.needs
  }
}
