/**
 * A route table of an Amazon VPC: one target for each destination, a number of routes that is bounded, and routes whose target has
 * gone, which stay as black holes.
 *
 * @see Amazon VPC User Guide, "Route tables", "Amazon VPC quotas"
 */
import { Printable } from '../../app/printable.js'
import { formatPrefix, type Prefix } from '../../wire/ip.js'
import type { VpcTable } from '../vpc-table.js'
import type { AwsEni } from './aws-instance.js'
import { Ec2Error } from './ec2-error.js'

/** A route as `aws ec2 describe-route-tables` tells of it. */
export interface AwsRoute {
  readonly destinationCidrBlock: string
  /** `local`, or null for a route to an interface. */
  readonly gatewayId: string | null
  readonly networkInterfaceId: string | null
  /** The instance that the interface is attached to. */
  readonly instanceId: string | null
  readonly origin: 'CreateRouteTable' | 'CreateRoute'
  readonly state: 'active' | 'blackhole'
}

/** A route that was made: its destination, and the interface, which may be gone. */
interface Entry {
  readonly to: Prefix
  eni: AwsEni
}

const samePrefix = (a: Prefix, b: Prefix): boolean => a.addr === b.addr && a.len === b.len

/** A route table. Make one with `vpc.createRouteTable`. */
export class AwsRouteTable extends Printable {
  readonly id: string
  readonly vpcId: string
  /** Id of the association that makes it the main one; null for others. */
  readonly mainAssociation: string | null
  /** Associations with subnets: their ids by those of the subnets. */
  readonly associations: ReadonlyMap<string, string>
  /** @internal the router's table */
  readonly kernel: VpcTable
  readonly #associations = new Map<string, string>()
  readonly #local: Prefix
  readonly #quota: number
  readonly #routes: Entry[] = []

  /** @internal use `vpc.createRouteTable` */
  constructor(
    vpcId: string,
    id: string,
    mainAssociation: string | null,
    kernel: VpcTable,
    local: Prefix,
    quota: number,
  ) {
    super()
    this.id = id
    this.vpcId = vpcId
    this.mainAssociation = mainAssociation
    this.associations = this.#associations
    this.kernel = kernel
    this.#local = local
    this.#quota = quota
  }

  /** @internal */
  associate(subnetId: string, associationId: string): void {
    this.#associations.set(subnetId, associationId)
  }

  /** @internal */
  disassociate(subnetId: string): void {
    this.#associations.delete(subnetId)
  }

  /** The routes, the local one first. */
  routes(): AwsRoute[] {
    const local: AwsRoute = {
      destinationCidrBlock: formatPrefix(this.#local),
      gatewayId: 'local',
      networkInterfaceId: null,
      instanceId: null,
      origin: 'CreateRouteTable',
      state: 'active',
    }
    return [local, ...this.#routes.map(describe)]
  }

  /** @internal adds a route. Throws RouteAlreadyExists, RouteLimitExceeded. */
  create(to: Prefix, eni: AwsEni): void {
    if (samePrefix(to, this.#local) || this.#find(to) !== null)
      throw new Ec2Error('RouteAlreadyExists', `The route identified by ${formatPrefix(to)} already exists.`)
    if (this.#routes.length >= this.#quota)
      throw new Ec2Error('RouteLimitExceeded', `The maximum number of routes has been reached.`)
    const entry: Entry = { to, eni }
    this.#routes.push(entry)
    this.#program(entry)
  }

  /** @internal gives a route another target. Throws InvalidParameterValue when there is none. */
  replace(to: Prefix, eni: AwsEni): void {
    const entry = this.#find(to)
    if (entry === null) {
      const text = `There is no route defined for '${formatPrefix(to)}' in the route table. Use CreateRoute instead.`
      throw new Ec2Error('InvalidParameterValue', text)
    }
    entry.eni = eni
    this.#program(entry)
  }

  /** @internal takes a route out. Throws InvalidRoute.NotFound, InvalidParameterValue for the local one. */
  delete(to: Prefix): void {
    const cidr = formatPrefix(to)
    if (samePrefix(to, this.#local))
      throw new Ec2Error('InvalidParameterValue', `cannot remove local route ${cidr} in route table ${this.id}`)
    const entry = this.#find(to)
    if (entry === null) {
      const text = `no route with destination-cidr-block ${cidr} in route table ${this.id}`
      throw new Ec2Error('InvalidRoute.NotFound', text)
    }
    this.#routes.splice(this.#routes.indexOf(entry), 1)
    this.kernel.del(to)
  }

  /** @internal an interface has come up or gone: its routes lead there, or nowhere */
  changed(eni: AwsEni): void {
    for (const entry of this.#routes) if (entry.eni === eni) this.#program(entry)
  }

  #find(to: Prefix): Entry | null {
    return this.#routes.find(entry => samePrefix(entry.to, to)) ?? null
  }

  #program({ to, eni }: Entry): void {
    this.kernel.set(to, eni.isActive ? [eni.nic] : [])
  }

  /** The routes as a table with the columns of the console. */
  override toString(): string {
    const rows = this.routes().map(r => [
      r.destinationCidrBlock,
      r.gatewayId ?? r.networkInterfaceId!,
      r.state,
      r.instanceId ?? '',
    ])
    const lines = [['Destination', 'Target', 'Status', 'Instance'], ...rows]
    const widths = [0, 1, 2, 3].map(i => Math.max(...lines.map(line => line[i]!.length)))
    const text = lines.map(line =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    return `${this.id}${this.mainAssociation === null ? '' : ' (main)'}\n${text.join('\n')}\n`
  }

  override toJSON(): { id: string; vpcId: string; isMain: boolean; subnets: string[]; routes: AwsRoute[] } {
    const { id, vpcId } = this
    return {
      id,
      vpcId,
      isMain: this.mainAssociation !== null,
      subnets: [...this.#associations.keys()],
      routes: this.routes(),
    }
  }
}

const describe = ({ to, eni }: Entry): AwsRoute => ({
  destinationCidrBlock: formatPrefix(to),
  gatewayId: null,
  networkInterfaceId: eni.id,
  instanceId: eni.isAttached ? eni.instance.id : null,
  origin: 'CreateRoute',
  state: eni.isActive ? 'active' : 'blackhole',
})
