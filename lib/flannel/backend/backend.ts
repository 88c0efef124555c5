/**
 * What a backend is: how packets get from host to host. A new one is one file here and one line in backends.ts.
 *
 * @see flannel backend/common.go, backend/simple_network.go
 */
import type { Process } from '../../app/process.js'
import { type Context, type Thread, wait } from '../../app/thread.js'
import type { NetDevice } from '../../core/netdev.js'
import type { Klog } from '../../app/klog.js'
import { netKey } from '../ip4-net.js'
import type { FlannelConfig } from '../subnet/config.js'
import type { Prefix } from '../../wire/ip.js'
import type { Lease, LeaseAttrs, LeaseEvent, SubnetManager } from '../subnet/subnet.js'

/** The host's interface to the other hosts. */
export interface ExternalInterface {
  readonly iface: NetDevice
  /** Address of the interface, int32. */
  readonly ifaceAddr: number
  /** Address under which the others reach it. */
  readonly extAddr: number
}

/** What a backend works with. */
export interface BackendEnv {
  readonly process: Process
  readonly log: Klog
  readonly sm: SubnetManager
  readonly ext: ExternalInterface
  /** MAC for a device that the backend makes, where the user gave one; null: drawn at random. */
  readonly vtepMac: number | null
  /** Leases of the other hosts that the daemon knows. */
  readonly peers: PeerTable
}

/** The backend's data; an annotation of Kubernetes' says `null` where a key of etcd's says nothing. */
const dataOf = ({ backendData }: LeaseAttrs): string => (backendData === 'null' ? '' : backendData)

/** The other hosts' leases as a daemon knows them. */
export class PeerTable {
  readonly #leases = new Map<number, Lease>()
  /** Virtual time of the last change in nanoseconds. */
  changedNs = 0

  /** All leases, in the order in which they came. */
  get leases(): Lease[] {
    return [...this.#leases.values()]
  }

  /** How many there are. */
  get size(): number {
    return this.#leases.size
  }

  /** Is a subnet known with these attributes? */
  knows(subnet: Prefix, attrs: LeaseAttrs): boolean {
    const known = this.#leases.get(netKey(subnet))?.attrs
    return known !== undefined && known.publicIp === attrs.publicIp && dataOf(known) === dataOf(attrs)
  }

  /** Takes over what has changed at `now`. */
  update(batch: readonly LeaseEvent[], now: number): void {
    for (const { type, lease } of batch) {
      const key = netKey(lease.subnet)
      if (type === 'removed') this.#leases.delete(key)
      else this.#leases.set(key, lease)
      this.changedNs = now
    }
  }
}

/** A network that stands. */
export interface Network {
  readonly lease: Lease
  /** What is left for packets of pods, in octets. */
  readonly mtu: number
  /** Follows the leases of the others until the context is cancelled. */
  run(ctx: Context): Thread
}

/** A backend of a daemon. */
export interface Backend {
  /** Takes the lease and sets the network up. Throws a SubnetError with flannel's text. */
  registerNetwork(ctx: Context, config: FlannelConfig): Thread<Network>
}

/** A kind of backend: one line of the table. */
export interface BackendKind {
  /** As in `"Backend": {"Type": ...}`. */
  readonly type: string
  /** Makes it for a daemon. Throws a SubnetError with flannel's text when it can't work there. */
  readonly make: (env: BackendEnv) => Backend
}

/** A network that needs nothing while it runs. */
export class SimpleNetwork implements Network {
  readonly lease: Lease
  readonly mtu: number

  constructor(lease: Lease, mtu: number) {
    this.lease = lease
    this.mtu = mtu
  }

  *run(ctx: Context): Thread {
    yield* wait(ctx.done)
  }
}
