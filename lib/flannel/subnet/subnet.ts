/**
 * Leases of subnets, and what keeps them: the subnet manager, which is etcd's or Kubernetes'.
 *
 * @see flannel subnet/subnet.go
 */
import type { Context, Thread } from '../../app/thread.js'
import { formatIpv4, maskOf, parseIpv4, type Prefix } from '../../wire/ip.js'
import { isNoNet, netEqual, netKey, netText } from '../ip4-net.js'
import { remembering } from '../remember.js'
import type { FlannelConfig } from './config.js'

/** What a host writes into its lease. */
export interface LeaseAttrs {
  /** Address that the other hosts send to, int32. */
  readonly publicIp: number
  /** Empty for a backend that has none. */
  readonly backendType: string
  /** JSON text of the backend's own data; empty without. */
  readonly backendData: string
}

/** A subnet and who has it. */
export interface Lease {
  readonly subnet: Prefix
  attrs: LeaseAttrs
  /** Virtual time in nanoseconds at which it ends; -1 when it does not. */
  expirationNs: number
  /** Revision of etcd's in which it was last written; 0 when that is not known. */
  readonly asof?: number
}

/** A lease has come or changed, or it has gone. */
export interface LeaseEvent {
  readonly type: 'added' | 'removed'
  readonly lease: Lease
}

/** What a watch gives: what has happened, or all leases that there are, with where to go on. */
export interface LeaseWatchResult {
  readonly events: readonly LeaseEvent[]
  /** Null when `events` counts. */
  readonly snapshot: readonly Lease[] | null
}

/** A lasting watch. */
export interface LeaseWatch {
  /** Waits for the next result. Throws a {@link SubnetError}, after which it may be asked again. */
  next(): Thread<LeaseWatchResult>
  /** Ends the watch. */
  close(): void
}

/** What a subnet manager refuses with; the message is flannel's own text. */
export class SubnetError extends Error {
  override readonly name = 'SubnetError'
}

/** How a daemon ends that its subnet manager has let go. */
export type LeaseEnd = 'interrupted' | 'canceled' | 'done'

/** Keeps the leases of a cluster. All calls are of threads of the daemon, and end with {@link Context} cancelled by throwing it. */
export interface SubnetManager {
  /** As the daemon's log names it. */
  readonly name: string
  /** Reads the network configuration. Throws a SubnetError. */
  getNetworkConfig(ctx: Context): Thread<FlannelConfig>
  /** Takes a lease. Throws a SubnetError. */
  acquireLease(ctx: Context, attrs: LeaseAttrs): Thread<Lease>
  /** Watches all leases, beginning with a snapshot. */
  watchLeases(ctx: Context): LeaseWatch
  /**
   * Keeps the lease for as long as the daemon runs: renews it, and watches whether it is still there. Returns `interrupted`
   * when it was revoked, `canceled` when the context is, `done` when there is nothing to keep.
   */
  completeLease(ctx: Context, lease: Lease): Thread<LeaseEnd>
  /** How the daemon ends once its context is cancelled: v0.20.2 crashes on the closing watch of etcd, with exit status 2. */
  readonly crashesOnCancel: boolean
}

const SUBNET_KEY = /(\d+\.\d+.\d+.\d+)-(\d+)(?:&([a-f\d:]+)-(\d+))?$/

/** Subnet of a lease's key, or null for a key of another kind. */
export const parseSubnetKey: (key: string) => Prefix | null = remembering((key: string): Prefix | null => {
  const [, address = '', length = ''] = SUBNET_KEY.exec(key) ?? []
  // A length of five bits, as flannel reads it.
  if (!/^\d+$/.test(length) || Number(length) > 31) return null
  try {
    return { addr: parseIpv4(address), len: Number(length) }
  } catch {
    return null
  }
})

const joinPath = (...names: string[]): string =>
  names
    .filter(name => name !== '')
    .join('/')
    .replace(/\/+/g, '/')

/** Key of the network configuration below an etcd prefix. */
export const configKey = (prefix: string): string => joinPath(prefix, 'config')

/** What keys of leases below an etcd prefix begin with, without the slash behind it. */
export const subnetsKey = (prefix: string): string => joinPath(prefix, 'subnets')

/** `10.244.1.0-24`. */
export const makeSubnetKey = (subnet: Prefix): string => netText(subnet, '-')

/** The value of a lease's key, as Go's encoding/json writes it. */
export const leaseAttrsJson = ({ publicIp, backendType, backendData }: LeaseAttrs): string => {
  const type = backendType === '' ? '' : `,"BackendType":${JSON.stringify(backendType)}`
  const data = backendData === '' ? '' : `,"BackendData":${backendData}`
  return `{"PublicIP":"${formatIpv4(publicIp)}","PublicIPv6":null${type}${data}}`
}

/** Is the subnet one of those that the configuration hands out? */
export const isSubnetConfigCompat = (config: FlannelConfig, subnet: Prefix): boolean =>
  subnet.addr >>> 0 >= config.subnetMin >>> 0 &&
  subnet.addr >>> 0 <= config.subnetMax >>> 0 &&
  subnet.len === config.subnetLen

/** Leases that a daemon knows, and what a snapshot or an event says about them (leaseWatcher). */
export class LeaseWatcher {
  readonly #own: Prefix
  readonly #onUnknown: (subnet: Prefix) => void
  /** By {@link netKey}, in the order in which they came. */
  readonly #leases: Map<number, Lease> = new Map()

  /** `onUnknown` hears of a subnet that was removed and is not known. */
  constructor(own: Prefix, onUnknown: (subnet: Prefix) => void) {
    this.#own = own
    this.#onUnknown = onUnknown
  }

  /** What is new in a snapshot, then what is no longer there. */
  reset(leases: readonly Lease[]): LeaseEvent[] {
    const others = leases.filter(l => !netEqual(l.subnet, this.#own))
    const added = others.filter(l => !this.#leases.has(netKey(l.subnet)))
    const keys = new Set(others.map(l => netKey(l.subnet)))
    const removed = [...this.#leases].filter(([key]) => !keys.has(key)).map(([, old]) => old)
    this.#leases.clear()
    for (const lease of others) this.#leases.set(netKey(lease.subnet), lease)
    return [
      ...added.map((lease): LeaseEvent => ({ type: 'added', lease })),
      ...removed.map((lease): LeaseEvent => ({ type: 'removed', lease })),
    ]
  }

  /** Events of other hosts; one that is removed has the attributes that are known of it. */
  update(events: readonly LeaseEvent[]): LeaseEvent[] {
    return events
      .filter(({ lease }) => !netEqual(lease.subnet, this.#own))
      .map(event => (event.type === 'added' ? this.#add(event) : this.#remove(event)))
  }

  #add(event: LeaseEvent): LeaseEvent {
    this.#leases.set(netKey(event.lease.subnet), event.lease)
    return event
  }

  #remove(event: LeaseEvent): LeaseEvent {
    const key = netKey(event.lease.subnet)
    const lease = this.#leases.get(key)
    if (lease === undefined) {
      this.#onUnknown(event.lease.subnet)
      return event
    }
    this.#leases.delete(key)
    return { type: 'removed', lease }
  }
}

/** The network of an address, as flannel writes it into a log. */
export const networkOf = (net: Prefix): Prefix => ({ addr: net.addr & maskOf(net.len), len: net.len })

export { isNoNet }
