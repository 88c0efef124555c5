/**
 * `ip link add|set type macvlan` as calls.
 */
import type { MacvlanMacaddr, MacvlanMode } from '../../dev/macvlan/macvlan-netlink.js'
import type { LinkChange, NewLink } from '../link-base.js'
import type { DevRef } from '../refs.js'
import { checkOptions, macOption } from '../../app/text.js'
import type { LinkKindOptions } from './words.js'

/** What to do with the list of senders of a macvlan in source mode: `macaddr add|del|set|flush`. */
export type MacvlanMacaddrChange =
  | { readonly add: string }
  | { readonly del: string }
  | { readonly set: readonly string[] }
  | { readonly flush: true }

/**
 * Attributes of a macvlan.
 *
 * @see ip-link(8), macvlan type
 */
export interface MacvlanOptions {
  /** `vepa` when absent. A macvlan can neither become nor cease to be `passthru`. */
  readonly mode?: MacvlanMode
  /** With `passthru`: do not put the lower device into promiscuous mode. Given one of the two flags, both are set. */
  readonly nopromisc?: boolean
  /** With `source`: what it gets, nobody else gets. */
  readonly nodst?: boolean
  readonly macaddr?: MacvlanMacaddrChange
  /** Broadcasts that may wait on the lower device; 1000 when absent. The largest number of its macvlans counts. */
  readonly bcqueuelen?: number
  /** A group that more macvlans than this listen to waits as broadcasts do; 1 when absent, negative: none does. */
  readonly bclim?: number
}

/** A macvlan: `ip link add NAME link LINK type macvlan ...`. */
export interface NewMacvlan extends NewLink, MacvlanOptions {
  readonly kind: 'macvlan'
  readonly link: DevRef
}

/** Changes of a macvlan: `ip link set DEV type macvlan ...`. */
export interface MacvlanChange extends LinkChange, MacvlanOptions {
  readonly kind: 'macvlan'
}

const OPTIONS = ['mode', 'nopromisc', 'nodst', 'macaddr', 'bcqueuelen', 'bclim']

const macaddrOf = (change: MacvlanMacaddrChange): MacvlanMacaddr => {
  checkOptions('macaddr', change, ['add', 'del', 'set', 'flush'])
  if ('add' in change) return { op: 'add', mac: macOption('macaddr.add', change.add) }
  if ('del' in change) return { op: 'del', mac: macOption('macaddr.del', change.del) }
  if ('set' in change) return { op: 'set', macs: change.set.map(mac => macOption('macaddr.set', mac)) }
  return { op: 'flush' }
}

const macvlanAttrs = (options: MacvlanOptions): object => {
  checkOptions('macvlan', options, OPTIONS)
  const { macaddr, ...rest } = options
  return macaddr === undefined ? rest : { ...rest, macaddr: macaddrOf(macaddr) }
}

/** @internal */
export const MACVLAN_OPTIONS: LinkKindOptions = {
  kind: 'macvlan',
  toNew: (_netns, options) => macvlanAttrs(options),
  toChange: (_netns, options) => macvlanAttrs(options),
  isPort: false,
}
