/**
 * aws-vpc: routes to the hosts' subnets in the route tables of an Amazon VPC, as flannel had it until v0.11. Each host makes the
 * route to its own subnet when it starts; the packets themselves go as they are.
 *
 * @see flannel v0.11.0 backend/awsvpc/awsvpc.go
 */
import { type Context, sleep, type Thread } from '../../app/thread.js'
import { AwsError, Ec2Client } from '../../cloud/aws/ec2-client.js'
import type { XmlElement } from '../../cloud/xml.js'
import { formatIpv4, type Prefix } from '../../wire/ip.js'
import { goUnmarshal } from '../../app/go-json.js'
import { netContains, netText, parseCidr } from '../ip4-net.js'
import type { FlannelConfig } from '../subnet/config.js'
import { SubnetError } from '../subnet/subnet.js'
import { acquireLease } from './acquire.js'
import { type Backend, type BackendEnv, type BackendKind, type Network, SimpleNetwork } from './backend.js'

const MAX_RETRIES = 5
/** How a Go program ends that takes something from nothing. */
const PANIC = 'panic: runtime error: invalid memory address or nil pointer dereference\n'
const EXIT_PANIC = 2
const GONE = 'InvalidRoute.NotFound'

/** The RouteTableID of a configuration as it was written: JSON, or undefined. */
type RouteTableId = unknown

const parseRouteTableId = ({ backend }: FlannelConfig): RouteTableId => {
  if (backend === '') return undefined
  try {
    const struct = { struct: 'backendConfig', type: 'awsvpc.backendConfig' }
    const raw = goUnmarshal(backend, [{ name: 'RouteTableID', type: 'raw' }], struct)['RouteTableID']
    return raw === undefined || raw === 'null' ? undefined : (JSON.parse(raw as string) as unknown)
  } catch (e) {
    throw new SubnetError(`error decoding VPC backend config: ${(e as Error).message}`)
  }
}

/** Parameters of filters. */
const filters = (...list: readonly (readonly [string, string])[]): Record<string, string> =>
  Object.fromEntries(
    list.flatMap(([name, value], i) => [
      [`Filter.${i + 1}.Name`, name],
      [`Filter.${i + 1}.Value.1`, value],
    ]),
  )

/** What went wrong, with words in front; passes on what is no error of the cloud. */
const because = (e: unknown, words: string): SubnetError => {
  if (!(e instanceof AwsError)) throw e
  return new SubnetError(`${words}${e.message}`)
}

/** The daemon's work in the VPC. */
class AwsVpcBackend implements Backend {
  readonly #env: BackendEnv

  constructor(env: BackendEnv) {
    this.#env = env
  }

  *registerNetwork(ctx: Context, config: FlannelConfig): Thread<Network> {
    const { log, ext, process } = this.#env
    if (config.backend !== '') log.info('awsvpc.go:88', `Backend configured as: %s${config.backend}`)
    const configured = parseRouteTableId(config)
    const lease = yield* acquireLease(this.#env, ctx, { publicIp: ext.extAddr, backendType: '', backendData: '' })
    const ec2 = new Ec2Client(process, ctx, MAX_RETRIES)
    const eni = yield* this.#externalEni(ec2)
    yield* this.#disableSrcDestCheck(ec2, eni.at('networkInterfaceId'))
    log.info('awsvpc.go:79', `Route table configured: ${configured !== undefined}`)
    const tableId: unknown = configured ?? (yield* this.#detectRouteTableId(ec2, eni))
    const { network } = yield* this.#networkConfig(ctx)
    for (const table of this.#routeTables(tableId))
      yield* this.#setRoute(ec2, table, network, netText(lease.subnet), eni.at('networkInterfaceId'))
    return new SimpleNetwork(lease, ext.iface.mtu)
  }

  /** Reads the configuration again; flannel crashes when it is not there any more. */
  *#networkConfig(ctx: Context): Thread<FlannelConfig> {
    const { log, process, sm } = this.#env
    for (;;) {
      try {
        return yield* sm.getNetworkConfig(ctx)
      } catch (e) {
        if (ctx.isCancelled || !(e instanceof SubnetError)) throw e
        log.error('awsvpc.go:146', `Error fetching network config: ${e.message}`)
      }
      process.stderr += PANIC
      process.exit(EXIT_PANIC)
      yield* sleep(0)
    }
  }

  /** The interface of this instance that has the daemon's address. */
  *#externalEni(ec2: Ec2Client): Thread<XmlElement> {
    try {
      yield* ec2.region()
    } catch (e) {
      throw because(e, 'error getting EC2 region name: ')
    }
    let instanceId: string
    try {
      instanceId = yield* ec2.metadata('instance-id')
    } catch (e) {
      throw because(e, 'error getting EC2 instance ID: ')
    }
    const address = formatIpv4(this.#env.ext.ifaceAddr)
    const unable = `unable to find ENI that matches the ${address} IP address. `
    try {
      const found = yield* this.#findEni(ec2, instanceId, address)
      if (found !== null) return found
    } catch (e) {
      throw because(e, unable)
    }
    throw new SubnetError(`${unable}%!s(<nil>)`)
  }

  *#findEni(ec2: Ec2Client, instanceId: string, address: string): Thread<XmlElement | null> {
    const answer = yield* ec2.call('DescribeInstances', { 'InstanceId.1': instanceId })
    const instance = answer.items('reservationSet')[0]?.items('instancesSet')[0]
    for (const eni of instance?.items('networkInterfaceSet') ?? [])
      if (eni.items('privateIpAddressesSet').some(a => a.at('privateIpAddress') === address)) {
        this.#env.log.info('awsvpc.go:322', `Found ${eni.at('networkInterfaceId')} that has ${address} IP address.`)
        return eni
      }
    return null
  }

  *#disableSrcDestCheck(ec2: Ec2Client, eniId: string): Thread {
    const params = { NetworkInterfaceId: eniId, 'SourceDestCheck.Value': 'false' }
    try {
      yield* ec2.call('ModifyNetworkInterfaceAttribute', params)
    } catch (e) {
      const { message } = because(e, `failed to disable SourceDestCheck on ${eniId}: `)
      this.#env.log.warning('awsvpc.go:134', `${message}.`)
    }
  }

  /** The table that the interface's subnet is associated with, otherwise the main one. */
  *#detectRouteTableId(ec2: Ec2Client, eni: XmlElement): Thread<string> {
    const { log } = this.#env
    const subnetId = eni.at('subnetId')
    let found: XmlElement | undefined
    try {
      const answer = yield* ec2.call('DescribeRouteTables', filters(['association.subnet-id', subnetId]))
      ;[found] = answer.items('routeTableSet')
    } catch (e) {
      throw because(e, `error describing routeTables for subnetID ${subnetId}: `)
    }
    try {
      const main = filters(['association.main', 'true'], ['vpc-id', eni.at('vpcId')])
      found ??= (yield* ec2.call('DescribeRouteTables', main)).items('routeTableSet')[0]
    } catch (e) {
      log.info('awsvpc.go:301', because(e, 'error describing route tables: ').message)
    }
    if (found === undefined) throw new SubnetError('main route table not found')
    log.info('awsvpc.go:141', `Found route table ${found.at('routeTableId')}.`)
    return found.at('routeTableId')
  }

  #routeTables(id: RouteTableId): readonly string[] {
    const { log } = this.#env
    if (typeof id === 'string') {
      log.info('awsvpc.go:59', `RouteTableID configured as string: %s${id}`)
      return [id]
    }
    if (!Array.isArray(id)) throw new SubnetError('Unexpected RouteTableID type. Must be string or array of strings.')
    log.info('awsvpc.go:63', `RouteTableID configured as slice: %+v[${id.join(' ')}]`)
    if (id.every(table => typeof table === 'string')) return id as string[]
    throw new SubnetError('Unexpected type in RouteTableID slice. Must be strings.')
  }

  /** The route to this host's subnet in one table, once the black holes of hosts that are gone are removed. */
  *#setRoute(ec2: Ec2Client, table: string, network: Prefix, subnet: string, eniId: string): Thread {
    const { log } = this.#env
    try {
      yield* this.#cleanupBlackholeRoutes(ec2, table, network)
    } catch (e) {
      log.error('awsvpc.go:157', because(e, 'Error cleaning up blackhole routes: ').message)
    }
    try {
      // flannel compares the interface of the routes that it finds by pointers, so none ever is the one that it looks for.
      const wanted = filters(['route.destination-cidr-block', subnet], ['route.state', 'active'])
      yield* ec2.call('DescribeRouteTables', { ...wanted, 'RouteTableId.1': table })
    } catch (e) {
      log.error('awsvpc.go:162', because(e, 'Error describing route tables: ').message)
    }
    const route = { RouteTableId: table, DestinationCidrBlock: subnet }
    try {
      yield* this.#deleteRoute(ec2, route)
    } catch (e) {
      throw because(e, `error deleting existing route for ${subnet}: `)
    }
    try {
      yield* ec2.call('CreateRoute', { ...route, NetworkInterfaceId: eniId })
    } catch (e) {
      throw because(e, `unable to add route ${subnet}: `)
    }
    log.info('awsvpc.go:256', `Route added to table ${table}: ${subnet} - ${eniId}.`)
  }

  *#cleanupBlackholeRoutes(ec2: Ec2Client, table: string, network: Prefix): Thread {
    const params = { ...filters(['route.state', 'blackhole']), 'RouteTableId.1': table }
    const answer = yield* ec2.call('DescribeRouteTables', params)
    for (const route of answer.items('routeTableSet').flatMap(t => t.items('routeSet'))) {
      const destination = route.at('destinationCidrBlock')
      const to = parseCidr(destination)
      if (route.at('state') !== 'blackhole' || to === null || !netContains(network, to.addr)) continue
      this.#env.log.info('awsvpc.go:203', `Removing blackhole route: ${destination}`)
      yield* this.#deleteRoute(ec2, { RouteTableId: table, DestinationCidrBlock: destination })
    }
  }

  /** Deletes a route; one that is not there is fine. */
  *#deleteRoute(ec2: Ec2Client, route: Readonly<Record<string, string>>): Thread {
    try {
      yield* ec2.call('DeleteRoute', route)
    } catch (e) {
      if (!(e instanceof AwsError) || e.awsCode !== GONE) throw e
    }
  }
}

/** The backend `aws-vpc`. */
export const AWS_VPC_BACKEND: BackendKind = { type: 'aws-vpc', make: env => new AwsVpcBackend(env) }
