/**
 * NetDevice: one class for every kind of device, with the kind's functions in `ops` and its private state in `priv`.
 *
 * @see include/linux/netdevice.h, include/uapi/linux/if.h
 */
import { macHi, macLo } from '../wire/mac.js'
import { flowFlush } from './flow-genid.js'
import type { KindFeatures } from './netdev-features.js'
import type { Netns } from './netns.js'
import { NOOP_QDISC, type Qdisc } from './qdisc.js'
import type { Skb } from './skb.js'
import type { VlanInfo } from './vlan-core.js'

export const IFF_UP = 0x1
export const IFF_BROADCAST = 0x2
export const IFF_LOOPBACK = 0x8
export const IFF_POINTOPOINT = 0x10
export const IFF_NOARP = 0x80
export const IFF_PROMISC = 0x100
export const IFF_ALLMULTI = 0x200
export const IFF_MULTICAST = 0x1000

export const ARPHRD_ETHER = 1
export const ARPHRD_LOOPBACK = 772
export const ARPHRD_NONE = 0xfffe

/** RFC 2863 operational states, as `ip link` prints them after `state`. */
export const IF_OPER_UNKNOWN = 0
export const IF_OPER_DOWN = 2
export const IF_OPER_LOWERLAYERDOWN = 3
export const IF_OPER_UP = 6

/** What a transmit returns: taken, or dropped in a way that the sender of the packet gets to know. */
export const NETDEV_TX_OK = 0
export { NET_XMIT_DROP, NET_XMIT_SUCCESS } from './qdisc.js'
export const NET_RX_SUCCESS = 0
export const NET_RX_DROP = 1

/** What an rx handler did with the skb. */
export const RX_HANDLER_CONSUMED = 0
export const RX_HANDLER_ANOTHER = 1
export const RX_HANDLER_PASS = 3

/** Offload that netloom models: a device that finishes UDP and TCP checksums, so that captures show them unfinished. */
export const NETIF_F_HW_CSUM = 1
/** Offloads that netloom models: the device takes an 802.1Q (802.1ad) tag beside the frame instead of in its bytes. */
export const NETIF_F_HW_VLAN_CTAG_TX = 2
export const NETIF_F_HW_VLAN_STAG_TX = 4
/** The device carries no tagged frames at all, so that no VLAN can be made on it. */
export const NETIF_F_VLAN_CHALLENGED = 8
/** Offload that netloom models: the device cuts long TCP segments itself, so that captures show them whole. */
export const NETIF_F_TSO = 16

const TSO = 'tx-tcp-segmentation'

/** Counters as `ip -s link` shows them (struct rtnl_link_stats64, the parts that netloom's devices move). */
export class DevStats {
  rxBytes = 0
  rxPackets = 0
  rxErrors = 0
  rxDropped = 0
  rxMissed = 0
  rxMulticast = 0
  txBytes = 0
  txPackets = 0
  txErrors = 0
  txDropped = 0
  txCarrier = 0
  collisions = 0
  /** Packets for another MAC that a protocol threw away (rx_otherhost_dropped). */
  rxOtherhostDropped = 0
  /** Parts of `rxErrors`: lengths that cannot be, and frames that are wrong otherwise. */
  rxLengthErrors = 0
  rxFrameErrors = 0
}

/** What a device has to do with the IPv4 addresses that it is given (inetaddr_chain, inetaddr_validator_chain). */
export interface InetaddrOps {
  /** An address, as int32, is about to be added. Throws a NetloomError to refuse. */
  readonly validate: (dev: NetDevice, addr: number) => void
  /** An address is there. */
  readonly up: (dev: NetDevice, addr: number) => void
  /** An address has gone. */
  readonly down: (dev: NetDevice, addr: number) => void
}

/** How a device hands IPv4 packets to others after it has received them (struct l3mdev_ops, and a hook of local input). */
export interface L3mdevOps {
  /** A packet has come in whose route is still to be found; may set `skb.dst`. */
  readonly l3Rcv: (skb: Skb) => void
  /** A whole packet is for a protocol of this host; may change `skb.dev`. */
  readonly localIn: (skb: Skb) => void
}

/** Takes a packet that the device received before the protocols see it (a bridge port, a macvlan's lower device). */
export type RxHandler = (skb: Skb) => number

/** A capture: sees every frame that the device transmits or receives, before anybody changes it. */
export interface PacketTap {
  /** `skb.buf[skb.macHeader .. skb.tail)` is the frame; `outgoing` is true on transmit. Must not keep or change the skb. */
  tap(skb: Skb, dev: NetDevice, outgoing: boolean): void
}

/** The functions of a device kind (struct net_device_ops and ethtool_ops). */
export interface DeviceOps {
  /** rtnl_link_ops kind as `ip -d link` prints it; empty for lo. */
  readonly kind: string
  /** Transmits; owns the skb. `skb.data` is at the link-layer header. Returns NETDEV_TX_OK or NET_XMIT_DROP. */
  readonly startXmit: (skb: Skb, dev: NetDevice) => number
  /** Sets the device up (ndo_open). */
  readonly open: ((dev: NetDevice) => void) | null
  /** Sets the device down (ndo_stop). */
  readonly stop: ((dev: NetDevice) => void) | null
  /** Called before the device leaves its namespace for good (ndo_uninit). */
  readonly uninit: ((dev: NetDevice) => void) | null
  /** Checks and prepares a change of MTU; throws a NetloomError to refuse. */
  readonly changeMtu: ((dev: NetDevice, mtu: number) => void) | null
  /** Checks a change of address and carries it out beyond `dev.addr`. */
  readonly setMacAddress: ((dev: NetDevice, mac: number) => void) | null
  /** IFF_PROMISC or IFF_ALLMULTI of {@link NetDevice.flags} has changed, also while it is down (ndo_change_rx_flags). */
  readonly changeRxFlags: ((dev: NetDevice, change: number) => void) | null
  /** Sets the carrier as the administrator asks (ndo_change_carrier). */
  readonly changeCarrier: ((dev: NetDevice, carrier: boolean) => void) | null
  /** Promiscuity or address lists changed while it is up (ndo_set_rx_mode). */
  readonly setRxMode: ((dev: NetDevice) => void) | null
  /** ifindex that `ip link` prints after the @, with the device that has it when it is known. */
  readonly getIflink: ((dev: NetDevice) => { ifindex: number; dev: NetDevice | null }) | null
  /** Adds a lower device (`ip link set X master THIS`). */
  readonly addSlave: ((dev: NetDevice, slave: NetDevice) => void) | null
  /** Removes a lower device (`ip link set X nomaster`). */
  readonly delSlave: ((dev: NetDevice, slave: NetDevice) => void) | null
  /** The device's own counters, where they are not {@link NetDevice.stats} (ndo_get_stats64). */
  readonly getStats: ((dev: NetDevice) => DevStats) | null
  /** Speed in Mbit/s as ethtool reports it, -1 for unknown; a bridge takes its port's cost from it. */
  readonly getSpeed: ((dev: NetDevice) => number) | null
  /** Offload features of the kind, for `ethtool -k`; null for a kind that tells of none. */
  readonly features: KindFeatures | null
}

/** Fills the functions that a kind does not have with null, so that all ops records have one shape. */
export const deviceOps = (
  ops: Pick<DeviceOps, 'kind' | 'startXmit'> & Partial<Omit<DeviceOps, 'kind' | 'startXmit'>>,
): DeviceOps => ({
  kind: ops.kind,
  startXmit: ops.startXmit,
  open: ops.open ?? null,
  stop: ops.stop ?? null,
  uninit: ops.uninit ?? null,
  changeMtu: ops.changeMtu ?? null,
  setMacAddress: ops.setMacAddress ?? null,
  changeRxFlags: ops.changeRxFlags ?? null,
  changeCarrier: ops.changeCarrier ?? null,
  setRxMode: ops.setRxMode ?? null,
  getIflink: ops.getIflink ?? null,
  addSlave: ops.addSlave ?? null,
  delSlave: ops.delSlave ?? null,
  getStats: ops.getStats ?? null,
  getSpeed: ops.getSpeed ?? null,
  features: ops.features ?? null,
})

/** Link-layer addresses of a device that its lower device listens to for it, and those that it listens to for others. */
export class AddrSync {
  /** Passed down to the lower device. */
  readonly down: Set<number> = new Set()
  /** Of these, those that the lower device had forgotten when they were to be taken back; they stay. */
  readonly stuck: Set<number> = new Set()
  /** Number of devices above that each address has been passed down by. */
  readonly users: Map<number, number> = new Map()

  /** Forgets all, as a device that leaves its namespace does. */
  clear(): void {
    this.down.clear()
    this.stuck.clear()
    this.users.clear()
  }
}

/** A network device. Change it through core/dev.ts and rtnl/, which tell everybody concerned. */
export class NetDevice {
  name: string
  ifindex = 0
  netns: Netns
  readonly ops: DeviceOps
  /** State of the kind. */
  priv: object | null = null
  /** ARPHRD_*. */
  type: number = ARPHRD_ETHER
  /** IFF_* as configured; use `reportedFlags` for what `ip link` shows. */
  flags = 0
  /** IFF_PROMISC and IFF_ALLMULTI as the administrator set them; captures and bridges do not show there. */
  gflags = 0
  mtu = 1500
  minMtu = 68
  maxMtu = 65535
  /** Octets of the link-layer header. */
  hardHeaderLen = 14
  /** Link-layer address as a 48-bit number, and its upper 16 and lower 32 bits. Set with {@link setAddr}. */
  addr = 0
  addrHi = 0
  addrLo = 0
  broadcast = 0xffffffffffff
  /** True when the address was given or changed by somebody (NET_ADDR_SET), not drawn. */
  addrAssigned = false
  txQueueLen = 1000
  group = 0
  alias = ''
  /** True for a device that may not change its namespace (lo, bridges). */
  netnsImmutable = false
  numTxQueues = 1
  numRxQueues = 1
  /** Largest packet that the device can take to segment it itself, as `ip -d link` shows it. */
  tsoMaxSize = 65536
  /** netif_running: between open and stop. */
  running = false
  carrier = true
  /** True when the administrator can hold the carrier down; whether he does (IFLA_PROTO_DOWN). */
  changeProtoDown = false
  protoDown = false
  /** How often carrier came and went (`transns` of `ip -s -s link` is the sum). */
  carrierUpCount = 0
  carrierDownCount = 0
  /** netif_dormant and dev->operstate. */
  operstate: number = IF_OPER_UNKNOWN
  /** Qdisc in force: null for none (`noqueue`), the one that drops everything while there is no carrier. */
  qdisc: Qdisc | null = NOOP_QDISC
  /** The device's own qdisc, whether it may send or not: `ip link` shows it. The one that drops until it first was up. */
  qdiscSleeping: Qdisc = NOOP_QDISC
  /** The qdiscs below the root, by handle; null while there is none (dev->qdisc_hash). */
  qdiscHash: Qdisc[][] | null = null
  /** Qdiscs that were made for it so far; each draws from a stream of its own. */
  qdiscsMade = 0
  /** Sends without a queue unless it is given one (IFF_NO_QUEUE). */
  noQueue = true
  promiscuity = 0
  allmulti = 0
  /** NETIF_F_* in force. */
  features: number = NETIF_F_HW_CSUM
  /** Names of ethtool features that were switched off although they are on by default, or on although off. */
  featureOverrides: Map<string, boolean> | null = null
  readonly stats: DevStats = new DevStats()
  rxHandler: RxHandler | null = null
  /** True for a device that nothing can be stacked on in that way (IFF_NO_RX_HANDLER). */
  noRxHandler = false
  rxHandlerData: object | null = null
  /** Upper device that this one is a port of. */
  master: NetDevice | null = null
  /** Ports in the order in which they were added. */
  readonly slaves: NetDevice[] = []
  /** Devices that are stacked on this one, and those it is stacked on: see dev-adjacency.ts. */
  readonly upper: NetDevice[] = []
  readonly lower: NetDevice[] = []
  /** Link-layer multicast addresses that are listened to, with the number of users. */
  readonly mc: Map<number, number> = new Map()
  /** Those of {@link mc} that a user asked for (global_use); of all users he is one. */
  readonly mcStatic: Set<number> = new Set()
  /** Further unicast addresses that are listened to, with the number of users. */
  readonly uc: Map<number, number> = new Map()
  /** True for a device that filters unicast addresses itself (IFF_UNICAST_FLT): {@link uc} does not make it promiscuous. */
  unicastFlt = false
  /** Promiscuous because of {@link uc}. */
  ucPromisc = false
  /** What of {@link uc} and {@link mc} belongs to stacked devices; see dev-addr-lists.ts. */
  readonly ucSync: AddrSync = new AddrSync()
  readonly mcSync: AddrSync = new AddrSync()
  taps: PacketTap[] | null = null
  /** Captures of a device that is down; they see nothing until it is up again. */
  tapsDown: PacketTap[] | null = null
  /** VLAN devices on this one; see vlan-core.ts. */
  vlanInfo: VlanInfo | null = null
  inetaddrOps: InetaddrOps | null = null
  l3mdevOps: L3mdevOps | null = null
  /** IPv4 state of the device; typed in ip/. */
  ipPtr: object | null = null
  /** True until unregistered. */
  registered = false
  /** True while it is being unregistered, not when it only moves to another namespace (NETREG_UNREGISTERING). */
  unregistering = false
  /** linkwatch: an event is queued. */
  linkwatchPending = false

  constructor(netns: Netns, name: string, ops: DeviceOps) {
    this.netns = netns
    this.name = name
    this.ops = ops
    const kind = ops.features
    if (kind !== null && (kind.on.includes(TSO) || kind.fixedOn.includes(TSO))) this.features |= NETIF_F_TSO
  }

  /** Sets the link-layer address without telling anybody; see rtnl for the full change. */
  setAddr(mac: number): void {
    this.addr = mac
    this.addrHi = macHi(mac)
    this.addrLo = macLo(mac)
    flowFlush(this.netns)
  }

  get isUp(): boolean {
    return (this.flags & IFF_UP) !== 0
  }

  /** `NETNS:NAME`. */
  toString(): string {
    return `${this.netns.name}:${this.name}`
  }

  /** The parts that identify the device. */
  toJSON(): { name: string; ifindex: number; netns: string; kind: string; mtu: number; up: boolean; carrier: boolean } {
    return {
      name: this.name,
      ifindex: this.ifindex,
      netns: this.netns.name,
      kind: this.ops.kind,
      mtu: this.mtu,
      up: this.isUp,
      carrier: this.carrier,
    }
  }
}
