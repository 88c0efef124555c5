/**
 * A VPC network of Google Cloud: subnets, static routes, virtual machines, the metadata server and the Compute Engine API.
 *
 * A machine has an address with the prefix length 32 and sends everything to the router, which answers ARP for everybody. The API is
 * reached at one of the addresses of private.googleapis.com, without TLS; each machine finds it by its name in /etc/hosts. Left
 * out: internet gateways, VPN, peering, load balancers as next hops, routes with tags, alias ranges, firewall rules (everything is
 * allowed), IPv6, DHCP (a machine gets its address at once).
 *
 * @see Google Cloud, "VPC networks", "Routes"
 */
import { Printable } from '../../app/printable.js'
import { checkOptions, ipv4Option, numberOption } from '../../app/text.js'
import type { World } from '../../core/world.js'
import { NetloomError } from '../../errors.js'
import type { Rng } from '../../sim/rng.js'
import { formatIpv4, formatPrefix, maskOf, parsePrefix, type Prefix } from '../../wire/ip.js'
import { resourceNumber } from '../id.js'
import { type MachineRef, setUpMachine } from '../machine.js'
import type { Nic } from '../nic.js'
import { startService } from '../service.js'
import { Vpc } from '../vpc.js'
import type { VpcSubnet } from '../vpc-subnet.js'
import { computeAnswer } from './compute-api.js'
import { API_ADDRESS, API_NAME, COMPUTE_SCOPE, METADATA_ADDRESS } from './endpoints.js'
import { checkName, GceError } from './gce-error.js'
import { GceInstance } from './gce-instance.js'
import { GceRoutes } from './gce-routes.js'
import { metadataAnswer } from './metadata-server.js'
import type { GceRouteSpec } from './gce-route.js'

/** A subnet to make. */
export interface GceSubnetOptions {
  readonly cidr: string
  /** The network's name with a number behind those after the first when absent. */
  readonly name?: string
}

/** Options of a network. */
export interface GceNetworkOptions {
  /** Range of the one subnet when `subnets` is absent, such as `10.128.0.0/20`. */
  readonly cidr?: string
  readonly subnets?: readonly GceSubnetOptions[]
  /** Namespace of the router; `vpc` when absent. */
  readonly name?: string
  /** `netloom` when absent. */
  readonly project?: string
  /** Name of the network; `default` when absent. */
  readonly network?: string
  /** Zone of machines; `us-central1-a` when absent. */
  readonly zone?: string
  /** 1300 to 8896; 1460 when absent. */
  readonly mtu?: number
  /** Static routes that the project may have; 100, as flannel's documentation tells, when absent. */
  readonly routesQuota?: number
  /** Virtual nanoseconds that an operation takes; 2 s when absent. */
  readonly operationNs?: number
}

/** Options of a virtual machine. */
export interface GceAttachOptions {
  /** The namespace's name when absent. */
  readonly name?: string
  /** The subnet or its name; the first one when absent. */
  readonly subnet?: GceSubnet | string
  /** The first free address when absent. */
  readonly address?: string
  /** False when absent. */
  readonly canIpForward?: boolean
  readonly zone?: string
  /** Name of the device; `eth0` when absent. */
  readonly dev?: string
  /** Scopes of its service account; that of Compute Engine when absent, no account when null. */
  readonly scopes?: readonly string[] | null
}

/** A subnet of a network. */
export class GceSubnet extends Printable {
  readonly name: string
  /** @internal */
  readonly kernel: VpcSubnet

  /** @internal */
  constructor(name: string, kernel: VpcSubnet) {
    super()
    this.name = name
    this.kernel = kernel
  }

  get cidr(): string {
    return formatPrefix(this.kernel.prefix)
  }

  get gateway(): string {
    return formatIpv4(this.kernel.gateway)
  }

  override toString(): string {
    return `${this.name} ${this.cidr}`
  }

  override toJSON(): { name: string; cidr: string; gateway: string } {
    return { name: this.name, cidr: this.cidr, gateway: this.gateway }
  }
}

const MTU_MIN = 1300
const MTU_MAX = 8896
const DEFAULT_OPERATION_NS = 2e9
/** The first two and the last two addresses of a subnet are Google's. */
const RESERVED = 2

/** MAC of an address: 42:01 and the address. */
const macOf = (addr: number): number => 0x420100000000 + (addr >>> 0)

/** A network. Make one with `createCloud(world, { kind: 'gce', cidr })`. */
export class GceNetwork extends Printable {
  readonly id: string
  readonly project: string
  readonly name: string
  readonly zone: string
  readonly subnets: readonly GceSubnet[]
  readonly instances: GceInstance[] = []
  /** Static routes and the operations on them. */
  readonly routes: GceRoutes
  /** @internal the emulated network */
  readonly network: Vpc
  /** @internal for ids */
  readonly rng: Rng
  readonly createdNs: number

  /** @internal use `createCloud` */
  constructor(world: World, options: GceNetworkOptions) {
    super()
    checkOptions('createCloud', options, [
      'cidr',
      'subnets',
      'name',
      'project',
      'network',
      'zone',
      'mtu',
      'routesQuota',
      'operationNs',
    ])
    const { project = 'netloom', network = 'default', zone = 'us-central1-a', mtu = 1460 } = options
    const { routesQuota = 100, operationNs = DEFAULT_OPERATION_NS } = options
    const subnets = subnetsOf(options, network)
    checkName(network)
    if (numberOption('mtu', mtu, MTU_MAX) < MTU_MIN)
      throw new NetloomError('EINVAL', `mtu: ${mtu} is not an integer of ${MTU_MIN} to ${MTU_MAX}`, { mtu })
    numberOption('routesQuota', routesQuota, 10_000)
    numberOption('operationNs', operationNs, 1e12)
    this.project = project
    this.name = network
    this.zone = zone
    this.network = new Vpc(world, {
      name: options.name ?? 'vpc',
      arp: 'router',
      mtu,
      services: [ipv4Option('address', METADATA_ADDRESS), ipv4Option('address', API_ADDRESS)],
    })
    this.createdNs = world.now
    this.rng = this.network.netns.rng
    this.id = resourceNumber(this.rng)
    const table = this.network.addTable()
    this.subnets = subnets.map(({ name, prefix }, i) => {
      this.network.addLocal(prefix)
      const gateway = prefix.addr + 1
      return new GceSubnet(name, this.network.addSubnet(`subnet${i + 1}`, prefix, gateway, macOf(gateway), table))
    })
    this.routes = new GceRoutes(this, table, routesQuota, operationNs)
    const { netns } = this.network
    startService(netns, 'metadata', METADATA_ADDRESS, request => metadataAnswer(this, request))
    startService(netns, 'compute', API_ADDRESS, request => computeAnswer(this, request))
  }

  /** `projects/PROJECT/global/networks/NAME`. */
  get path(): string {
    return `projects/${this.project}/global/networks/${this.name}`
  }

  /** The instances that there are. */
  get present(): GceInstance[] {
    return this.instances.filter(instance => instance.status !== 'DELETED')
  }

  /** The running instance that has an address, null when there is none. */
  instanceAt(address: string): GceInstance | null {
    return this.present.find(i => i.status === 'RUNNING' && i.address === address) ?? null
  }

  /** An instance by its path, null when there is none. */
  instanceByPath(path: string): GceInstance | null {
    return this.present.find(instance => instance.path === path) ?? null
  }

  /**
   * Makes a virtual machine of a namespace: it gets `eth0` with an address, a default route, and the names of the services in
   * /etc/hosts. Throws EINVAL, EADDRINUSE, EEXIST.
   *
   * @example
   * const n1 = network.attach(world.addNetns('n1'), { canIpForward: true })
   */
  attach(machine: MachineRef, options: GceAttachOptions = {}): GceInstance {
    checkOptions('attach', options, ['name', 'subnet', 'address', 'canIpForward', 'zone', 'dev', 'scopes'])
    const { kernel: netns } = machine
    const { name = netns.name, zone = this.zone, dev = 'eth0', canIpForward = false } = options
    checkName(name)
    const subnet = this.#subnet(options.subnet ?? this.subnets[0]!)
    const path = `projects/${this.project}/zones/${zone}/instances/${name}`
    if (this.instanceByPath(path) !== null) throw new GceError('alreadyExists', `The resource '${path}' already exists`)
    const addr = options.address === undefined ? this.#freeAddress(subnet) : this.#addressIn(subnet, options.address)
    const nic = this.network.addNic(subnet.kernel, {
      netns,
      dev,
      mac: macOf(addr),
      addresses: [addr],
      forwards: canIpForward,
    })
    this.network.undoing(nic, () => setUpMachine(nic, 32, true, NAMES))
    const scopes = options.scopes === undefined ? [COMPUTE_SCOPE] : options.scopes
    const instance = new GceInstance(this, resourceNumber(this.rng), name, zone, subnet, nic, scopes)
    this.instances.push(instance)
    this.programRoutes()
    return instance
  }

  /** Makes a route; it is there when its operation is done. Throws as the API answers. */
  insertRoute(spec: GceRouteSpec): void {
    this.routes.insert(spec)
  }

  /** Deletes a route; it is gone when its operation is done. Throws notFound. */
  deleteRoute(name: string): void {
    this.routes.delete(name)
  }

  /** @internal tells the router about routes whose machines have come or gone */
  programRoutes(): void {
    this.routes.program()
  }

  #subnet(subnet: GceSubnet | string): GceSubnet {
    const found = this.subnets.find(s => s === subnet || s.name === subnet)
    if (found !== undefined) return found
    throw new NetloomError('ENOENT', `subnet: there is no "${subnet}" in the network ${this.name}`, {
      network: this.name,
    })
  }

  #freeAddress({ name, kernel: { prefix } }: GceSubnet): number {
    const size = 2 ** (32 - prefix.len)
    for (let n = RESERVED; n < size - RESERVED; n++)
      if (this.network.nicOf((prefix.addr + n) | 0) === null) return (prefix.addr + n) | 0
    throw new NetloomError('EADDRNOTAVAIL', `IP space of 'subnetworks/${name}' is exhausted.`, { subnet: name })
  }

  #addressIn({ kernel: { prefix } }: GceSubnet, text: string): number {
    const addr = ipv4Option('address', text)
    const n = (addr - prefix.addr) >>> 0
    const size = 2 ** (32 - prefix.len)
    if (n >= RESERVED && n < size - RESERVED) return addr
    const why =
      n < size ? 'Reserved IP addresses in the subnet can not be used.' : 'IP address must be within the subnet range.'
    throw GceError.field('networkInterfaces[0].networkIP', text, why)
  }

  override toString(): string {
    return `${this.routes}`
  }

  override toJSON(): { name: string; project: string; subnets: readonly GceSubnet[]; instances: GceInstance[] } {
    const { name, project, subnets, present } = this
    return { name, project, subnets, instances: present }
  }

  /** @internal the interface that a route's next hop is, null when there is none that runs */
  nextHop(path: string | null, addr: number | null): Nic | null {
    const nic = path === null ? this.network.nicOf(addr!) : (this.instanceByPath(path)?.nic ?? null)
    return nic?.isRunning === true ? nic : null
  }
}

const NAMES: readonly (readonly [string, string])[] = [
  [METADATA_ADDRESS, 'metadata.google.internal'],
  [API_ADDRESS, API_NAME],
]

/** The subnets of the options. Throws EINVAL. */
const subnetsOf = (options: GceNetworkOptions, network: string): { name: string; prefix: Prefix }[] => {
  const { cidr = '10.128.0.0/20' } = options
  const subnets = (options.subnets ?? [{ cidr }]).map((subnet, i) => {
    const { name = i === 0 ? network : `${network}-${i + 1}` } = subnet
    checkName(name)
    return { name, prefix: rangeOf(subnet.cidr) }
  })
  if (subnets.length === 0) throw new NetloomError('EINVAL', 'subnets: a network needs one to be of use')
  for (const [i, { prefix: a }] of subnets.entries())
    for (const { prefix: b } of subnets.slice(0, i))
      if (((a.addr ^ b.addr) & maskOf(Math.min(a.len, b.len))) === 0)
        throw GceError.field(
          'ipCidrRange',
          formatPrefix(a),
          'Invalid IPCidrRange: it overlaps with another subnetwork.',
        )
  return subnets
}

const rangeOf = (text: string): Prefix => {
  const { addr, len } = parsePrefix(text)
  if (len >= 8 && len <= 29 && (addr & ~maskOf(len)) === 0) return { addr, len }
  throw new NetloomError('EINVAL', `cidr: ${text} is not a network of /8 to /29, which is what a subnet takes`, {
    cidr: text,
  })
}
