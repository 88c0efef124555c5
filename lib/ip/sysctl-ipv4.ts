/**
 * The keys net.ipv4.* that netloom obeys. A key that is not here does not exist: reading or writing it is refused.
 *
 * @see net/ipv4/sysctl_net_ipv4.c, net/ipv4/devinet.c, net/core/neighbour.c, Documentation/networking/ip-sysctl.rst
 */
import { NetloomError } from '../errors.js'
import type { Netns } from '../core/netns.js'
import { bitmapText, parseBitmap } from '../core/sysctl-bitmap.js'
import { type SysctlEntry, sysctlDevice, sysctlInt } from '../core/sysctl.js'
import { HZ } from '../sim/timer.js'
import { ACCEPT_REDIRECTS, DEVCONF_NAMES, type DevConf, FORWARDING, MC_FORWARDING } from './devconf.js'
import { inDevOf } from './in-device.js'
import { ipv4, rtCacheFlush, rtCacheForget } from './ipv4.js'
import type { Ipv4, Ipv4Sysctls } from './netns-ipv4.js'
import { BASE_REACHABLE_TIME, NEIGH_PARM_NAMES, type NeighParms, QUEUE_LEN_BYTES } from './neigh-parms.js'
import { FRAME_TRUESIZE } from './truesize.js'

/** Milliseconds of one tick of the kernel. */
const MSEC_PER_JIFFY: number = 1000 / HZ

/** Times in milliseconds are kept in ticks of four, rounded up. */
const toJiffies = (ms: number): number => Math.ceil(ms / MSEC_PER_JIFFY) * MSEC_PER_JIFFY

type NumberField = { [K in keyof Ipv4Sysctls]: Ipv4Sysctls[K] extends number ? K : never }[keyof Ipv4Sysctls]

/** Keys that are one integer of the namespace: name under net.ipv4, field, smallest and largest value. */
const SIMPLE: readonly (readonly [string, NumberField, number, number])[] = [
  ['ip_default_ttl', 'ipDefaultTtl', 1, 255],
  ['ip_forward_use_pmtu', 'ipForwardUsePmtu', 0, 255],
  ['ip_forward_update_priority', 'ipForwardUpdatePriority', 0, 1],
  ['ip_no_pmtu_disc', 'ipNoPmtuDisc', 0, 255],
  ['ip_nonlocal_bind', 'ipNonlocalBind', 0, 255],
  ['fib_multipath_use_neigh', 'fibMultipathUseNeigh', 0, 1],
  ['fib_multipath_hash_policy', 'fibMultipathHashPolicy', 0, 3],
  ['fib_multipath_hash_fields', 'fibMultipathHashFields', 1, 0xfff],
  ['icmp_echo_ignore_all', 'icmpEchoIgnoreAll', 0, 1],
  ['icmp_echo_ignore_broadcasts', 'icmpEchoIgnoreBroadcasts', 0, 1],
  ['icmp_errors_use_inbound_ifaddr', 'icmpErrorsUseInboundIfaddr', 0, 1],
  ['icmp_ignore_bogus_error_responses', 'icmpIgnoreBogusErrorResponses', 0, 1],
  ['icmp_ratelimit', 'icmpRatelimitMs', 0, 2147483647],
  ['icmp_ratemask', 'icmpRatemask', -2147483648, 2147483647],
  ['icmp_msgs_per_sec', 'icmpMsgsPerSec', 0, 2147483647],
  ['icmp_msgs_burst', 'icmpMsgsBurst', 0, 2147483647],
  ['igmp_link_local_mcast_reports', 'igmpLinkLocalMcastReports', 0, 255],
  ['igmp_max_memberships', 'igmpMaxMemberships', -2147483648, 2147483647],
  ['igmp_max_msf', 'igmpMaxMsf', -2147483648, 2147483647],
  ['igmp_qrv', 'igmpQrv', 1, 2147483647],
  ['ipfrag_time', 'ipfragTimeSec', -2147483648 / HZ, 2147483647 / HZ],
  ['ipfrag_max_dist', 'ipfragMaxDist', 0, 2147483647],
  ['ipfrag_high_thresh', 'ipfragHighThresh', 0, 2147483647],
  ['ipfrag_low_thresh', 'ipfragLowThresh', 0, 2147483647],
  ['route.min_pmtu', 'minPmtu', 68, 2147483647],
  ['route.mtu_expires', 'mtuExpiresSec', -2147483648 / HZ, 2147483647 / HZ],
]

/** The two limits of reassembly must stand in order. */
const threshBounds = (sysctls: Ipv4Sysctls, field: NumberField): { min?: number; max?: number } | null => {
  if (field === 'ipfragHighThresh') return { min: sysctls.ipfragLowThresh }
  return field === 'ipfragLowThresh' ? { max: sysctls.ipfragHighThresh } : null
}

/** Ports that programs get: the range that free ones are drawn from, those left out, and those of privileged programs. */
const portEntries = function* (sysctls: Ipv4Sysctls): Iterable<SysctlEntry> {
  yield {
    name: 'net.ipv4.ip_local_port_range',
    read: () => `${sysctls.ipLocalPortRangeMin}\t${sysctls.ipLocalPortRangeMax}`,
    write: value => {
      // One number alone is the lower end.
      const [min = 0, max = sysctls.ipLocalPortRangeMax] = value
        .trim()
        .split(/\s+/)
        .map(v => sysctlInt(v, 1, 65535))
      if (min > max || min < sysctls.ipUnprivilegedPortStart) throw new NetloomError('EINVAL', undefined, { value })
      sysctls.ipLocalPortRangeMin = min
      sysctls.ipLocalPortRangeMax = max
    },
  }
  yield {
    name: 'net.ipv4.ip_unprivileged_port_start',
    read: () => String(sysctls.ipUnprivilegedPortStart),
    write: value => {
      // Every program here is root and may bind to any port; the limit holds for the range above.
      sysctls.ipUnprivilegedPortStart = sysctlInt(value, 0, Math.min(65535, sysctls.ipLocalPortRangeMin))
    },
  }
  yield {
    name: 'net.ipv4.ip_local_reserved_ports',
    read: () => bitmapText(sysctls.ipLocalReservedPorts),
    write: value => {
      sysctls.ipLocalReservedPorts = parseBitmap(value, PORTS)
    },
  }
}

const PORTS = 65536

const simpleEntries = function* (state: Ipv4): Iterable<SysctlEntry> {
  const { sysctls } = state
  for (const [name, field, min, max] of SIMPLE)
    yield {
      name: `net.ipv4.${name}`,
      read: () => String(sysctls[field]),
      write: value => {
        const bounds = threshBounds(sysctls, field)
        const n = sysctlInt(value, bounds?.min ?? min, bounds?.max ?? max)
        sysctls[field] = field === 'icmpRatelimitMs' ? toJiffies(n) : n
      },
    }
  yield* portEntries(sysctls)
  yield { name: 'net.ipv4.route.flush', write: () => rtCacheForget(state.netns) }
  yield {
    name: 'net.ipv4.fib_multipath_hash_seed',
    read: () => String(sysctls.fibMultipathHashSeed),
    write: value => state.setMultipathSeed(sysctlInt(value, 0, 0xffffffff)),
  }
  yield {
    name: 'net.ipv4.ip_forward',
    read: () => String(state.confAll.data[FORWARDING]),
    write: value => changeForwarding(state, sysctlInt(value)),
  }
}

/**
 * Forwarding of the host: sets `all`, `default` and every device (inet_forward_change). A router does not believe
 * redirects, unless told afterwards.
 */
const changeForwarding = (state: Ipv4, on: number): void => {
  const { confAll, confDefault, netns } = state
  if (confAll.data[FORWARDING] === on) return
  confAll.data[FORWARDING] = on
  confAll.data[ACCEPT_REDIRECTS] = on === 0 ? 1 : 0
  confDefault.data[FORWARDING] = on
  for (const dev of netns.devices) {
    const inDev = inDevOf(dev)
    if (inDev !== null) inDev.conf.data[FORWARDING] = on
  }
  rtCacheFlush(netns)
}

const confEntry = (state: Ipv4, which: string, conf: DevConf, i: number): SysctlEntry => {
  const name = `net.ipv4.conf.${which}.${DEVCONF_NAMES[i]}`
  const read = (): string => String(conf.data[i])
  if (i === MC_FORWARDING) return { name, read }
  return { name, read, write: value => writeConf(state, conf, i, sysctlInt(value)) }
}

const writeConf = (state: Ipv4, conf: DevConf, i: number, n: number): void => {
  if (i === FORWARDING && conf === state.confAll) return changeForwarding(state, n)
  conf.data[i] = n
  conf.isSet[i] = 1
  if (conf === state.confDefault) followDefault(state, i)
  rtCacheFlush(state.netns)
}

/** Devices follow `default` in what is not their own (devinet_copy_dflt_conf). */
const followDefault = (state: Ipv4, i: number): void => {
  if (i === FORWARDING) return
  for (const dev of state.netns.devices) {
    const inDev = inDevOf(dev)
    if (inDev !== null && inDev.conf.isSet[i] === 0) inDev.conf.data[i] = state.confDefault.data[i]!
  }
}

const inJiffies = (name: string, n: number): number => (name.endsWith('_ms') ? toJiffies(n) : n)

const writeParm = (state: Ipv4, parms: NeighParms, i: number, n: number): void => {
  parms.data[i] = n
  if (i === BASE_REACHABLE_TIME) parms.drawReachableTime(state.netns.rng)
}

const parmEntries = function* (state: Ipv4, which: string, parms: NeighParms): Iterable<SysctlEntry> {
  const base = `net.ipv4.neigh.${which}`
  const parm = (name: string, i: number, scale: number): SysctlEntry => ({
    name: `${base}.${name}`,
    read: () => String(Math.floor(parms.data[i]! / scale)),
    write: value => writeParm(state, parms, i, inJiffies(NEIGH_PARM_NAMES[i]!, sysctlInt(value, 0) * scale)),
  })
  for (let i = 0; i < NEIGH_PARM_NAMES.length; i++) yield parm(NEIGH_PARM_NAMES[i]!, i, 1)
  yield parm('unres_qlen', QUEUE_LEN_BYTES, FRAME_TRUESIZE)
  yield parm('base_reachable_time', BASE_REACHABLE_TIME, 1000)
}

/** All keys of IPv4 in a namespace. */
export const ipv4SysctlProvider = function* (netns: Netns): Iterable<SysctlEntry> {
  const state = ipv4(netns)
  yield* simpleEntries(state)
  const confs: [string, DevConf][] = [
    ['all', state.confAll],
    ['default', state.confDefault],
  ]
  const parms: [string, NeighParms][] = []
  for (const dev of netns.devices) {
    const inDev = inDevOf(dev)
    if (inDev === null) continue
    confs.push([sysctlDevice(dev.name), inDev.conf])
    parms.push([sysctlDevice(dev.name), inDev.neighParms])
  }
  for (const [which, conf] of confs)
    for (let i = 0; i < DEVCONF_NAMES.length; i++) yield confEntry(state, which, conf, i)
  for (const [which, p] of parms) yield* parmEntries(state, which, p)
}
