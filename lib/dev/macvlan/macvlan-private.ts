/**
 * State of macvlans: one record a device, one a lower device that has some (its port).
 *
 * @see drivers/net/macvlan.c struct macvlan_port, include/linux/if_macvlan.h struct macvlan_dev
 */
import type { NetDevice } from '../../core/netdev.js'
import type { Skb } from '../../core/skb.js'
import { Ring } from '../../sim/ring.js'
import { MacHash } from '../mac-hash.js'
import { McFilter } from '../mc-filter.js'

export const MACVLAN_MODE_PRIVATE = 1
export const MACVLAN_MODE_VEPA = 2
export const MACVLAN_MODE_BRIDGE = 4
export const MACVLAN_MODE_PASSTHRU = 8
export const MACVLAN_MODE_SOURCE = 16

/** A passthru macvlan does not put its lower device into promiscuous mode. */
export const MACVLAN_FLAG_NOPROMISC = 1
/** What a macvlan in source mode gets, nobody else gets. */
export const MACVLAN_FLAG_NODST = 2

/** Broadcasts that may wait for the work queue, when nobody asks for another number. */
export const MACVLAN_DEFAULT_BC_QUEUE_LEN = 1000
/** A group that more macvlans than this listen to is delivered by the work queue. */
export const DEFAULT_BC_CUTOFF = 1

const GOLDEN_RATIO_64 = 0x61c8864680b583ebn
const HASH_SHIFT = 56n
const MASK_64 = (1n << 64n) - 1n

/**
 * Bucket 0..255 of a MAC in the kernel's tables, whose order is that of deliveries to several macvlans
 * (macvlan_eth_hash).
 */
export const macvlanEthHash = (mac: number): number => {
  let value = 0n
  let rest = BigInt(mac)
  for (let octet = 0; octet < 6; octet++) {
    value = (value << 8n) | (rest & 0xffn)
    rest >>= 8n
  }
  return Number((((value << 16n) * GOLDEN_RATIO_64) & MASK_64) >> HASH_SHIFT)
}

/** A macvlan (struct macvlan_dev). */
export class Macvlan {
  readonly dev: NetDevice
  readonly lowerdev: NetDevice
  readonly port: MacvlanPort
  mode: number
  flags: number
  /** Broadcasts that its port should let wait, at least. */
  bcQueueLenReq: number
  /** Groups that it listens to. */
  readonly mcFilter: McFilter = new McFilter()
  /** Frames that it could not receive. */
  rxErrors = 0
  /** Place in the port's table: bucket of its MAC. */
  bucket = 0

  constructor(dev: NetDevice, port: MacvlanPort, mode: number, flags: number, bcQueueLenReq: number) {
    this.dev = dev
    this.port = port
    this.lowerdev = port.dev
    this.mode = mode
    this.flags = flags
    this.bcQueueLenReq = bcQueueLenReq
  }
}

/** The macvlans in source mode that want the frames of one sender, the newest first. */
export class SourceEntry {
  readonly mac: number
  readonly bucket: number
  readonly vlans: Macvlan[] = []
  /** Number of each entry of {@link vlans}: later ones are greater. */
  readonly seqs: number[] = []

  constructor(mac: number) {
    this.mac = mac
    this.bucket = macvlanEthHash(mac)
  }
}

/** A lower device with its macvlans (struct macvlan_port). */
export class MacvlanPort {
  readonly dev: NetDevice
  /** Macvlans that are up, by MAC; in passthru mode the one that there is. */
  readonly hash: MacHash<Macvlan> = new MacHash<Macvlan>()
  /** The same in the order in which the kernel walks through its table. */
  readonly hashed: Macvlan[] = []
  /** All macvlans in the order in which they were made. */
  readonly vlans: Macvlan[] = []
  /** Devices that are registered, those that are only just being made included. */
  count = 0
  passthru = false
  /** The change of address under way came from the passthru macvlan. */
  addrChange = false
  /** Address to go back to when the passthru macvlan goes. */
  permAddr: number
  readonly sources: MacHash<SourceEntry> = new MacHash<SourceEntry>()
  readonly sourceList: SourceEntry[] = []
  sourceSeq = 0
  /** Broadcasts that wait for the work queue, and who sent them. */
  readonly bcQueue: Ring<Skb> = new Ring<Skb>()
  readonly bcSources: (Macvlan | null)[] = []
  /** The work is queued. */
  bcWorkPending = false
  bcQueueLenUsed = 0
  bcCutoff: number = DEFAULT_BC_CUTOFF
  /** Groups that go through the work queue, and those that go to macvlans at all. */
  readonly bcFilter: McFilter = new McFilter()
  readonly mcFilter: McFilter = new McFilter()

  constructor(dev: NetDevice) {
    this.dev = dev
    this.permAddr = dev.addr
  }
}

/** State of a macvlan. */
export const macvlanPriv = (dev: NetDevice): Macvlan => dev.priv as Macvlan

/** True for a macvlan (netif_is_macvlan). */
export const isMacvlan = (dev: NetDevice): boolean => dev.priv instanceof Macvlan

/** The port that a device is, or null (netif_is_macvlan_port). */
export const macvlanPortOf = (dev: NetDevice): MacvlanPort | null =>
  dev.rxHandlerData instanceof MacvlanPort ? dev.rxHandlerData : null

/** Lets frames for the macvlan's address in (macvlan_hash_add). */
export const macvlanHashAdd = (vlan: Macvlan): void => {
  const { port } = vlan
  port.hash.set(vlan.dev.addr, vlan)
  vlan.bucket = macvlanEthHash(vlan.dev.addr)
  const at = port.hashed.findIndex(other => other.bucket >= vlan.bucket)
  port.hashed.splice(at < 0 ? port.hashed.length : at, 0, vlan)
}

/** Ends {@link macvlanHashAdd}. */
export const macvlanHashDel = (vlan: Macvlan): void => {
  const { port } = vlan
  port.hash.delete(vlan.dev.addr)
  port.hashed.splice(port.hashed.indexOf(vlan), 1)
}

/** True for an address that the lower device (not in passthru mode) or a macvlan that is up has (macvlan_addr_busy). */
export const macvlanAddrBusy = (port: MacvlanPort, mac: number): boolean =>
  (!port.passthru && !port.addrChange && port.dev.addr === mac) || port.hash.get(mac) !== null
