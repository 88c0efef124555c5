/**
 * State of vxlan devices: configuration, forwarding entries with their remotes, and the sockets that devices share.
 *
 * @see drivers/net/vxlan/vxlan_private.h, include/net/vxlan.h
 */
import type { Dst } from '../../core/dst.js'
import { MacTable } from '../../core/mac-table.js'
import type { NetDevice } from '../../core/netdev.js'
import { type Netns, netnsSlot } from '../../core/netns.js'
import type { UdpTunnelSock } from '../../ip/udp-tunnel.js'
import { macFrom } from '../../wire/mac.js'

export const VXLAN_F_LEARN = 0x01
export const VXLAN_F_PROXY = 0x02
export const VXLAN_F_RSC = 0x04
export const VXLAN_F_L2MISS = 0x08
export const VXLAN_F_L3MISS = 0x10
export const VXLAN_F_UDP_ZERO_CSUM_TX = 0x40
export const VXLAN_F_UDP_ZERO_CSUM6_TX = 0x80
export const VXLAN_F_UDP_ZERO_CSUM6_RX = 0x100
export const VXLAN_F_GBP = 0x800
export const VXLAN_F_TTL_INHERIT = 0x10000
export const VXLAN_F_LOCALBYPASS = 0x80000
/** Flags that devices must have in common to share a socket (VXLAN_F_RCV_FLAGS). */
export const VXLAN_F_RCV_FLAGS: number = VXLAN_F_GBP | VXLAN_F_UDP_ZERO_CSUM6_RX

export const VXLAN_DF_UNSET = 0
export const VXLAN_DF_SET = 1
export const VXLAN_DF_INHERIT = 2

/** Octets of outer IPv4, UDP and VXLAN headers and of the Ethernet header inside (vxlan_headroom). */
export const VXLAN_HEADROOM = 50
/** VNIs are smaller (VXLAN_N_VID). */
export const VXLAN_N_VID: number = 1 << 24

/** Configuration of a device (struct vxlan_config). Addresses as int32, 0 for none. */
export interface VxlanConfig {
  readonly vni: number
  readonly remoteIp: number
  readonly saddr: number
  readonly remoteIfindex: number
  /** 0: that of the route, or 1 to a group. */
  readonly ttl: number
  /** 1: that of the packet inside. */
  readonly tos: number
  readonly df: number
  readonly dstPort: number
  readonly portMin: number
  readonly portMax: number
  /** Seconds. */
  readonly ageInterval: number
  /** Entries at most, 0 for no limit. */
  readonly addrMax: number
  /** VXLAN_F_*. */
  readonly flags: number
}

/** One far end of a forwarding entry (struct vxlan_rdst). */
export class VxlanRdst {
  remoteIp: number
  remotePort: number
  remoteVni: number
  remoteIfindex: number
  /** The route to it that was found last, and the source address that goes with it (dst_cache). */
  dst: Dst | null = null
  dstSaddr = 0

  constructor(remoteIp: number, remotePort: number, remoteVni: number, remoteIfindex: number) {
    this.remoteIp = remoteIp
    this.remotePort = remotePort
    this.remoteVni = remoteVni
    this.remoteIfindex = remoteIfindex
  }
}

/** A forwarding entry (struct vxlan_fdb). */
export class VxlanFdb {
  readonly hi: number
  readonly lo: number
  /** VNI that it belongs to: frames meet only those of the device's own. */
  readonly vni: number
  /** NUD_* and NTF_*; {@link NTF_VXLAN_ADDED_BY_USER} besides. */
  state: number
  flags: number
  /** Virtual time of the last frame to the address, and of the last one from it or change by somebody. */
  used: number
  updated: number
  readonly remotes: VxlanRdst[] = []
  index = 0
  prev: VxlanFdb | null = null
  next: VxlanFdb | null = null

  constructor(hi: number, lo: number, vni: number, state: number, flags: number, now: number) {
    this.hi = hi
    this.lo = lo
    this.vni = vni
    this.state = state
    this.flags = flags
    this.used = now
    this.updated = now
  }

  /** The MAC as one number. */
  get mac(): number {
    return macFrom(this.hi, this.lo)
  }
}

/** The entry was added by a user, not learned; never shown. */
export const NTF_VXLAN_ADDED_BY_USER = 0x100

/** A socket and the devices that receive by it (struct vxlan_sock). */
export class VxlanSock {
  readonly port: number
  /** VXLAN_F_RCV_FLAGS of its devices. */
  readonly flags: number
  /** Null while it is being opened. */
  sock: UdpTunnelSock | null = null
  /** Devices that are up, by VNI. */
  readonly devices: Map<number, Vxlan> = new Map()
  /** The one that received last. */
  last: Vxlan | null = null

  constructor(port: number, flags: number) {
    this.port = port
    this.flags = flags
  }
}

/** State of a vxlan device (struct vxlan_dev). */
export class Vxlan {
  readonly dev: NetDevice
  /** Namespace that its packets travel in: where it was made, wherever it is now. */
  readonly net: Netns
  cfg: VxlanConfig
  /** The device that it stands on, or null. */
  lower: NetDevice | null = null
  /** Its socket while it is up. */
  vs: VxlanSock | null = null
  readonly fdb: MacTable<VxlanFdb> = new MacTable<VxlanFdb>()
  /** Entries of VNIs that are not the device's: listed, and met by no frame. */
  readonly foreign: VxlanFdb[] = []
  /** Virtual time of the next clean-up; infinite while it is down. See vxlan-fdb.ts. */
  ageAt: number = Number.POSITIVE_INFINITY

  constructor(dev: NetDevice, net: Netns, cfg: VxlanConfig) {
    this.dev = dev
    this.net = net
    this.cfg = cfg
  }
}

/** Devices and sockets of one namespace (struct vxlan_net). */
export class VxlanNet {
  /** Devices that were made here, the newest first; some may have moved elsewhere. */
  readonly devices: Vxlan[] = []
  readonly socks: VxlanSock[] = []
}

const VXLAN_NET = netnsSlot('vxlan', () => new VxlanNet())

/** vxlan's state of a namespace. */
export const vxlanNet = (netns: Netns): VxlanNet => netns.slot(VXLAN_NET)

/** State of a vxlan device. */
export const vxlanOf = (dev: NetDevice): Vxlan => dev.priv as Vxlan
