/**
 * `ip address` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { IFA_F_MCAUTOJOIN, IFA_F_NOPREFIXROUTE, RT_SCOPE_HOST, RT_SCOPE_UNIVERSE } from '../ip/rtnetlink.js'
import { SCOPES } from '../report/names.js'
import {
  type AddrInfo as KernelAddrInfo,
  type AddrSpec,
  addrAdd,
  addrDel,
  addrList,
  INFINITY_LIFE_TIME,
  isSecondary,
} from '../rtnl/addr.js'
import { formatIpv4, isLoopback4, maskOf } from '../wire/ip.js'
import { type DevRef, devOf } from './refs.js'
import { SCOPE_NUMBERS, type ScopeWord } from './route-words.js'
import { checkOptions, defined, ipv4Option, prefixOption, wordOption } from '../app/text.js'

/** Options of `addr.add`. */
export interface AddrOptions {
  readonly dev: DevRef
  /** Address of the far end of a point-to-point link, with the prefix length that counts: `10.0.0.2/32`. */
  readonly peer?: string
  /** Broadcast address; `+` sets all host bits, `-` clears them. None when absent. */
  readonly broadcast?: string
  /** `host` for 127.0.0.0/8, otherwise `global` when absent. */
  readonly scope?: ScopeWord | number
  readonly label?: string
  /** Make no route to the prefix. */
  readonly noprefixroute?: boolean
  /** Join the group that the address is. */
  readonly autojoin?: boolean
  /** Seconds; for ever when absent. */
  readonly validLft?: number
  readonly preferredLft?: number
  /** Metric of the route to the prefix. */
  readonly metric?: number
}

/** An address as `ip address` shows it. */
export interface AddrInfo {
  readonly dev: string
  readonly address: string
  readonly prefixLen: number
  /** Address of the far end, when there is one. */
  readonly peer: string | null
  readonly broadcast: string | null
  readonly scope: string
  readonly label: string
  readonly isSecondary: boolean
  /** Seconds left, null for ever. */
  readonly validLft: number | null
  readonly preferredLft: number | null
  readonly metric: number
}

const OPTIONS = [
  'dev',
  'peer',
  'broadcast',
  'scope',
  'label',
  'noprefixroute',
  'autojoin',
  'validLft',
  'preferredLft',
  'metric',
]

const lifetime = (seconds: number): number | null => (seconds === INFINITY_LIFE_TIME ? null : seconds)

const publicInfo = (a: KernelAddrInfo): AddrInfo => ({
  dev: a.dev.name,
  address: formatIpv4(a.local),
  prefixLen: a.prefixLen,
  peer: a.address === a.local ? null : formatIpv4(a.address),
  broadcast: a.broadcast === 0 ? null : formatIpv4(a.broadcast),
  scope: SCOPES.name(a.scope),
  label: a.label,
  isSecondary: isSecondary(a),
  validLft: lifetime(a.validLft),
  preferredLft: lifetime(a.preferredLft),
  metric: a.metric,
})

const broadcastOf = (text: string | undefined, addr: number, len: number): number | undefined => {
  if (text === undefined || ((text === '+' || text === '-') && len > 30)) return undefined
  if (text === '+') return addr | ~maskOf(len)
  return text === '-' ? addr & maskOf(len) : ipv4Option('broadcast', text)
}

const specOf = (address: string, options: AddrOptions): AddrSpec => {
  checkOptions('addr', options, OPTIONS)
  const { addr: local, len } = prefixOption('address', address)
  const peer = options.peer === undefined ? undefined : prefixOption('peer', options.peer)
  const prefixLen = peer?.len ?? len
  const byDefault = isLoopback4(local) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE
  const { label, validLft, preferredLft, metric } = options
  return {
    local,
    prefixLen,
    scope: options.scope === undefined ? byDefault : wordOption('scope', options.scope, SCOPE_NUMBERS),
    flags:
      (options.noprefixroute === true ? IFA_F_NOPREFIXROUTE : 0) | (options.autojoin === true ? IFA_F_MCAUTOJOIN : 0),
    ...defined({
      peer: peer?.addr,
      broadcast: broadcastOf(options.broadcast, peer?.addr ?? local, prefixLen),
      label,
      validLft,
      preferredLft,
      metric,
    }),
  }
}

/** The `ip address` of a namespace: `netns.addr`. */
export class AddrApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Adds an address. Throws EEXIST `ipv4: Address already assigned`, ENODEV, EINVAL.
   *
   * @example
   * h1.addr.add('10.0.0.1/24', { dev: 'eth0', broadcast: '+' })
   */
  add(address: string, options: AddrOptions): void {
    this.#put(address, options, 'add')
  }

  /** Changes lifetimes and metric of an address. Throws ENOENT when it is not there. */
  change(address: string, options: AddrOptions): void {
    this.#put(address, options, 'change')
  }

  /** Adds an address, or changes the one that is there. */
  replace(address: string, options: AddrOptions): void {
    this.#put(address, options, 'replace')
  }

  /** Deletes an address, and with a primary one its secondaries. Throws EADDRNOTAVAIL `ipv4: Address not found`. */
  del(address: string, options: { readonly dev: DevRef; readonly peer?: string; readonly label?: string }): void {
    checkOptions('addr.del', options, ['dev', 'peer', 'label'])
    const { addr: local, len } = prefixOption('address', address)
    const peer = options.peer === undefined ? undefined : prefixOption('peer', options.peer)
    const prefixLen = peer?.len ?? (address.includes('/') ? len : undefined)
    addrDel(devOf(this.#netns, options.dev), {
      local,
      ...defined({ prefixLen, peer: peer?.addr, label: options.label }),
    })
  }

  /** The addresses of the namespace or of one device, in the kernel's order. */
  list(filter: { readonly dev?: DevRef } = {}): AddrInfo[] {
    const dev = filter.dev === undefined ? null : devOf(this.#netns, filter.dev)
    return addrList(this.#netns, dev).map(publicInfo)
  }

  #put(address: string, options: AddrOptions, mode: 'add' | 'change' | 'replace'): void {
    addrAdd(devOf(this.#netns, options.dev), specOf(address, options), mode)
  }
}
