/**
 * `bridge mdb` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { type MdbInfo as KernelMdbInfo, type MdbSpec, mdbAdd, mdbDel, mdbList } from '../rtnl/mdb.js'
import { formatIpv4 } from '../wire/ip.js'
import { formatMac, isMacText } from '../wire/mac.js'
import { type DevRef, devOf } from './refs.js'
import { checkOptions, defined, ipv4Option, macOption } from '../app/text.js'

/** A membership to add or delete. */
export interface MdbOptions {
  /** The bridge. */
  readonly dev: DevRef
  /** One of its ports, or the bridge itself. */
  readonly port: DevRef
  /** IPv4 group, or the MAC of a layer 2 group. */
  readonly grp: string
  /** Source; all when absent. */
  readonly src?: string
  readonly permanent?: boolean
  /** VLAN; none when absent, or with VLAN filtering all of the port's. */
  readonly vid?: number
}

/** A membership as `bridge mdb` shows it. */
export interface MdbInfo {
  readonly dev: string
  readonly port: string
  readonly grp: string
  readonly src: string | null
  readonly isPermanent: boolean
  /** 0 for none. */
  readonly vid: number
  readonly flags: readonly string[]
  /** Filter mode and sources of a version 3 membership; null and none in version 2. */
  readonly filterMode: 'include' | 'exclude' | null
  readonly sources: readonly string[]
}

const OPTIONS = ['dev', 'port', 'grp', 'src', 'permanent', 'vid']

const publicInfo = (m: KernelMdbInfo): MdbInfo => ({
  dev: m.br.name,
  port: m.port.name,
  grp: m.group === 0 ? formatMac(m.mac) : formatIpv4(m.group),
  src: m.source === 0 ? null : formatIpv4(m.source),
  isPermanent: m.permanent,
  vid: m.vid,
  flags: m.flags,
  filterMode: m.filterMode,
  sources: m.sources.map(({ addr }) => formatIpv4(addr)),
})

/** The `bridge mdb` of a namespace: `netns.mdb`. */
export class MdbApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /** Adds a membership. Throws EINVAL, EEXIST, EOPNOTSUPP with the kernel's explanations. */
  add(options: MdbOptions): void {
    mdbAdd(this.#netns, this.#spec(options))
  }

  /** Deletes a membership. Throws EINVAL when there is none. */
  del(options: MdbOptions): void {
    mdbDel(this.#netns, this.#spec(options))
  }

  /** The memberships of all bridges, or of one. */
  list(filter: { readonly dev?: DevRef } = {}): MdbInfo[] {
    const dev = filter.dev === undefined ? undefined : devOf(this.#netns, filter.dev)
    return mdbList(this.#netns, dev).entries.map(publicInfo)
  }

  /** Names of the ports behind which there is a multicast router, of all bridges or of one. */
  routers(filter: { readonly dev?: DevRef } = {}): string[] {
    const dev = filter.dev === undefined ? undefined : devOf(this.#netns, filter.dev)
    return mdbList(this.#netns, dev).routers.map(({ port }) => port.name)
  }

  #spec(options: MdbOptions): MdbSpec {
    checkOptions('mdb', options, OPTIONS)
    const { dev, port, grp, src, permanent, vid } = options
    const isMac = isMacText(grp)
    return {
      br: devOf(this.#netns, dev),
      port: devOf(this.#netns, port),
      ...defined({
        group: isMac ? undefined : ipv4Option('grp', grp),
        mac: isMac ? macOption('grp', grp) : undefined,
        source: src === undefined ? undefined : ipv4Option('src', src),
        permanent,
        vid,
      }),
    }
  }
}
