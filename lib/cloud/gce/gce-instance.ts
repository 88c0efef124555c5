/**
 * Virtual machines of Compute Engine.
 *
 * @see Google Cloud, "VM instance lifecycle"
 */
import { Printable } from '../../app/printable.js'
import { processesOf } from '../../app/process.js'
import type { Netns } from '../../core/netns.js'
import { formatIpv4 } from '../../wire/ip.js'
import { formatMac } from '../../wire/mac.js'
import type { Nic } from '../nic.js'
import type { GceNetwork, GceSubnet } from './gce-network.js'
import { GceError } from './gce-error.js'

/** A virtual machine with one interface. Make one with `network.attach`. */
export class GceInstance extends Printable {
  readonly id: string
  readonly name: string
  readonly zone: string
  readonly subnet: GceSubnet
  readonly netns: Netns
  /** May it send and receive packets of others? Chosen when it is made. */
  readonly canIpForward: boolean
  /** What its service account may ask for, such as `https://www.googleapis.com/auth/compute`; null without one. */
  readonly scopes: readonly string[] | null
  /** Virtual time of its creation in nanoseconds. */
  readonly createdNs: number
  /** @internal */
  readonly nic: Nic
  #status: 'RUNNING' | 'TERMINATED' | 'DELETED' = 'RUNNING'
  readonly #network: GceNetwork

  /** @internal use `network.attach` */
  constructor(
    network: GceNetwork,
    id: string,
    name: string,
    zone: string,
    subnet: GceSubnet,
    nic: Nic,
    scopes: readonly string[] | null,
  ) {
    super()
    this.#network = network
    this.id = id
    this.name = name
    this.zone = zone
    this.subnet = subnet
    this.nic = nic
    this.netns = nic.dev.netns
    this.canIpForward = nic.forwards
    this.scopes = scopes
    this.createdNs = this.netns.world.now
  }

  /** TERMINATED is how Compute Engine calls one that is stopped; DELETED one that is gone. */
  get status(): 'RUNNING' | 'TERMINATED' | 'DELETED' {
    return this.#status
  }

  get address(): string {
    return formatIpv4(this.nic.address)
  }

  get mac(): string {
    return formatMac(this.nic.mac)
  }

  /** `projects/PROJECT/zones/ZONE/instances/NAME`. */
  get path(): string {
    return `projects/${this.#network.project}/zones/${this.zone}/instances/${this.name}`
  }

  /** Stops it: its programs end, its interface loses the link, routes to it are disregarded. Throws notFound when it is deleted. */
  stop(): void {
    this.#check()
    this.#end('TERMINATED')
    this.#network.network.setRunning(this.nic, false)
    this.#network.programRoutes()
  }

  /** Starts it again; what ran in it does not come back by itself. Throws notFound when it is deleted. */
  start(): void {
    this.#check()
    this.#status = 'RUNNING'
    this.#network.network.setRunning(this.nic, true)
    this.#network.programRoutes()
  }

  /** Deletes it with its interface; routes to it stay, and are disregarded. */
  delete(): void {
    if (this.#status === 'DELETED') return
    this.#end('DELETED')
    this.#network.network.removeNic(this.nic)
    this.#network.programRoutes()
  }

  #end(status: 'TERMINATED' | 'DELETED'): void {
    this.#status = status
    for (const process of processesOf(this.netns)) process.killHard()
  }

  #check(): void {
    if (this.#status === 'DELETED') throw new GceError('notFound', `The resource '${this.path}' was not found`)
  }

  override toString(): string {
    return `${this.name} ${this.#status} ${this.address}`
  }

  override toJSON(): { name: string; zone: string; status: string; address: string; canIpForward: boolean } {
    const { name, zone, status, address, canIpForward } = this
    return { name, zone, status, address, canIpForward }
  }
}
