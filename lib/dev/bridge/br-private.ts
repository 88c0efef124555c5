/**
 * What the parts of the bridge share: its state, its ports and their flags.
 *
 * @see net/bridge/br_private.h, include/linux/if_bridge.h, include/uapi/linux/if_bridge.h
 */
import type { Dst } from '../../core/dst.js'
import type { Skb } from '../../core/skb.js'
import { type BrNetfilter, brNetfilter } from './br-netfilter-sysctl.js'
import { MacTable } from '../../core/mac-table.js'
import { IFF_UP, type NetDevice } from '../../core/netdev.js'
import type { World } from '../../core/world.js'
import { ETH_P_8021Q } from '../../wire/ethernet.js'
import type { FdbEntry } from './br-fdb-table.js'
import type { BridgeMcast, PortMcast } from './br-mcast-state.js'
import { clockToJiffies, LapseTimer } from './br-timer.js'
import type { VlanGroup } from './br-vlan-group.js'

/** Port states as `bridge link` names them. */
export const BR_STATE_DISABLED = 0
export const BR_STATE_LISTENING = 1
export const BR_STATE_LEARNING = 2
export const BR_STATE_FORWARDING = 3
export const BR_STATE_BLOCKING = 4

/** Flags of a port (struct net_bridge_port.flags). */
export const BR_HAIRPIN_MODE: number = 1 << 0
export const BR_BPDU_GUARD: number = 1 << 1
export const BR_ROOT_BLOCK: number = 1 << 2
export const BR_MULTICAST_FAST_LEAVE: number = 1 << 3
export const BR_ADMIN_COST: number = 1 << 4
export const BR_LEARNING: number = 1 << 5
export const BR_FLOOD: number = 1 << 6
export const BR_PROXYARP: number = 1 << 8
export const BR_PROXYARP_WIFI: number = 1 << 10
export const BR_MCAST_FLOOD: number = 1 << 11
export const BR_MULTICAST_TO_UNICAST: number = 1 << 12
export const BR_BCAST_FLOOD: number = 1 << 14
export const BR_NEIGH_SUPPRESS: number = 1 << 15
export const BR_ISOLATED: number = 1 << 16
export const BR_PORT_LOCKED: number = 1 << 21
export const BR_PORT_MAB: number = 1 << 22

/** Bits of `skb.brFlags` (struct br_input_skb_cb): the low octet is the IGMP type, 0 when it is none. */
export const BRCB_IGMP_MASK = 0xff
/** Only for multicast routers and hosts that joined. */
export const BRCB_MROUTERS_ONLY = 0x100
export const BRCB_PROXYARP_REPLIED = 0x200
export const BRCB_SRC_PORT_ISOLATED = 0x400
/** The VLAN has been checked on the way in, and a tag stands beside the frame: the way out depends on it. */
export const BRCB_VLAN_FILTERED = 0x800

/** The frame may be learned from, no more: the port is in the learning state within the frame's VLAN. */
export const BRCB_LEARN_ONLY = 0x1000

/** It came by way of br_netfilter where nothing stands at IPv4's hooks. */
export const BRCB_BRNF = 0x2000

/** Destination of a frame, for flooding. */
export const BR_PKT_UNICAST = 0
export const BR_PKT_MULTICAST = 1
export const BR_PKT_BROADCAST = 2

const SECOND = 100
/** 01:80:c2:00:00:00, the address of bridges. */
const GROUP_ADDRESS = 0x0180c2000000
const DEFAULT_PRIORITY = 0x8000

/** Steps of a frame's way that br_netfilter goes on with. */
export interface BridgePath {
  /** Bridges a frame whose hook functions have had their look; `skb.dev` is its port. */
  handleFrameFinish(skb: Skb): void
  /** Sends a frame by the port `skb.dev`. */
  devQueuePushXmit(skb: Skb): void
}

/** A bridge (struct net_bridge); `priv` of its device. Times in jiffies. */
export class Bridge {
  readonly dev: NetDevice
  readonly world: World
  /** The newest port first: the order in which it floods. */
  readonly ports: BridgePort[] = []
  readonly fdb: MacTable<FdbEntry> = new MacTable<FdbEntry>()
  readonly mcast: BridgeMcast
  ageingTime: number = clockToJiffies(300 * SECOND)
  forwardDelay: number = clockToJiffies(15 * SECOND)
  helloTime: number = clockToJiffies(2 * SECOND)
  maxAge: number = clockToJiffies(20 * SECOND)
  /** bridge_id: priority and address. The address is zero until there is a port or somebody chose one. */
  priority: number = DEFAULT_PRIORITY
  bridgeIdAddr = 0
  designatedRootPriority: number = DEFAULT_PRIORITY
  designatedRootAddr = 0
  groupFwdMask = 0
  groupAddr: number = GROUP_ADDRESS
  /** Virtual time of the next clean-up of the forwarding table, Infinity when none is planned; see br-fdb-gc.ts. */
  gcAt: number = Number.POSITIVE_INFINITY
  /** Jiffies that the clean-up was set to. */
  gcExpires = 0
  fdbMaxLearned = 0
  fdbNLearned = 0
  noLinklocalLearn = false
  /** The user chose the MTU: it no longer follows the ports. */
  mtuSetByUser = false
  /** Ports that answer or hold back ARP (proxy_arp, proxy_arp_wifi, neigh_suppress). */
  arpProxyPorts = 0
  neighSuppressEnabled = false
  /** Number of the next port, see {@link BridgePort.seq}. */
  nextPortSeq = 1
  /** VLANs of the bridge and its own host; null until somebody asks for VLANs, see br-vlan.ts. */
  vlgrp: VlanGroup | null = null
  /** vlan_filtering. */
  vlanEnabled = false
  /** EtherType of the tags that the bridge goes by. */
  vlanProto: number = ETH_P_8021Q
  defaultPvid = 1
  vlanStatsEnabled = false
  vlanStatsPerPort = false
  /** Somebody chose {@link groupAddr}. */
  groupAddrSet = false
  /** Link-local groups that are forwarded whatever group_fwd_mask says, as VLANs of 802.1ad need it. */
  groupFwdMaskRequired = 0
  /** nf_call_iptables and its like: this bridge's frames pass the hooks whatever the sysctl says. */
  nfCallIptables = 0
  nfCallIp6tables = 0
  nfCallArptables = 0
  /** Stands for a route while a frame passes IPv4's hooks (fake_rtable). */
  fakeRtable: Dst | null = null
  /** br_netfilter of the namespace, see br-netfilter-sysctl.ts. */
  readonly brnf: BrNetfilter
  readonly path: BridgePath

  /** `makeMcast` makes the multicast state; br-multicast.ts has it. */
  constructor(dev: NetDevice, makeMcast: (br: Bridge) => BridgeMcast, path: BridgePath) {
    this.dev = dev
    this.path = path
    this.brnf = brNetfilter(dev.netns)
    this.world = dev.netns.world
    this.mcast = makeMcast(this)
  }
}

/** A port of a bridge (struct net_bridge_port); `rxHandlerData` of its device. */
export class BridgePort {
  readonly br: Bridge
  readonly dev: NetDevice
  /** 1..1023, the smallest free one. */
  readonly portNo: number
  /**
   * Place of the port among those of a multicast group: larger ones first.
   * DIFFERS: the kernel sorts by the address of the port's memory, which is random.
   */
  readonly seq: number
  state: number = BR_STATE_DISABLED
  flags: number = BR_LEARNING | BR_FLOOD | BR_MCAST_FLOOD | BR_BCAST_FLOOD
  groupFwdMask = 0
  priority = 32
  pathCost: number
  portId: number
  designatedPort: number
  designatedCost = 0
  designatedRootPriority = 0
  designatedRootAddr = 0
  designatedBridgePriority = 0
  designatedBridgeAddr = 0
  backupPort: BridgePort | null = null
  /** VLANs of the port; null while the bridge has none. */
  vlgrp: VlanGroup | null = null
  readonly mcast: PortMcast
  readonly forwardDelayTimer: LapseTimer

  /** `makeMcast` makes the multicast state; br-multicast.ts has it. */
  constructor(
    br: Bridge,
    dev: NetDevice,
    portNo: number,
    pathCost: number,
    makeMcast: (port: BridgePort) => PortMcast,
  ) {
    this.br = br
    this.dev = dev
    this.portNo = portNo
    this.seq = br.nextPortSeq++
    this.pathCost = pathCost
    this.portId = makePortId(this.priority, portNo)
    this.designatedPort = this.portId
    this.mcast = makeMcast(this)
    this.forwardDelayTimer = new LapseTimer(br.world)
  }
}

/** IEEE 802.1D port identifier: six bits of priority, ten of number (br_make_port_id). */
export const makePortId = (priority: number, portNo: number): number => ((priority & 0x3f) << 10) | (portNo & 0x3ff)

/** The bridge whose device `dev` is. The caller knows that it is one. */
export const bridgeOf = (dev: NetDevice): Bridge => dev.priv as Bridge

/** True for the device of a bridge (netif_is_bridge_master). */
export const isBridge = (dev: NetDevice): boolean => dev.priv instanceof Bridge

/** The port that a device is, or null. */
export const bridgePortOf = (dev: NetDevice): BridgePort | null =>
  dev.rxHandlerData instanceof BridgePort ? dev.rxHandlerData : null

/** True while the bridge's device is up. */
export const bridgeIsUp = (br: Bridge): boolean => (br.dev.flags & IFF_UP) !== 0

/** True when a port learns in its state (nbp_state_should_learn). */
export const portStateLearns = (p: BridgePort): boolean =>
  p.state === BR_STATE_LEARNING || p.state === BR_STATE_FORWARDING
