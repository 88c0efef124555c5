/**
 * `bridge fdb` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import type { MissObserver } from '../core/world.js'
import { NetloomError } from '../errors.js'
import {
  NTF_EXT_LEARNED,
  NTF_MASTER,
  NTF_ROUTER,
  NTF_SELF,
  NTF_STICKY,
  NTF_USE,
  NUD_NOARP,
  NUD_PERMANENT,
  NUD_REACHABLE,
  NUD_STALE,
} from '../ip/rtnetlink.js'
import {
  type FdbInfo as KernelFdbInfo,
  type FdbRequest,
  fdbAdd,
  fdbAppend,
  fdbDel,
  fdbFlush,
  fdbGet,
  fdbGetSelf,
  fdbList,
  fdbReplace,
} from '../rtnl/fdb.js'
import { formatIpv4 } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'
import { type DevRef, devOf } from './refs.js'
import { entryFlags } from './route-words.js'
import { checkOptions, defined, ipv4Option, macOption, numberOption, wordOption } from '../app/text.js'

/** State of a forwarding entry: of the device itself, set by hand, or learned. */
export type FdbState = 'permanent' | 'static' | 'dynamic'

/** Options of `fdb.add`. */
export interface FdbOptions {
  readonly dev: DevRef
  /** The entry is one of the device's master (the bridge). */
  readonly master?: boolean
  /** The entry is one of the device itself; so when neither this nor `master` is given. */
  readonly self?: boolean
  /** `permanent` when absent. */
  readonly state?: FdbState
  readonly vlan?: number
  /** Keep the entry on its port. */
  readonly sticky?: boolean
  readonly externLearn?: boolean
  /** vxlan: address of the far end; its UDP port, VNI and device where they are not the device's. */
  readonly dst?: string
  readonly port?: number
  readonly vni?: number
  readonly srcVni?: number
  readonly via?: DevRef
  /** vxlan: the MAC is a router's (`rsc`). */
  readonly router?: boolean
  /** The entry was used just now. */
  readonly use?: boolean
}

/** A destination that a vxlan device does not know: a MAC, or an IPv4 address; the other one is null. */
export interface FdbMiss {
  readonly dev: string
  readonly lladdr: string | null
  readonly dst: string | null
}

/** A forwarding entry as `bridge fdb` shows it. */
export interface FdbInfo {
  readonly lladdr: string
  /** Device that the entry leads to; the bridge itself for its own addresses. */
  readonly dev: string
  /** Name of the bridge, null for an entry of the device itself. */
  readonly master: string | null
  readonly state: FdbState | 'stale'
  readonly isSelf: boolean
  readonly isSticky: boolean
  readonly isExternLearned: boolean
  readonly vlan: number
  readonly isRouter: boolean
  /** vxlan: address of the far end, null for other kinds; its port, VNI and device, null where they are the device's. */
  readonly dst: string | null
  readonly port: number | null
  readonly vni: number | null
  readonly via: string | null
  /** Nanoseconds since it was used and refreshed; null where the kind keeps no times. */
  readonly usedNs: number | null
  readonly updatedNs: number | null
}

const OPTIONS = [
  'dev',
  'master',
  'self',
  'state',
  'vlan',
  'sticky',
  'externLearn',
  'dst',
  'port',
  'vni',
  'srcVni',
  'via',
  'router',
  'use',
]

/** As `bridge fdb` sends them. */
const STATES: Readonly<Record<FdbState, number>> = {
  permanent: NUD_NOARP | NUD_PERMANENT,
  static: NUD_NOARP | NUD_REACHABLE,
  dynamic: NUD_REACHABLE,
}

const stateWord = (state: number): FdbInfo['state'] => {
  if ((state & NUD_PERMANENT) !== 0) return 'permanent'
  if ((state & NUD_NOARP) !== 0) return 'static'
  return (state & NUD_STALE) !== 0 ? 'stale' : 'dynamic'
}

const publicInfo = (f: KernelFdbInfo): FdbInfo => ({
  lladdr: formatMac(f.lladdr),
  dev: f.dev.name,
  master: f.master?.name ?? null,
  state: stateWord(f.state),
  isSelf: (f.flags & NTF_SELF) !== 0,
  isSticky: (f.flags & NTF_STICKY) !== 0,
  isExternLearned: (f.flags & NTF_EXT_LEARNED) !== 0,
  vlan: f.vlan,
  isRouter: (f.flags & NTF_ROUTER) !== 0,
  dst: f.dst === undefined ? null : formatIpv4(f.dst),
  port: f.port ?? null,
  vni: f.vni ?? null,
  via: f.viaIfindex === undefined ? null : ((f.linkNetns ?? f.dev.netns).devByIndex(f.viaIfindex)?.name ?? null),
  usedNs: f.usedNs,
  updatedNs: f.updatedNs,
})

/** The `bridge fdb` of a namespace: `netns.fdb`. */
export class FdbApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Adds an entry. Throws EEXIST, EINVAL, EOPNOTSUPP.
   *
   * @example
   * sw.fdb.add('02:00:00:00:00:02', { dev: 'p2', master: true, state: 'static' })
   */
  add(lladdr: string, options: FdbOptions): void {
    fdbAdd(this.#netns, this.#request(lladdr, options))
  }

  /** Adds an entry, or changes the one that is there. */
  replace(lladdr: string, options: FdbOptions): void {
    fdbReplace(this.#netns, this.#request(lladdr, options))
  }

  /** Adds a further destination, where the kind of device has several. */
  append(lladdr: string, options: FdbOptions): void {
    fdbAppend(this.#netns, this.#request(lladdr, options))
  }

  /** Deletes an entry. Throws ENOENT. */
  del(lladdr: string, options: FdbOptions): void {
    fdbDel(this.#netns, this.#request(lladdr, options))
  }

  /**
   * Deletes every entry of a bridge, or every one to one of its ports, permanent ones included; with `vlan` those of this
   * VLAN. Throws EOPNOTSUPP, ERANGE.
   */
  flush(ref: DevRef, options: { readonly vlan?: number } = {}): void {
    checkOptions('fdb.flush', options, ['vlan'])
    const dev = devOf(this.#netns, ref)
    fdbFlush(this.#netns, { dev, target: dev.master === null ? NTF_SELF : NTF_MASTER, ...options })
  }

  /** The entries of the namespace, of a bridge with its ports (`br`), of one port or of one device. */
  list(filter: { readonly br?: DevRef; readonly brport?: DevRef; readonly dev?: DevRef } = {}): FdbInfo[] {
    checkOptions('fdb.list', filter, ['br', 'brport', 'dev'])
    const found = Object.entries(filter).map(([key, ref]) => [key, devOf(this.#netns, ref as DevRef)])
    return fdbList(this.#netns, Object.fromEntries(found)).map(publicInfo)
  }

  /**
   * Tells of destinations that vxlan devices of this namespace do not know: MACs with `l2miss`, IPv4 addresses with
   * `l3miss`. The callback may add what is missing; the frame that asked is lost. Returns what ends it.
   *
   * @example
   * node.fdb.onMiss(({ dev, lladdr }) => lladdr && node.fdb.add(lladdr, { dev, dst: vtepOf(lladdr) }))
   */
  onMiss(callback: (miss: FdbMiss) => void): () => void {
    const { missObservers } = this.#netns.world
    const observer: MissObserver = (dev, lladdr, ip) => {
      if (dev.netns !== this.#netns) return
      callback({
        dev: dev.name,
        lladdr: lladdr === 0 ? null : formatMac(lladdr),
        dst: ip === 0 ? null : formatIpv4(ip),
      })
    }
    missObservers.push(observer)
    return () => {
      const at = missObservers.indexOf(observer)
      if (at >= 0) missObservers.splice(at, 1)
    }
  }

  /** The entry of a MAC in a bridge, in a VLAN or in none, or in a device's own table (vxlan); null when there is none. */
  get(
    lladdr: string,
    options: { readonly br: DevRef; readonly vlan?: number } | { readonly dev: DevRef },
  ): FdbInfo | null {
    const mac = macOption('lladdr', lladdr)
    try {
      if ('dev' in options) return publicInfo(fdbGetSelf(devOf(this.#netns, options.dev), mac))
      return publicInfo(fdbGet(devOf(this.#netns, options.br), mac, options.vlan))
    } catch (e) {
      if (e instanceof NetloomError && e.code === 'ENOENT') return null
      throw e
    }
  }

  #request(lladdr: string, options: FdbOptions): FdbRequest {
    checkOptions('fdb', options, OPTIONS)
    const { dev, master = false, self = !master, state = 'permanent', vlan, dst, port, vni, srcVni, via } = options
    for (const [name, value, max] of [
      ['port', port, 0xffff],
      ['vni', vni, 0xffffff],
      ['srcVni', srcVni, 0xffffff],
    ] as const)
      if (value !== undefined) numberOption(name, value, max)
    return {
      dev: devOf(this.#netns, dev),
      lladdr: macOption('lladdr', lladdr),
      state: wordOption('state', state, STATES),
      flags:
        (self ? NTF_SELF : 0) | (master ? NTF_MASTER : 0) | (options.use === true ? NTF_USE : 0) | entryFlags(options),
      ...defined({
        vlan,
        dst: dst === undefined ? undefined : ipv4Option('dst', dst),
        port,
        vni,
        srcVni,
        via: via === undefined ? undefined : devOf(this.#netns, via),
      }),
    }
  }
}
