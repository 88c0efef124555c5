/**
 * tun and tap: a device whose other end is a program. What the device sends waits for the program to read it; what the
 * program writes the device has received. tun carries IP packets without a link-layer header, tap Ethernet frames.
 *
 * A device lives as long as the program has it open, unless it is persistent; without a program it has no carrier.
 * Left out: checksum and segmentation offload, address filters, NAPI and XDP.
 *
 * DIFFERS: devices with vnet_hdr or multi_queue can be made and shown, and no program of netloom can open them.
 *
 * @see drivers/net/tun.c
 */
import { type FeatureName, type KindFeatures, SCATTER, SOFT_OFF } from '../core/netdev-features.js'
import { netifCarrierOff, netifCarrierOn, registerNetdevice, unregisterNetdevice } from '../core/dev.js'
import { ethTypeTrans } from '../core/dev-rx.js'
import { DROP } from '../core/drop.js'
import {
  ARPHRD_NONE,
  type DeviceOps,
  deviceOps,
  IFF_BROADCAST,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_POINTOPOINT,
  IFF_UP,
  NET_XMIT_DROP,
  NETDEV_TX_OK,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_HW_VLAN_STAG_TX,
  NetDevice,
} from '../core/netdev.js'
import { nfResetCt } from '../core/netfilter.js'
import type { Netns } from '../core/netns.js'
import type { LinkKind } from '../core/registry.js'
import { deliverSkb, kfreeSkb, SKB_HEADROOM, type Skb, skbOrphan } from '../core/skb.js'
import { skbReuse } from '../core/skb-reuse.js'
import { vlanHwaccelPushInside } from '../core/skb-vlan.js'
import { errnoNumber, extackError, NetloomError } from '../errors.js'
import { Ring } from '../sim/ring.js'
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6 } from '../wire/ethernet.js'
import { ethRandomAddr } from './eth-random-addr.js'

/** What TUNSETIFF asks for. */
export interface TunSetIff {
  /** A free `tunN` or `tapN` when absent; a `%d` in it stands for a number. */
  readonly name?: string
  readonly mode: 'tun' | 'tap'
  /** Packets begin with four octets: flags and EtherType. */
  readonly pi?: boolean
  readonly oneQueue?: boolean
  readonly vnetHdr?: boolean
  readonly multiQueue?: boolean
  /** Refuse a device that is there already (IFF_TUN_EXCL). */
  readonly exclusive?: boolean
}

/** Attributes of a tun or tap as `ip -d link` and `ip tuntap` show them. */
export interface TunAttrs {
  readonly type: 'tun' | 'tap'
  readonly pi: boolean
  readonly oneQueue: boolean
  readonly vnetHdr: boolean
  readonly multiQueue: boolean
  /** Programs that have it open. */
  readonly numQueues: number
  readonly numDisabled: number
  readonly persist: boolean
  /** Numbers of who may open it; null for anybody. */
  readonly user: number | null
  readonly group: number | null
}

const TUN_QUEUE = 500
const TAP_QUEUE = 1000
const MAX_MTU = 65535
const MIN_MTU = 68
/** Queues that a multi-queue device says it has. */
const MAX_QUEUES = 256
/** Flags and EtherType in front of a packet (struct tun_pi). */
const PI_LEN = 4
const EINVAL = errnoNumber('EINVAL')
const EIO = errnoNumber('EIO')
const EBADFD = errnoNumber('EBADFD')

/** An open /dev/net/tun (struct tun_file). */
export class TunFile {
  /** The device; null once it is gone or the file is closed. */
  dev: NetDevice | null = null
  /** Packets that nobody has read. */
  readonly ring: Ring<Skb> = new Ring<Skb>()
  /** Called when a packet has come (sk_data_ready), and when the device has gone. */
  onReadable: (() => void) | null = null
}

/** State of a device (struct tun_struct). */
class Tun {
  readonly isTap: boolean
  readonly multiQueue: boolean
  pi = false
  oneQueue = false
  vnetHdr = false
  persist = false
  user: number | null = null
  group: number | null = null
  file: TunFile | null = null

  constructor(isTap: boolean, multiQueue: boolean) {
    this.isTap = isTap
    this.multiQueue = multiQueue
  }
}

const tunOf = (dev: NetDevice): Tun => dev.priv as Tun

/** Lets the program have a packet, as long as its queue has room (tun_net_xmit). */
const tunXmit = (skb: Skb, dev: NetDevice): number => {
  const { file } = dev.priv as Tun
  if (file === null || file.ring.length >= dev.txQueueLen) {
    dev.stats.txDropped++
    kfreeSkb(skb, file === null ? DROP.DEV_READY : DROP.FULL_RING)
    return NET_XMIT_DROP
  }
  if (skb.vlanProto !== 0) vlanHwaccelPushInside(skb)
  // A program may let it lie for any time: for its sender it has left, and it keeps no connection alive.
  skbOrphan(skb)
  nfResetCt(skb)
  skb.nfBridge = null
  file.ring.push(skb)
  file.onReadable?.()
  return NETDEV_TX_OK
}

const purge = (file: TunFile): void => {
  for (let skb = file.ring.shift(); skb !== null; skb = file.ring.shift()) kfreeSkb(skb, DROP.QUEUE_PURGE)
}

/** The device goes: its program hears of it (tun_detach_all). */
const tunUninit = (dev: NetDevice): void => {
  const tun = tunOf(dev)
  const { file } = tun
  if (file === null) return
  purge(file)
  file.dev = null
  tun.file = null
  file.onReadable?.()
}

/** What a program has to allow first (TUN_USER_FEATURES). */
const TUN_USER: readonly FeatureName[] = [
  'tx-checksum-ip-generic',
  'tx-tcp-segmentation',
  'tx-tcp-ecn-segmentation',
  'tx-tcp6-segmentation',
  'tx-udp_tnl-segmentation',
  'tx-udp_tnl-csum-segmentation',
  'tx-udp-segmentation',
]

/** What `ethtool -k` shows of a new one. */
const TUN_FEATURES: KindFeatures = {
  fixedOn: [],
  on: [...SCATTER, ...TUN_USER, 'tx-generic-segmentation', 'rx-gro', 'tx-vlan-hw-insert', 'tx-vlan-stag-hw-insert'],
  off: ['tx-tcp-mangleid-segmentation', 'tx-nocache-copy', ...SOFT_OFF],
  never: TUN_USER,
}

const TUN_OPS: DeviceOps = deviceOps({
  kind: 'tun',
  features: TUN_FEATURES,
  startXmit: tunXmit,
  uninit: tunUninit,
  setMacAddress: dev => {
    throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name })
  },
  changeCarrier: (dev, on) => {
    if (on && tunOf(dev).file === null) throw new NetloomError('EPERM', undefined, { dev: dev.name })
    if (on) netifCarrierOn(dev)
    else netifCarrierOff(dev)
  },
  getSpeed: () => 10000,
})

const TAP_OPS: DeviceOps = { ...TUN_OPS, setMacAddress: null }

/** A device as tun_net_init and tun_setup leave it. */
const newDevice = (netns: Netns, name: string, tun: Tun): NetDevice => {
  const { isTap } = tun
  const dev = new NetDevice(netns, name, isTap ? TAP_OPS : TUN_OPS)
  dev.priv = tun
  dev.noQueue = false
  dev.features = NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX
  dev.minMtu = MIN_MTU
  dev.txQueueLen = isTap ? TAP_QUEUE : TUN_QUEUE
  dev.numTxQueues = tun.multiQueue ? MAX_QUEUES : 1
  dev.numRxQueues = dev.numTxQueues
  if (isTap) {
    dev.flags = IFF_BROADCAST | IFF_MULTICAST
    dev.setAddr(ethRandomAddr(netns.world))
  } else {
    dev.type = ARPHRD_NONE
    dev.flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST
    dev.hardHeaderLen = 0
    dev.broadcast = 0
  }
  dev.maxMtu = MAX_MTU - dev.hardHeaderLen
  return dev
}

/** An existing device that the request may have. Throws EBUSY, EINVAL. */
const existing = (dev: NetDevice, request: TunSetIff): NetDevice => {
  const context = { dev: dev.name, mode: request.mode }
  if (request.exclusive === true) throw new NetloomError('EBUSY', undefined, context)
  const tun = dev.ops.kind === 'tun' ? tunOf(dev) : null
  if (tun === null || tun.isTap !== (request.mode === 'tap') || tun.multiQueue !== (request.multiQueue ?? false))
    throw new NetloomError('EINVAL', undefined, context)
  if (tun.file !== null) throw new NetloomError('EBUSY', undefined, context)
  return dev
}

/**
 * Opens a device, a new one when there is none of that name (TUNSETIFF). Throws EBUSY for one that is open or, with
 * `exclusive`, there; EINVAL for a name or for a device of another kind.
 */
export const tunSetIff = (netns: Netns, request: TunSetIff): TunFile => {
  const { name = `${request.mode}%d` } = request
  let dev = netns.devByName(name)
  if (dev !== null) existing(dev, request)
  else {
    dev = newDevice(netns, name, new Tun(request.mode === 'tap', request.multiQueue ?? false))
    registerNetdevice(dev)
  }
  const tun = tunOf(dev)
  tun.pi = request.pi ?? false
  tun.oneQueue = request.oneQueue ?? false
  tun.vnetHdr = request.vnetHdr ?? false
  const file = new TunFile()
  file.dev = dev
  tun.file = file
  netifCarrierOn(dev)
  return file
}

/** Keeps the device when nobody has it open, or not (TUNSETPERSIST). Throws EBADFD without a device. */
export const tunSetPersist = (file: TunFile, persist: boolean): void => {
  if (file.dev === null) throw new NetloomError('EBADFD')
  tunOf(file.dev).persist = persist
}

/** Says who may open the device (TUNSETOWNER, TUNSETGROUP). Throws EBADFD without a device. */
export const tunSetOwner = (file: TunFile, user: number | null, group: number | null): void => {
  if (file.dev === null) throw new NetloomError('EBADFD')
  const tun = tunOf(file.dev)
  tun.user = user ?? tun.user
  tun.group = group ?? tun.group
}

/** Closes the file; the device goes unless it is persistent (tun_detach). */
export const tunClose = (file: TunFile): void => {
  const { dev } = file
  if (dev === null) return
  const tun = tunOf(dev)
  purge(file)
  tun.file = null
  file.dev = null
  netifCarrierOff(dev)
  if (!tun.persist) unregisterNetdevice(dev)
}

/**
 * The next packet as a program reads it that leaves the octets where they are, null when there is none: those from `data`
 * to `tail`, without flags and EtherType. The program ends it with deliverSkb, or gives it to the kernel again.
 */
export const tunReadSkb = (file: TunFile): Skb | null => {
  const skb = file.ring.shift()
  const { dev } = file
  if (skb === null || dev === null) return null
  dev.stats.txPackets++
  dev.stats.txBytes += skb.tail - skb.data
  return skb
}

/** The next packet as the program reads it, null when there is none (tun_put_user). */
export const tunRead = (file: TunFile): Uint8Array | null => {
  const skb = tunReadSkb(file)
  if (skb === null) return null
  const octets = skb.tail - skb.data
  const front = tunOf(file.dev!).pi ? PI_LEN : 0
  const out = new Uint8Array(front + octets)
  if (front > 0) {
    out[2] = skb.protocol >> 8
    out[3] = skb.protocol
  }
  out.set(skb.buf.subarray(skb.data, skb.tail), front)
  deliverSkb(skb)
  return out
}

const refuse = (dev: NetDevice, errno: number): number => {
  dev.stats.rxDropped++
  return -errno
}

/** EtherType of a packet without one in front of it, by its first octet; 0 when it is no IP. */
const protocolOf = (first: number): number => {
  const version = first >> 4
  return version === 4 ? ETH_P_IP : version === 6 ? ETH_P_IPV6 : 0
}

/** A packet from outside of the kernel, with the octets of `bytes` from `front` on. */
const entered = (dev: NetDevice, bytes: Uint8Array, front: number, headerLen: number): Skb => {
  const { netns } = dev
  const octets = bytes.length - front
  netns.acct.entered++
  netns.acct.alive++
  const skb = netns.world.skbs.alloc(SKB_HEADROOM + octets, netns)
  // The network header falls where it falls for every other packet of this host.
  skb.data = SKB_HEADROOM - headerLen
  skb.tail = skb.data + octets
  skb.buf.set(front === 0 ? bytes : bytes.subarray(front), skb.data)
  skb.macHeader = skb.data
  skb.dev = dev
  return skb
}

/**
 * Gives the device a packet to receive, which the machine handles before this returns outside of softirq (tun_get_user).
 * Octets taken, or a negative errno: EINVAL for what is no packet, EIO for a device that is down, EBADFD without one.
 */
export const tunWrite = (file: TunFile, bytes: Uint8Array): number => {
  const { dev } = file
  if (dev === null) return -EBADFD
  const { isTap, pi } = tunOf(dev)
  const front = pi ? PI_LEN : 0
  if (bytes.length < front) return -EINVAL
  if (isTap && bytes.length - front < ETH_HLEN) return -EINVAL
  const protocol = pi ? (bytes[2]! << 8) | bytes[3]! : isTap ? 0 : protocolOf(bytes[0] ?? 0)
  if (!isTap && !pi && protocol === 0) return refuse(dev, EINVAL)
  if ((dev.flags & IFF_UP) === 0) return refuse(dev, EIO)
  const skb = entered(dev, bytes, front, isTap ? ETH_HLEN : 0)
  if (isTap) ethTypeTrans(skb, dev)
  else skb.protocol = protocol
  received(dev, skb, bytes.length - front)
  return bytes.length
}

/**
 * As {@link tunWrite} for the octets of a packet that the program has read, from `data` to `tail`; owns it. For a tun
 * without flags and EtherType.
 */
export const tunWriteSkb = (file: TunFile, read: Skb): number => {
  const { dev } = file
  const octets = read.tail - read.data
  const protocol = octets === 0 ? 0 : protocolOf(read.buf[read.data]!)
  if (dev === null || protocol === 0 || (dev.flags & IFF_UP) === 0) {
    deliverSkb(read)
    if (dev === null) return -EBADFD
    return refuse(dev, protocol === 0 ? EINVAL : EIO)
  }
  const skb = skbReuse(read, dev.netns)
  dev.netns.acct.entered++
  skb.macHeader = skb.data
  skb.dev = dev
  skb.protocol = protocol
  received(dev, skb, octets)
  return octets
}

/** Counts a packet and lets the machine handle it. */
const received = (dev: NetDevice, skb: Skb, octets: number): void => {
  dev.stats.rxPackets++
  dev.stats.rxBytes += octets
  dev.netns.world.enter(skb)
}

/** The attributes of a tun or tap. */
export const tunAttrs = (dev: NetDevice): TunAttrs => {
  const { isTap, pi, oneQueue, vnetHdr, multiQueue, persist, user, group, file } = tunOf(dev)
  return {
    type: isTap ? 'tap' : 'tun',
    pi,
    oneQueue,
    vnetHdr,
    multiQueue,
    numQueues: file === null ? 0 : 1,
    numDisabled: 0,
    persist,
    user,
    group,
  }
}

const refuseLink = (): never => {
  throw extackError('EOPNOTSUPP', 'tun/tap creation via rtnetlink is not supported')
}

/** The kind `tun`, which both have. It is made by programs and by `ip tuntap`, not by `ip link`. */
export const TUN_KIND: LinkKind = {
  kind: 'tun',
  newlink: refuseLink,
  changelink: refuseLink,
  dellink: unregisterNetdevice,
  fillInfo: tunAttrs,
}
