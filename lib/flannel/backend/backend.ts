/**
 * What a backend is: how packets get from host to host. A new one is one file here and one line in backends.ts.
 *
 * @see flannel backend/common.go, backend/simple_network.go
 */
import type { Process } from '../../app/process.js'
import { type Context, type Thread, wait } from '../../app/thread.js'
import type { NetDevice } from '../../core/netdev.js'
import type { Glog } from '../glog.js'
import type { FlannelConfig } from '../subnet/config.js'
import type { Lease, SubnetManager } from '../subnet/subnet.js'

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
  readonly log: Glog
  readonly sm: SubnetManager
  readonly ext: ExternalInterface
  /** MAC for a device that the backend makes, where the user gave one; null: drawn at random. */
  readonly vtepMac: number | null
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
