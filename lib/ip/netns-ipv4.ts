/**
 * IPv4's state of a namespace (struct netns_ipv4): settings, tables and sockets.
 *
 * @see include/net/netns/ipv4.h
 */
import { CtlSock } from './ctl-sock.js'
import type { Netns } from '../core/netns.js'
import { jhash2words } from '../wire/siphash.js'
import { ACCEPT_SOURCE_ROUTE, DevConf } from './devconf.js'
import { FibInfos } from './fib-info.js'
import { Fib } from './fib.js'
import { FlowHash } from './skb-hash.js'
import { FragQueues } from './frag-queue.js'
import { IcmpLimits } from './icmp-limit.js'
import type { Idents } from './ident.js'
import type { IfAddr } from './in-device.js'
import type { InputCache } from './input-cache.js'
import { NeighTable } from './neigh-table.js'
import type { InetProtocol, IpPath } from './path.js'
import type { RawSocket } from './raw.js'
import type { Sock } from './sock.js'
import { NetnsTcp } from './tcp/netns-tcp.js'
import { UdpTable } from './udp-table.js'

/** Namespace-wide sysctls of net.ipv4 that netloom obeys, with the kernel's defaults. */
export class Ipv4Sysctls {
  ipDefaultTtl = 64
  ipForwardUsePmtu = 0
  ipNoPmtuDisc = 0
  ipNonlocalBind = 0
  ipEarlyDemux = 1
  fibMultipathUseNeigh = 0
  fibMultipathHashPolicy = 0
  fibMultipathHashFields = 7
  /** 0: the key of the hash follows from the World's seed. */
  fibMultipathHashSeed = 0
  ipForwardUpdatePriority = 1
  ipLocalPortRangeMin = 32768
  ipLocalPortRangeMax = 60999
  /** Ports that are never drawn: 1 for each that is reserved, by number; null for none. */
  ipLocalReservedPorts: Uint8Array | null = null
  ipUnprivilegedPortStart = 1024
  icmpEchoIgnoreAll = 0
  icmpEchoIgnoreBroadcasts = 1
  icmpErrorsUseInboundIfaddr = 0
  icmpIgnoreBogusErrorResponses = 1
  /** Milliseconds between errors to one destination. */
  icmpRatelimitMs = 1000
  icmpRatemask = 0x1818
  icmpMsgsPerSec = 1000
  icmpMsgsBurst = 50
  igmpLinkLocalMcastReports = 1
  igmpMaxMemberships = 20
  igmpMaxMsf = 10
  igmpQrv = 2
  ipfragTimeSec = 30
  ipfragMaxDist = 64
  ipfragHighThresh: number
  ipfragLowThresh: number
  minPmtu = 552
  mtuExpiresSec = 600
  constructor(high: number, low: number) {
    this.ipfragHighThresh = high
    this.ipfragLowThresh = low
  }
}

/** Keeps the seed of multipath hashing apart from other uses of the World's seed: "mpth". */
const MULTIPATH_SALT = 0x6d707468

/** IPv4 of one namespace. Get it with `ipv4(netns)`. */
export class Ipv4 {
  readonly netns: Netns
  /** The functions that routes lead to. */
  readonly path: IpPath
  /** What lookups said about packets that came in; the World's, and this namespace's key in it. */
  readonly inputCache: InputCache
  readonly inputKey: number
  readonly sysctls: Ipv4Sysctls
  readonly confAll: DevConf = new DevConf(null)
  readonly confDefault: DevConf = new DevConf(null)
  readonly fib: Fib = new Fib()
  readonly fibInfos: FibInfos = new FibInfos()
  /** Key of the hash that chooses among next hops; four times the same word, as the kernel makes it of its seed. */
  readonly multipathKey: Int32Array = new Int32Array(4)
  readonly neigh: NeighTable
  readonly udp: UdpTable = new UdpTable()
  readonly tcp: NetnsTcp
  readonly raw: RawSocket[] = []
  /** Handlers of IPv4 protocols by number (inet_protos). */
  readonly protos: (InetProtocol | null)[] = new Array<null>(256).fill(null)
  readonly frags: FragQueues
  /** By which the kernel itself sends. */
  readonly ctlSk: CtlSock
  readonly icmp: IcmpLimits
  readonly flowHash: FlowHash
  /** Counters of identifications, made on first use. */
  idents: Idents | null = null
  /** Local addresses by address, the first one added first (inet_addr_lst). */
  readonly addrs: Map<number, IfAddr[]> = new Map()
  /** Those above who hear that an address has gone (inetaddr_chain). */
  readonly inetaddrChain: ((ifa: IfAddr) => void)[] = []
  /** Raised by every change that routes may depend on; older Dst entries are stale (rt_genid). */
  rtGenid = 1
  /** Raised when what was learned about destinations is flushed (fnhe_genid). */
  fnheGenid = 0
  /** Next stop of the packet with a source route that is being handled. */
  srrNexthop = 0
  /** errno of the last output lookup that found nothing. */
  routeErrno = 0
  /** A user put routes of type local into a table (fib_has_custom_local_routes). */
  hasCustomLocalRoutes = false
  /** Sockets that hold the namespace. */
  readonly sockets: Set<Sock> = new Set()
  /** Number of the socket that was opened last. */
  socketNumber = 0

  constructor(netns: Netns, path: IpPath, inputCache: InputCache) {
    const { profile } = netns.world
    this.netns = netns
    this.path = path
    this.inputCache = inputCache
    this.inputKey = inputCache.netnsKey()
    this.sysctls = new Ipv4Sysctls(profile.ipfragHighThresh, profile.ipfragLowThresh)
    this.neigh = new NeighTable(netns)
    this.tcp = new NetnsTcp(netns, this.inputKey)
    this.frags = new FragQueues(netns)
    this.ctlSk = new CtlSock(netns)
    this.icmp = new IcmpLimits(netns)
    // Of all settings this one differs between `all` and `default`.
    this.confAll.data[ACCEPT_SOURCE_ROUTE] = 0
    this.flowHash = new FlowHash(netns.world.seed, this.inputKey)
    this.setMultipathSeed(0)
  }

  /** Seeds the hash that chooses among next hops (fib_multipath_hash_seed); 0 takes the World's seed. */
  setMultipathSeed(seed: number): void {
    this.sysctls.fibMultipathHashSeed = seed
    this.multipathKey.fill(seed !== 0 ? seed : jhash2words(this.netns.world.seed, MULTIPATH_SALT))
  }
}
