/**
 * `ip neighbour` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { NTF_PROXY, NTF_ROUTER, NTF_USE } from '../ip/rtnetlink.js'
import { type NeighInfo as KernelNeighInfo, type NeighSpec, neighAdd, neighDel, neighList } from '../rtnl/neigh.js'
import { formatIpv4 } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'
import { type DevRef, devOf } from './refs.js'
import { entryFlags, NUD_NUMBERS, type NudWord, nudWord } from './route-words.js'
import { checkOptions, defined, ipv4Option, macOption, wordOption } from '../app/text.js'

/** Options of `neigh.add`. */
export interface NeighOptions {
  readonly dev: DevRef
  readonly lladdr?: string
  /** State; `permanent` when absent. */
  readonly nud?: NudWord
  /** A proxy entry: ARP for the address is answered here. */
  readonly proxy?: boolean
  readonly router?: boolean
  readonly externLearn?: boolean
  /** Resolve the address now. */
  readonly use?: boolean
}

/** A neighbour entry as `ip neighbour` shows it. */
export interface NeighInfo {
  readonly dst: string
  /** Null for a proxy entry of every device. */
  readonly dev: string | null
  /** Null while no address is known. */
  readonly lladdr: string | null
  readonly nud: NudWord
  readonly isProxy: boolean
  readonly isRouter: boolean
  readonly probes: number
  /** Nanoseconds since the entry was used, confirmed and changed. */
  readonly usedNs: number
  readonly confirmedNs: number
  readonly updatedNs: number
}

const OPTIONS = ['dev', 'lladdr', 'nud', 'proxy', 'router', 'externLearn', 'use']

const publicInfo = (n: KernelNeighInfo): NeighInfo => ({
  dst: formatIpv4(n.dst),
  dev: n.dev?.name ?? null,
  lladdr: n.lladdr === null ? null : formatMac(n.lladdr),
  nud: nudWord(n.state),
  isProxy: (n.flags & NTF_PROXY) !== 0,
  isRouter: (n.flags & NTF_ROUTER) !== 0,
  probes: n.probes,
  usedNs: n.usedNs,
  confirmedNs: n.confirmedNs,
  updatedNs: n.updatedNs,
})

/** The `ip neighbour` of a namespace: `netns.neigh`. */
export class NeighApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Adds an entry. Throws EEXIST, EINVAL.
   *
   * @example
   * h1.neigh.add('10.0.0.2', { dev: 'eth0', lladdr: '02:00:00:00:00:02' })
   */
  add(dst: string, options: NeighOptions): void {
    neighAdd(this.#netns, this.#spec(dst, options), 'add')
  }

  /** Changes an entry. Throws ENOENT when it is not there. */
  change(dst: string, options: NeighOptions): void {
    neighAdd(this.#netns, this.#spec(dst, options), 'change')
  }

  /** Adds an entry, or changes the one that is there. */
  replace(dst: string, options: NeighOptions): void {
    neighAdd(this.#netns, this.#spec(dst, options), 'replace')
  }

  /** Deletes an entry. Throws ENOENT. */
  del(dst: string, options: { readonly dev: DevRef; readonly proxy?: boolean }): void {
    checkOptions('neigh.del', options, ['dev', 'proxy'])
    const { dev, proxy = false } = options
    neighDel(this.#netns, { dev: devOf(this.#netns, dev), dst: ipv4Option('dst', dst), proxy })
  }

  /** The entries of the namespace or of one device; with `proxy` the proxy entries. */
  list(filter: { readonly dev?: DevRef; readonly proxy?: boolean } = {}): NeighInfo[] {
    const { dev, proxy = false } = filter
    return neighList(this.#netns, {
      proxy,
      ...defined({ dev: dev === undefined ? undefined : devOf(this.#netns, dev) }),
    }).map(publicInfo)
  }

  /** The entry for `dst`, or null. */
  get(dst: string, filter: { readonly dev?: DevRef } = {}): NeighInfo | null {
    return this.list(filter).find(n => n.dst === dst) ?? null
  }

  #spec(dst: string, options: NeighOptions): NeighSpec {
    checkOptions('neigh', options, OPTIONS)
    const { dev, lladdr, nud, proxy, use } = options
    return {
      dev: devOf(this.#netns, dev),
      dst: ipv4Option('dst', dst),
      flags: entryFlags(options) | (proxy === true ? NTF_PROXY : 0) | (use === true ? NTF_USE : 0),
      ...defined({
        lladdr: lladdr === undefined ? undefined : macOption('lladdr', lladdr),
        state: nud === undefined ? undefined : wordOption('nud', nud, NUD_NUMBERS),
      }),
    }
  }
}
