/**
 * A subnet in the network of a cloud: a bridge of the router's namespace that floods nothing and learns nothing.
 */
import type { NetDevice } from '../core/netdev.js'
import type { Prefix } from '../wire/ip.js'
import type { VpcTable } from './vpc-table.js'

/** A subnet. */
export class VpcSubnet {
  readonly prefix: Prefix
  /** Address of the router in it, int32. */
  readonly gateway: number
  readonly bridge: NetDevice
  /** Routes for what its machines send. */
  table: VpcTable

  /** @internal use `Vpc.addSubnet` */
  constructor(prefix: Prefix, gateway: number, bridge: NetDevice, table: VpcTable) {
    this.prefix = prefix
    this.gateway = gateway
    this.bridge = bridge
    this.table = table
  }
}
