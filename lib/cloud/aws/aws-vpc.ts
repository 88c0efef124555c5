/**
 * An Amazon VPC: subnets, route tables, instances, the instance metadata service and the EC2 API.
 *
 * The API is reached as by an interface endpoint of the VPC, at the last usable address of the first subnet, and without TLS; each
 * instance finds it by its name in /etc/hosts. Left out: internet and NAT gateways, peering, security groups and network ACLs
 * (everything is allowed), IPv6, DHCP (an instance gets its addresses at once), and what else EC2 has besides.
 *
 * @see Amazon VPC User Guide
 */
import { Printable } from '../../app/printable.js'
import { checkOptions, ipv4Option, macOption, numberOption } from '../../app/text.js'
import type { Netns } from '../../core/netns.js'
import type { World } from '../../core/world.js'
import { NetloomError } from '../../errors.js'
import type { Rng } from '../../sim/rng.js'
import { formatIpv4, formatPrefix, maskOf, parsePrefix, type Prefix } from '../../wire/ip.js'
import { localMac, resourceId } from '../id.js'
import { type MachineRef, setUpMachine } from '../machine.js'
import { startService } from '../service.js'
import { Vpc } from '../vpc.js'
import type { VpcSubnet } from '../vpc-subnet.js'
import { AwsEni, AwsInstance } from './aws-instance.js'
import { AwsRouteTable } from './aws-route-table.js'
import { Ec2Error } from './ec2-error.js'
import { ec2Answer } from './ec2-query.js'
import { imdsAnswer } from './imds.js'

/** A subnet to make; its zone is the region with `a` when absent. */
export interface AwsSubnetOptions {
  readonly cidr: string
  readonly availabilityZone?: string
}

/** Options of a VPC. */
export interface AwsVpcOptions {
  /** Range of the VPC, such as `10.0.0.0/16`. */
  readonly cidr: string
  /** Namespace of the router; `vpc` when absent. */
  readonly name?: string
  /** One subnet of the VPC's first 256 addresses, or of all when it has fewer, when absent. */
  readonly subnets?: readonly AwsSubnetOptions[]
  /** `us-east-1` when absent. */
  readonly region?: string
  /** MTU of the interfaces, at most 9001 (jumbo frames); 1500 when absent. */
  readonly mtu?: number
  /** Routes that a table holds besides the local one; 50, the quota of a new account, when absent. */
  readonly routesPerTable?: number
}

/** Options of an instance. */
export interface AwsAttachOptions {
  /** The subnet or its id; the first one when absent. */
  readonly subnet?: AwsSubnet | string
  /** Private address; the first free one when absent. */
  readonly address?: string
  /** Further private addresses. */
  readonly secondary?: readonly string[]
  readonly mac?: string
  /** Name of the device; `eth0` when absent. */
  readonly dev?: string
  /** True when absent. */
  readonly sourceDestCheck?: boolean
  /** Actions that the instance's role may ask for; everything (`['*']`) when absent, no role when null. */
  readonly role?: readonly string[] | null
}

/** A subnet of a VPC. */
export class AwsSubnet extends Printable {
  readonly id: string
  readonly availabilityZone: string
  /** @internal */
  readonly kernel: VpcSubnet

  /** @internal */
  constructor(id: string, availabilityZone: string, kernel: VpcSubnet) {
    super()
    this.id = id
    this.availabilityZone = availabilityZone
    this.kernel = kernel
  }

  get cidr(): string {
    return formatPrefix(this.kernel.prefix)
  }

  override toString(): string {
    return `${this.id} ${this.cidr}`
  }

  override toJSON(): { id: string; cidr: string; availabilityZone: string } {
    return { id: this.id, cidr: this.cidr, availabilityZone: this.availabilityZone }
  }
}

/** Address of the instance metadata service. */
export const IMDS_ADDRESS = '169.254.169.254'
/** AWS keeps the first four addresses of a subnet: network, router, DNS, and one for later; and the last one. */
const RESERVED_LOW = 4
const MTU_MAX = 9001
const ACCOUNT = '123456789012'

/** The range of a text, host bits off. Throws EINVAL that names the option. */
const rangeOption = (option: string, text: string): Prefix => {
  const { addr, len } = parsePrefix(text)
  if (len >= 16 && len <= 28 && (addr & ~maskOf(len)) === 0) return { addr, len }
  throw new NetloomError('EINVAL', `${option}: ${text} is not a network of /16 to /28, which is what a VPC takes`, {
    option,
    value: text,
  })
}

const contains = (range: Prefix, { addr, len }: Prefix): boolean =>
  len >= range.len && ((addr ^ range.addr) & maskOf(range.len)) === 0

/** A VPC. Make one with `createCloud(world, { kind: 'aws', cidr })`. */
export class AwsVpc extends Printable {
  readonly id: string
  /** Account that owns everything. */
  readonly ownerId: string = ACCOUNT
  readonly region: string
  /** Address and name of the EC2 API. */
  readonly endpoint: string
  readonly endpointName: string
  readonly subnets: readonly AwsSubnet[]
  /** The route tables, the main one first. */
  readonly routeTables: AwsRouteTable[] = []
  readonly instances: AwsInstance[] = []
  /** @internal the emulated network */
  readonly network: Vpc
  /** @internal for ids */
  readonly rng: Rng
  readonly range: Prefix
  readonly #quota: number

  /** @internal use `createCloud` */
  constructor(world: World, options: AwsVpcOptions) {
    super()
    const keys = ['cidr', 'name', 'subnets', 'region', 'mtu', 'routesPerTable']
    checkOptions('createCloud', options, keys)
    const { cidr, name = 'vpc', region = 'us-east-1', mtu = 1500, routesPerTable = 50 } = options
    const range = rangeOption('cidr', cidr)
    const subnets = (
      options.subnets ?? [{ cidr: formatPrefix({ addr: range.addr, len: Math.max(range.len, 24) }) }]
    ).map(({ cidr: text, availabilityZone = `${region}a` }) => ({
      prefix: subnetOption(range, text),
      availabilityZone,
    }))
    if (subnets.length === 0) throw new NetloomError('EINVAL', 'subnets: a VPC needs one to be of use')
    checkDisjoint(subnets.map(s => s.prefix))
    numberOption('mtu', mtu, MTU_MAX)
    this.#quota = numberOption('routesPerTable', routesPerTable, 1000)
    this.region = region
    this.range = range
    const first = subnets[0]!.prefix
    const endpoint = (first.addr + 2 ** (32 - first.len) - 2) | 0
    this.endpoint = formatIpv4(endpoint)
    this.endpointName = `ec2.${region}.amazonaws.com`
    this.network = new Vpc(world, {
      name,
      arp: 'proxy',
      mtu,
      services: [endpoint, ipv4Option('address', IMDS_ADDRESS)],
    })
    const { netns } = this.network
    this.rng = netns.rng
    this.id = resourceId(this.rng, 'vpc')
    this.network.addLocal(range)
    this.#addTable(resourceId(this.rng, 'rtbassoc'))
    this.subnets = subnets.map(({ prefix, availabilityZone }, i) => this.#addSubnet(i, prefix, availabilityZone))
    startService(netns, 'imds', IMDS_ADDRESS, request => imdsAnswer(this, request))
    startService(netns, 'ec2', this.endpoint, request => ec2Answer(this, request))
  }

  #addSubnet(i: number, prefix: Prefix, availabilityZone: string): AwsSubnet {
    const main = this.routeTables[0]!.kernel
    const kernel = this.network.addSubnet(`subnet${i + 1}`, prefix, prefix.addr + 1, localMac(this.rng), main)
    return new AwsSubnet(resourceId(this.rng, 'subnet'), availabilityZone, kernel)
  }

  #addTable(mainAssociation: string | null): AwsRouteTable {
    const id = resourceId(this.rng, 'rtb')
    const table = new AwsRouteTable(this.id, id, mainAssociation, this.network.addTable(), this.range, this.#quota)
    this.routeTables.push(table)
    return table
  }

  /** Makes a route table, and lets subnets use it instead of the main one. Throws InvalidSubnetID.NotFound. */
  createRouteTable(options: { readonly subnets?: readonly (AwsSubnet | string)[] } = {}): AwsRouteTable {
    checkOptions('createRouteTable', options, ['subnets'])
    const subnets = (options.subnets ?? []).map(subnet => this.subnet(subnet))
    const table = this.#addTable(null)
    for (const subnet of subnets) {
      for (const other of this.routeTables) other.disassociate(subnet.id)
      table.associate(subnet.id, resourceId(this.rng, 'rtbassoc'))
      this.network.setTable(subnet.kernel, table.kernel)
    }
    return table
  }

  /** A subnet by its id. Throws InvalidSubnetID.NotFound. */
  subnet(subnet: AwsSubnet | string): AwsSubnet {
    const found = this.subnets.find(s => s === subnet || s.id === subnet)
    if (found !== undefined) return found
    throw new Ec2Error('InvalidSubnetID.NotFound', `The subnet ID '${subnet}' does not exist`)
  }

  /** A route table by its id. Throws InvalidRouteTableID.NotFound. */
  routeTable(id: string): AwsRouteTable {
    const found = this.routeTables.find(table => table.id === id)
    if (found !== undefined) return found
    throw new Ec2Error('InvalidRouteTableID.NotFound', `The routeTable ID '${id}' does not exist`)
  }

  /** An instance by its id. Throws InvalidInstanceID.NotFound. */
  instance(id: string): AwsInstance {
    const found = this.instances.find(instance => instance.id === id)
    if (found !== undefined) return found
    throw new Ec2Error('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`)
  }

  /** An interface by its id. Throws InvalidNetworkInterfaceID.NotFound. */
  eni(id: string): AwsEni {
    const found = this.enis().find(eni => eni.id === id)
    if (found !== undefined) return found
    throw new Ec2Error('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`)
  }

  /** The interfaces that there are. */
  enis(): AwsEni[] {
    return this.instances.flatMap(instance => instance.enis.filter(eni => eni.isAttached))
  }

  /** The running instance that has an address, null when there is none. */
  instanceAt(address: string): AwsInstance | null {
    return this.enis().find(eni => eni.isActive && eni.addresses.includes(address))?.instance ?? null
  }

  /**
   * Launches an instance in a namespace: it gets `eth0` with an address, a default route, and the names of the services in
   * /etc/hosts. A further call for the same namespace attaches a further interface, without a default route. Throws EINVAL,
   * EADDRINUSE, EEXIST, InsufficientFreeAddressesInSubnet.
   *
   * @example
   * const i1 = vpc.attach(world.addNetns('n1'))
   */
  attach(machine: MachineRef, options: AwsAttachOptions = {}): AwsInstance {
    const keys = ['subnet', 'address', 'secondary', 'mac', 'dev', 'sourceDestCheck', 'role']
    checkOptions('attach', options, keys)
    const { kernel: netns } = machine
    const { address, secondary = [], mac, sourceDestCheck = true, role = ['*'] } = options
    const subnet = this.subnet(options.subnet ?? this.subnets[0]!)
    const known = this.instances.find(i => i.netns === netns && i.state !== 'terminated')
    const deviceIndex = known?.enis.length ?? 0
    const addresses = [
      address === undefined ? this.#freeAddress(subnet) : this.#addressIn(subnet, address),
      ...secondary.map(text => this.#addressIn(subnet, text)),
    ]
    const nic = this.network.addNic(subnet.kernel, {
      netns,
      dev: options.dev ?? `eth${deviceIndex}`,
      mac: mac === undefined ? localMac(this.rng) : macOption('mac', mac),
      addresses,
      forwards: !sourceDestCheck,
    })
    this.network.undoing(nic, () =>
      setUpMachine(nic, subnet.kernel.prefix.len, deviceIndex === 0, [
        [IMDS_ADDRESS, 'instance-data'],
        [this.endpoint, this.endpointName],
      ]),
    )
    const instance = known ?? this.#launch(netns, role)
    const id = resourceId(this.rng, 'eni')
    instance.enis.push(new AwsEni(id, resourceId(this.rng, 'eni-attach'), instance, subnet, nic, deviceIndex))
    return instance
  }

  #launch(netns: Netns, role: readonly string[] | null): AwsInstance {
    const instance = new AwsInstance(this, resourceId(this.rng, 'i'), resourceId(this.rng, 'r'), netns, role)
    this.instances.push(instance)
    return instance
  }

  #isFree(addr: number): boolean {
    return formatIpv4(addr) !== this.endpoint && this.network.nicOf(addr) === null
  }

  #freeAddress({ id, kernel: { prefix } }: AwsSubnet): number {
    const size = 2 ** (32 - prefix.len)
    for (let n = RESERVED_LOW; n < size - 1; n++) if (this.#isFree((prefix.addr + n) | 0)) return (prefix.addr + n) | 0
    const text = `There are not enough free addresses in subnet '${id}' to satisfy the requested number of instances.`
    throw new Ec2Error('InsufficientFreeAddressesInSubnet', text)
  }

  #addressIn({ kernel: { prefix } }: AwsSubnet, text: string): number {
    const addr = ipv4Option('address', text)
    const n = (addr - prefix.addr) >>> 0
    const size = 2 ** (32 - prefix.len)
    if (n >= size)
      throw new Ec2Error('InvalidParameterValue', `Address ${text} does not fall within the subnet's address range`)
    if (n < RESERVED_LOW || n === size - 1)
      throw new Ec2Error('InvalidParameterValue', `Address ${text} is in subnet's reserved address range`)
    if (!this.#isFree(addr)) throw new Ec2Error('InvalidIPAddress.InUse', `Address ${text} is in use.`)
    return addr
  }

  /** Adds a route to an interface. Throws RouteAlreadyExists, RouteLimitExceeded, InvalidRouteTableID.NotFound. */
  createRoute(table: AwsRouteTable | string, destination: string, eni: AwsEni | string): void {
    this.#table(table).create(destinationOf(destination), typeof eni === 'string' ? this.eni(eni) : eni)
  }

  /** Gives a route another target. Throws InvalidParameterValue when there is none. */
  replaceRoute(table: AwsRouteTable | string, destination: string, eni: AwsEni | string): void {
    this.#table(table).replace(destinationOf(destination), typeof eni === 'string' ? this.eni(eni) : eni)
  }

  /** Takes a route out. Throws InvalidRoute.NotFound. */
  deleteRoute(table: AwsRouteTable | string, destination: string): void {
    this.#table(table).delete(destinationOf(destination))
  }

  #table(table: AwsRouteTable | string): AwsRouteTable {
    return this.routeTable(typeof table === 'string' ? table : table.id)
  }

  override toString(): string {
    return this.routeTables.map(table => `${table}`).join('\n')
  }

  override toJSON(): { id: string; cidr: string; subnets: readonly AwsSubnet[]; routeTables: AwsRouteTable[] } {
    return { id: this.id, cidr: formatPrefix(this.range), subnets: this.subnets, routeTables: [...this.routeTables] }
  }
}

const subnetOption = (range: Prefix, text: string): Prefix => {
  const prefix = rangeOption('subnets', text)
  if (contains(range, prefix)) return prefix
  throw new Ec2Error('InvalidSubnet.Range', `The CIDR '${text}' is invalid.`)
}

const checkDisjoint = (subnets: readonly Prefix[]): void => {
  for (const [i, a] of subnets.entries())
    for (const b of subnets.slice(0, i))
      if (contains(a, b) || contains(b, a))
        throw new Ec2Error('InvalidSubnet.Conflict', `The CIDR '${formatPrefix(a)}' conflicts with another subnet`)
}

/** A destination in its canonical form. Throws InvalidParameterValue. */
const destinationOf = (text: string): Prefix => {
  try {
    const { addr, len } = parsePrefix(text)
    if (text.includes('/')) return { addr: addr & maskOf(len), len }
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
  }
  const why = `Value (${text}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`
  throw new Ec2Error('InvalidParameterValue', why)
}
