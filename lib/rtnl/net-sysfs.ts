/**
 * /sys/class/net: the attributes of a device as files, one value each.
 *
 * What `ip link` shows is there; queues, power and the attributes of bridges are not.
 *
 * @see net/core/net-sysfs.c
 */
import type { DevStats } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { NetloomError, strerror } from '../errors.js'
import { formatMac } from '../wire/mac.js'
import { type LinkInfo, linkInfo } from './link.js'

const CLASS_NET = '/sys/class/net'
const IFF_UP = 0x1
/** Flags that the kernel computes for netlink and does not keep. */
const VOLATILE = 0x40
const FLAGS = 0xffff
const ETH_ALEN = 6

/** RFC 2863 states by number. */
const OPERSTATES: readonly string[] = ['unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up']

const invalid = (): never => {
  throw new NetloomError('EINVAL', 'Invalid argument', {})
}

const ATTRIBUTES: Readonly<Record<string, (link: LinkInfo) => string>> = {
  address: link => formatMac(link.address),
  addr_len: () => String(ETH_ALEN),
  broadcast: link => formatMac(link.broadcast),
  carrier: link => ((link.flags & IFF_UP) === 0 ? invalid() : link.dev.carrier ? '1' : '0'),
  carrier_changes: link => String(link.carrierChanges),
  flags: link => `0x${(link.flags & FLAGS & ~VOLATILE).toString(16)}`,
  ifalias: link => link.alias,
  ifindex: link => String(link.ifindex),
  iflink: link => String(link.iflink ?? link.ifindex),
  mtu: link => String(link.mtu),
  operstate: link => OPERSTATES[link.operstate] ?? 'unknown',
  tx_queue_len: link => String(link.txQueueLen),
  type: link => String(link.type),
}

const STATISTICS: Readonly<Record<string, (stats: DevStats) => number>> = {
  collisions: stats => stats.collisions,
  multicast: stats => stats.rxMulticast,
  rx_bytes: stats => stats.rxBytes,
  rx_dropped: stats => stats.rxDropped,
  rx_errors: stats => stats.rxErrors,
  rx_frame_errors: stats => stats.rxFrameErrors,
  rx_length_errors: stats => stats.rxLengthErrors,
  rx_missed_errors: stats => stats.rxMissed,
  rx_packets: stats => stats.rxPackets,
  tx_bytes: stats => stats.txBytes,
  tx_carrier_errors: stats => stats.txCarrier,
  tx_dropped: stats => stats.txDropped,
  tx_errors: stats => stats.txErrors,
  tx_packets: stats => stats.txPackets,
}

/** True for a path of /sys/class/net. */
export const isNetSysfs = (path: string): boolean => path === CLASS_NET || path.startsWith(`${CLASS_NET}/`)

/** Text of the file at an absolute path. Throws ENOENT, EISDIR, EINVAL for the carrier of a device that is down. */
export const readNetSysfs = (netns: Netns, path: string): string => {
  const [name = '', attribute = '', counter = '', ...others] = path.slice(CLASS_NET.length + 1).split('/')
  const refuse = (code: 'ENOENT' | 'EISDIR'): never => {
    throw new NetloomError(code, `${path}: ${strerror(code)}`, { path })
  }
  if (name === '') return refuse('EISDIR')
  const dev = netns.devices.find(device => device.name === name) ?? refuse('ENOENT')
  if (attribute === '' || (attribute === 'statistics' && counter === '')) return refuse('EISDIR')
  const link = linkInfo(dev)
  const isCounter = attribute === 'statistics' && others.length === 0
  if (isCounter && Object.hasOwn(STATISTICS, counter)) return `${STATISTICS[counter]!(link.stats)}\n`
  if (counter !== '' || !Object.hasOwn(ATTRIBUTES, attribute)) return refuse('ENOENT')
  const text = ATTRIBUTES[attribute]!(link)
  return attribute === 'ifalias' && text === '' ? '' : `${text}\n`
}

/** Names of the devices, for /sys/class/net itself. Throws ENOENT, and ENOTDIR for what is not listed. */
export const listNetSysfs = (netns: Netns, path: string): string[] => {
  if (path.replace(/\/+$/, '') === CLASS_NET) return netns.devices.map(dev => dev.name).sort()
  readNetSysfs(netns, path)
  throw new NetloomError('ENOTDIR', `${path}: ${strerror('ENOTDIR')}`, { path })
}
