/**
 * An interface of a virtual machine in the network of a cloud: an ENI of AWS, a network interface of Google Cloud.
 */
import type { NetDevice } from '../core/netdev.js'
import type { VpcSubnet } from './vpc-subnet.js'

/** An interface: the machine's device, and the cloud's end of it. Addresses are int32. */
export class Nic {
  readonly subnet: VpcSubnet
  /** The cloud's end, a port of the subnet. */
  readonly port: NetDevice
  /** The machine's end. */
  readonly dev: NetDevice
  readonly mac: number
  /** Private addresses, the primary one first. */
  readonly addresses: Int32Array
  /** May send and receive packets of others: the source/destination check is off, or forwarding is allowed. */
  forwards: boolean
  /** The machine runs. */
  isRunning = true

  /** @internal use `Vpc.addNic` */
  constructor(
    subnet: VpcSubnet,
    port: NetDevice,
    dev: NetDevice,
    mac: number,
    addresses: Int32Array,
    forwards: boolean,
  ) {
    this.subnet = subnet
    this.port = port
    this.dev = dev
    this.mac = mac
    this.addresses = addresses
    this.forwards = forwards
  }

  /** The primary address. */
  get address(): number {
    return this.addresses[0]!
  }

  /** True for one of its own addresses. */
  owns(addr: number): boolean {
    const { addresses } = this
    for (let i = 0; i < addresses.length; i++) if (addresses[i] === addr) return true
    return false
  }
}
