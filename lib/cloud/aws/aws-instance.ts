/**
 * Instances of EC2 and their network interfaces.
 *
 * @see Amazon EC2 User Guide, "Amazon EC2 instance state changes"; Amazon VPC User Guide, "Elastic network interfaces"
 */
import { Printable } from '../../app/printable.js'
import { processesOf } from '../../app/process.js'
import type { Netns } from '../../core/netns.js'
import { formatIpv4 } from '../../wire/ip.js'
import { formatMac } from '../../wire/mac.js'
import type { Nic } from '../nic.js'
import type { AwsSubnet, AwsVpc } from './aws-vpc.js'
import { Ec2Error } from './ec2-error.js'

/** A subnet as the interface sees it, and the association with its instance. */
export class AwsEni extends Printable {
  readonly id: string
  readonly instance: AwsInstance
  readonly subnet: AwsSubnet
  /** Id of its attachment. */
  readonly attachmentId: string
  /** 0 for the primary interface. */
  readonly deviceIndex: number
  /** @internal */
  readonly nic: Nic
  /** False once it is deleted. */
  isAttached = true

  /** @internal use `vpc.attach` */
  constructor(
    id: string,
    attachmentId: string,
    instance: AwsInstance,
    subnet: AwsSubnet,
    nic: Nic,
    deviceIndex: number,
  ) {
    super()
    this.id = id
    this.attachmentId = attachmentId
    this.instance = instance
    this.subnet = subnet
    this.nic = nic
    this.deviceIndex = deviceIndex
  }

  /** The primary private address. */
  get address(): string {
    return formatIpv4(this.nic.address)
  }

  /** All private addresses, the primary one first. */
  get addresses(): string[] {
    return [...this.nic.addresses].map(formatIpv4)
  }

  get mac(): string {
    return formatMac(this.nic.mac)
  }

  /** The interface must be the source or the destination of what it sends and receives; true at first. */
  get sourceDestCheck(): boolean {
    return !this.nic.forwards
  }

  set sourceDestCheck(value: boolean) {
    this.nic.forwards = !value
  }

  /** A route to it leads somewhere. */
  get isActive(): boolean {
    return this.isAttached && this.instance.state === 'running'
  }

  override toString(): string {
    return `${this.id} ${this.address} ${this.mac}`
  }

  override toJSON(): { id: string; address: string; mac: string; sourceDestCheck: boolean; subnet: string } {
    const { id, address, mac, sourceDestCheck, subnet } = this
    return { id, address, mac, sourceDestCheck, subnet: subnet.id }
  }
}

/** A virtual machine. Make one with `vpc.attach`. */
export class AwsInstance extends Printable {
  readonly id: string
  readonly reservationId: string
  readonly netns: Netns
  /** Actions that its role may ask for, such as `ec2:CreateRoute`, `ec2:*`; null without a role. */
  readonly role: readonly string[] | null
  readonly enis: AwsEni[] = []
  /** Virtual time of its launch in nanoseconds. */
  readonly launchedNs: number
  #state: 'running' | 'stopped' | 'terminated' = 'running'
  readonly #vpc: AwsVpc

  /** @internal use `vpc.attach` */
  constructor(vpc: AwsVpc, id: string, reservationId: string, netns: Netns, role: readonly string[] | null) {
    super()
    this.#vpc = vpc
    this.id = id
    this.reservationId = reservationId
    this.netns = netns
    this.role = role
    this.launchedNs = netns.world.now
  }

  get state(): 'running' | 'stopped' | 'terminated' {
    return this.#state
  }

  /** The primary interface. */
  get eni(): AwsEni {
    return this.enis[0]!
  }

  /** The primary private address. */
  get address(): string {
    return this.eni.address
  }

  /** As of the primary interface. */
  get sourceDestCheck(): boolean {
    return this.eni.sourceDestCheck
  }

  set sourceDestCheck(value: boolean) {
    this.eni.sourceDestCheck = value
  }

  /** Stops it: its programs end, its interfaces lose the link, routes to them become black holes. Throws for one that is terminated. */
  stop(): void {
    this.#check('stopped')
    this.#end('stopped')
    for (const eni of this.enis) this.#vpc.network.setRunning(eni.nic, false)
    this.#changed()
  }

  /** Starts it again; what ran in it does not come back by itself. Throws for one that is terminated. */
  start(): void {
    this.#check('started')
    this.#state = 'running'
    for (const eni of this.enis) this.#vpc.network.setRunning(eni.nic, true)
    this.#changed()
  }

  /** Ends it for good: its interfaces are deleted, and routes to them stay as black holes. */
  terminate(): void {
    if (this.#state === 'terminated') return
    this.#end('terminated')
    for (const eni of this.enis) {
      eni.isAttached = false
      this.#vpc.network.removeNic(eni.nic)
    }
    this.#changed()
  }

  #end(state: 'stopped' | 'terminated'): void {
    this.#state = state
    for (const process of processesOf(this.netns)) process.killHard()
  }

  #changed(): void {
    for (const table of this.#vpc.routeTables) for (const eni of this.enis) table.changed(eni)
  }

  #check(what: string): void {
    if (this.#state !== 'terminated') return
    const text = `The instance '${this.id}' is not in a state from which it can be ${what}.`
    throw new Ec2Error('IncorrectInstanceState', text)
  }

  override toString(): string {
    return `${this.id} ${this.#state} ${this.address}`
  }

  override toJSON(): { id: string; netns: string; state: string; interfaces: AwsEni[] } {
    return { id: this.id, netns: this.netns.name, state: this.#state, interfaces: [...this.enis] }
  }
}
