/**
 * Attributes of macvlans: checks, changes, and what `ip -d link` shows.
 *
 * @see drivers/net/macvlan.c macvlan_validate, macvlan_changelink, macvlan_fill_info
 */
import { devSetPromiscuity } from '../../core/dev.js'
import type { NetDevice } from '../../core/netdev.js'
import { NetloomError } from '../../errors.js'
import { isValidMac } from '../../wire/mac.js'
import { macvlanRecomputeBcFilter } from './macvlan-filter.js'
import {
  type Macvlan,
  MACVLAN_FLAG_NODST,
  MACVLAN_FLAG_NOPROMISC,
  MACVLAN_MODE_BRIDGE,
  MACVLAN_MODE_PASSTHRU,
  MACVLAN_MODE_PRIVATE,
  MACVLAN_MODE_SOURCE,
  MACVLAN_MODE_VEPA,
  type MacvlanPort,
  macvlanPriv,
} from './macvlan-private.js'
import { macvlanFlushSources, macvlanHashAddSource, macvlanHashDelSource, macvlanSources } from './macvlan-source.js'

/** Mode of a macvlan. */
export type MacvlanMode = 'private' | 'vepa' | 'bridge' | 'passthru' | 'source'

const MODES: Readonly<Record<MacvlanMode, number>> = {
  private: MACVLAN_MODE_PRIVATE,
  vepa: MACVLAN_MODE_VEPA,
  bridge: MACVLAN_MODE_BRIDGE,
  passthru: MACVLAN_MODE_PASSTHRU,
  source: MACVLAN_MODE_SOURCE,
}

/** What to do with the list of senders of a macvlan in source mode. */
export interface MacvlanMacaddr {
  /** `add` and `del` concern `mac`; `set` makes the list `macs`, with `mac` when there is one. */
  readonly op: 'add' | 'del' | 'set' | 'flush'
  readonly mac?: number
  readonly macs?: readonly number[]
}

/** Attributes of the kind `macvlan`. */
export interface MacvlanAttrs {
  /** `vepa` when absent. A macvlan can neither become nor cease to be `passthru`. */
  readonly mode: MacvlanMode
  /** With `passthru`: do not put the lower device into promiscuous mode. `nopromisc` and `nodst` are set together. */
  readonly nopromisc: boolean
  /** With `source`: what it gets, nobody else gets. */
  readonly nodst: boolean
  readonly macaddr: MacvlanMacaddr
  /** Broadcasts that may wait; 1000 when absent. The largest number that a macvlan of the lower device asks for counts. */
  readonly bcqueuelen: number
  /** A group that more macvlans than this listen to is delivered late; 1 when absent, negative: none is. */
  readonly bclim: number
}

/** What can be seen of a macvlan. */
export interface MacvlanInfo {
  readonly mode: MacvlanMode
  readonly nopromisc: boolean
  readonly nodst: boolean
  readonly bcqueuelen: number
  readonly usedbcqueuelen: number
  readonly bclim: number
  /** Senders in the kernel's order. */
  readonly macaddrs: readonly number[]
}

const KEYS: readonly string[] = ['mode', 'nopromisc', 'nodst', 'macaddr', 'bcqueuelen', 'bclim']
const U32 = 2 ** 32
const S32 = 2 ** 31

const refuse = (name: string, value: unknown): never => {
  throw new NetloomError('EINVAL', undefined, { attribute: name, value: String(value) })
}

const checkMacaddr = (macaddr: MacvlanMacaddr): void => {
  const { op, mac, macs = [] } = macaddr
  if (!['add', 'del', 'set', 'flush'].includes(op)) refuse('macaddr', op)
  for (const each of mac === undefined ? macs : [mac, ...macs])
    if (!isValidMac(each)) throw new NetloomError('EADDRNOTAVAIL', undefined, { attribute: 'macaddr' })
}

/** Checks attributes by themselves (macvlan_validate). Throws EINVAL, and EADDRNOTAVAIL for senders that cannot be. */
export const macvlanValidate = (attrs: Partial<MacvlanAttrs>): void => {
  for (const name of Object.keys(attrs)) if (!KEYS.includes(name)) refuse(name, KEYS.join(', '))
  const { mode, macaddr, bcqueuelen, bclim } = attrs
  if (mode !== undefined && !Object.hasOwn(MODES, mode)) refuse('mode', mode)
  if (bcqueuelen !== undefined && !(Number.isInteger(bcqueuelen) && bcqueuelen >= 0 && bcqueuelen < U32))
    refuse('bcqueuelen', bcqueuelen)
  if (bclim !== undefined && !(Number.isInteger(bclim) && bclim >= -S32 && bclim < S32)) refuse('bclim', bclim)
  if (macaddr !== undefined) checkMacaddr(macaddr)
}

/** Number of a mode. */
export const macvlanModeOf = (mode: MacvlanMode): number => MODES[mode]

/** The flags that attributes ask for, or null when they do not speak of flags. */
export const macvlanFlagsOf = ({ nopromisc, nodst }: Partial<MacvlanAttrs>): number | null => {
  if (nopromisc === undefined && nodst === undefined) return null
  return (nopromisc ? MACVLAN_FLAG_NOPROMISC : 0) | (nodst ? MACVLAN_FLAG_NODST : 0)
}

/** Changes the list of senders (macvlan_changelink_sources). Throws EINVAL outside of source mode. */
export const macvlanChangelinkSources = (vlan: Macvlan, { op, mac, macs = [] }: MacvlanMacaddr): void => {
  if (vlan.mode !== MACVLAN_MODE_SOURCE) refuse('macaddr', op)
  if (op === 'add') macvlanHashAddSource(vlan, mac ?? refuse('macaddr', op))
  else if (op === 'del') macvlanHashDelSource(vlan, mac ?? refuse('macaddr', op))
  else macvlanFlushSources(vlan)
  if (op !== 'set') return
  if (mac !== undefined) macvlanHashAddSource(vlan, mac)
  for (const each of macs) macvlanHashAddSource(vlan, each)
}

/** The longest queue that a macvlan of the port asks for is in use (update_port_bc_queue_len). */
export const macvlanUpdateBcQueueLen = (port: MacvlanPort): void => {
  port.bcQueueLenUsed = port.vlans.reduce((most, vlan) => Math.max(most, vlan.bcQueueLenReq), 0)
}

/** Which groups go through the work queue (update_port_bc_cutoff). */
export const macvlanUpdateBcCutoff = (port: MacvlanPort, cutoff: number): void => {
  if (port.bcCutoff === cutoff) return
  port.bcCutoff = cutoff
  macvlanRecomputeBcFilter(port)
}

const changeFlags = (vlan: Macvlan, flags: number): void => {
  if (vlan.port.passthru && (flags ^ vlan.flags) & MACVLAN_FLAG_NOPROMISC)
    devSetPromiscuity(vlan.lowerdev, flags & MACVLAN_FLAG_NOPROMISC ? -1 : 1)
  vlan.flags = flags
}

/** Changes attributes (macvlan_changelink). Throws EINVAL; the list of senders is the last to change. */
export const macvlanChangelink = (dev: NetDevice, attrs: Partial<MacvlanAttrs>): void => {
  macvlanValidate(attrs)
  const vlan = macvlanPriv(dev)
  const mode = attrs.mode === undefined ? vlan.mode : MODES[attrs.mode]
  if ((mode === MACVLAN_MODE_PASSTHRU) !== (vlan.mode === MACVLAN_MODE_PASSTHRU)) refuse('mode', attrs.mode)
  if (vlan.mode === MACVLAN_MODE_SOURCE && mode !== vlan.mode) macvlanFlushSources(vlan)
  const flags = macvlanFlagsOf(attrs)
  if (flags !== null) changeFlags(vlan, flags)
  if (attrs.bcqueuelen !== undefined) {
    vlan.bcQueueLenReq = attrs.bcqueuelen
    macvlanUpdateBcQueueLen(vlan.port)
  }
  if (attrs.bclim !== undefined) macvlanUpdateBcCutoff(vlan.port, attrs.bclim)
  vlan.mode = mode
  if (attrs.macaddr !== undefined) macvlanChangelinkSources(vlan, attrs.macaddr)
}

/** The attributes as they are (macvlan_fill_info). */
export const macvlanFillInfo = (dev: NetDevice): MacvlanInfo => {
  const vlan = macvlanPriv(dev)
  return {
    mode: (Object.keys(MODES) as MacvlanMode[]).find(name => MODES[name] === vlan.mode)!,
    nopromisc: (vlan.flags & MACVLAN_FLAG_NOPROMISC) !== 0,
    nodst: (vlan.flags & MACVLAN_FLAG_NODST) !== 0,
    bcqueuelen: vlan.bcQueueLenReq,
    usedbcqueuelen: vlan.port.bcQueueLenUsed,
    bclim: vlan.port.bcCutoff,
    macaddrs: macvlanSources(vlan),
  }
}
