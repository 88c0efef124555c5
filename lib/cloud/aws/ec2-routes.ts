/**
 * Actions of the EC2 API about subnets and routes.
 *
 * @see Amazon EC2 API Reference, DescribeRouteTables, CreateRoute, ReplaceRoute, DeleteRoute, DescribeSubnets
 */
import { formatPrefix } from '../../wire/ip.js'
import type { XmlMembers } from '../xml.js'
import type { AwsRoute, AwsRouteTable } from './aws-route-table.js'
import type { AwsEni } from './aws-instance.js'
import type { AwsSubnet, AwsVpc } from './aws-vpc.js'
import { Ec2Error } from './ec2-error.js'
import type { Ec2Params, FilterValues } from './ec2-params.js'

const TARGETS = [
  'GatewayId',
  'NatGatewayId',
  'NetworkInterfaceId',
  'VpcPeeringConnectionId',
  'EgressOnlyInternetGatewayId',
  'TransitGatewayId',
  'InstanceId',
]

/** Something that a route can lead to in EC2 and that no VPC of netloom has. */
const refuseTarget = (name: string, id: string): never => {
  const kind = name.slice(0, -2)
  const words = kind.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  throw new Ec2Error(`Invalid${kind}ID.NotFound`, `The ${words} ID '${id}' does not exist`)
}

/** The interface that a route is to lead to. Throws an Ec2Error. */
const targetOf = (vpc: AwsVpc, params: Ec2Params): AwsEni => {
  const given = TARGETS.filter(name => params.get(name) !== null)
  const [name] = given
  if (name === undefined || given.length > 1) {
    const names = TARGETS.map(t => `${t[0]!.toLowerCase()}${t.slice(1)}`)
    const list = `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`
    const code = name === undefined ? 'MissingParameter' : 'InvalidParameterCombination'
    throw new Ec2Error(code, `The request must contain exactly one of ${list}`)
  }
  const id = params.get(name)!
  if (name === 'NetworkInterfaceId') return vpc.eni(id)
  if (name !== 'InstanceId') return refuseTarget(name, id)
  const { enis } = vpc.instance(id)
  const attached = enis.filter(eni => eni.isAttached)
  if (attached.length === 1) return attached[0]!
  const text = `There are multiple interfaces attached to instance '${id}'. Please specify an interface ID for the operation instead.`
  throw new Ec2Error('InvalidInstanceID', text)
}

const where = (vpc: AwsVpc, params: Ec2Params): [AwsRouteTable, string] => {
  const table = vpc.routeTable(params.need('RouteTableId', 'routeTableId'))
  return [table, params.need('DestinationCidrBlock', 'destinationCidrBlock')]
}

/** CreateRoute. Throws an Ec2Error: RouteAlreadyExists, RouteLimitExceeded, ... */
export const createRoute = (vpc: AwsVpc, params: Ec2Params): XmlMembers => {
  const [table, destination] = where(vpc, params)
  vpc.createRoute(table, destination, targetOf(vpc, params))
  return { return: true }
}

/** ReplaceRoute: a route that is there gets another target. Throws an Ec2Error. */
export const replaceRoute = (vpc: AwsVpc, params: Ec2Params): XmlMembers => {
  const [table, destination] = where(vpc, params)
  vpc.replaceRoute(table, destination, targetOf(vpc, params))
  return { return: true }
}

/** DeleteRoute. Throws an Ec2Error: InvalidRoute.NotFound, ... */
export const deleteRoute = (vpc: AwsVpc, params: Ec2Params): XmlMembers => {
  const [table, destination] = where(vpc, params)
  vpc.deleteRoute(table, destination)
  return { return: true }
}

const text = (value: string | null): string[] => (value === null ? [] : [value])

/** What a table says to the filters of DescribeRouteTables. */
const filterValues =
  (vpc: AwsVpc, table: AwsRouteTable): FilterValues =>
  name => {
    const routes = (field: (route: AwsRoute) => string | null): string[] => table.routes().flatMap(r => text(field(r)))
    switch (name) {
      case 'association.gateway-id':
        return []
      case 'association.main':
        return [`${table.mainAssociation !== null}`]
      case 'association.route-table-association-id':
        return [...text(table.mainAssociation), ...table.associations.values()]
      case 'association.route-table-id':
        return table.mainAssociation !== null || table.associations.size > 0 ? [table.id] : []
      case 'association.subnet-id':
        return [...table.associations.keys()]
      case 'owner-id':
        return [vpc.ownerId]
      case 'route-table-id':
        return [table.id]
      case 'route.destination-cidr-block':
        return routes(r => r.destinationCidrBlock)
      case 'route.gateway-id':
        return routes(r => r.gatewayId)
      case 'route.instance-id':
        return routes(r => r.instanceId)
      case 'route.origin':
        return routes(r => r.origin)
      case 'route.state':
        return routes(r => r.state)
      case 'vpc-id':
        return [table.vpcId]
      default:
        return null
    }
  }

const associations = (table: AwsRouteTable): XmlMembers[] => [
  ...text(table.mainAssociation).map(id => ({
    routeTableAssociationId: id,
    routeTableId: table.id,
    main: true,
    associationState: { state: 'associated' },
  })),
  ...[...table.associations].map(([subnetId, id]) => ({
    routeTableAssociationId: id,
    routeTableId: table.id,
    subnetId,
    main: false,
    associationState: { state: 'associated' },
  })),
]

const routeItem = (vpc: AwsVpc, r: AwsRoute): XmlMembers => ({
  destinationCidrBlock: r.destinationCidrBlock,
  gatewayId: r.gatewayId,
  instanceId: r.instanceId,
  instanceOwnerId: r.instanceId === null ? null : vpc.ownerId,
  networkInterfaceId: r.networkInterfaceId,
  state: r.state,
  origin: r.origin,
})

/** DescribeRouteTables. Throws an Ec2Error. */
export const describeRouteTables = (vpc: AwsVpc, params: Ec2Params): XmlMembers => {
  const ids = params.list('RouteTableId')
  const tables = ids.length === 0 ? vpc.routeTables : ids.map(id => vpc.routeTable(id))
  return {
    routeTableSet: tables
      .filter(table => params.meets(filterValues(vpc, table)))
      .map(table => ({
        routeTableId: table.id,
        vpcId: table.vpcId,
        ownerId: vpc.ownerId,
        routeSet: table.routes().map(r => routeItem(vpc, r)),
        associationSet: associations(table),
        propagatingVgwSet: [],
        tagSet: [],
      })),
  }
}

const subnetFilter =
  (vpc: AwsVpc, subnet: AwsSubnet): FilterValues =>
  name => {
    switch (name) {
      case 'availability-zone':
        return [subnet.availabilityZone]
      case 'cidr':
      case 'cidr-block':
      case 'cidrBlock':
        return [subnet.cidr]
      case 'state':
        return ['available']
      case 'subnet-id':
        return [subnet.id]
      case 'vpc-id':
        return [vpc.id]
      default:
        return null
    }
  }

/** Addresses of a subnet that nobody has; five are the VPC's own. */
const freeAddresses = (vpc: AwsVpc, subnet: AwsSubnet): number => {
  const used = vpc.enis().reduce((n, eni) => (eni.subnet === subnet ? n + eni.addresses.length : n), 0)
  const endpoint = subnet === vpc.subnets[0] ? 1 : 0
  return 2 ** (32 - subnet.kernel.prefix.len) - 5 - endpoint - used
}

/** DescribeSubnets. Throws an Ec2Error. */
export const describeSubnets = (vpc: AwsVpc, params: Ec2Params): XmlMembers => {
  const ids = params.list('SubnetId')
  const subnets = ids.length === 0 ? vpc.subnets : ids.map(id => vpc.subnet(id))
  return {
    subnetSet: subnets
      .filter(subnet => params.meets(subnetFilter(vpc, subnet)))
      .map(subnet => ({
        subnetId: subnet.id,
        state: 'available',
        vpcId: vpc.id,
        cidrBlock: formatPrefix(subnet.kernel.prefix),
        availableIpAddressCount: freeAddresses(vpc, subnet),
        availabilityZone: subnet.availabilityZone,
        defaultForAz: false,
        mapPublicIpOnLaunch: false,
        tagSet: [],
      })),
  }
}
