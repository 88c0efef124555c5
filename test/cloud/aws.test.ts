/**
 * Amazon's metadata service and EC2 API, asked by curl in a machine: names of elements as aws-sdk-go reads them
 * (test/data/cloud/ec2-elements.json), the order of those of a route table as a real account answered, codes and texts of errors
 * as Amazon documents them or programs have logged them.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseXml, type XmlElement } from '../../lib/cloud/xml.js'
import { type AwsAttachOptions, type AwsVpc, Ec2Error, type World } from '../../lib/index.js'
import { awsWorld } from './hosts.js'

const test = suite('cloud/aws')

const ELEMENTS = JSON.parse(
  readFileSync(new URL('../data/cloud/ec2-elements.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly string[]>>

/** An instance that asks. */
class Client {
  readonly world: World
  readonly vpc: AwsVpc

  constructor(options: object = {}, attach: AwsAttachOptions = {}) {
    const { world, vpc } = awsWorld(options)
    this.world = world
    this.vpc = vpc
    vpc.attach(world.addNetns('n1'), attach)
    vpc.attach(world.addNetns('n2'))
  }

  curl(words: string): string {
    const { stdout } = this.world.sh(`ip netns exec n1 curl -s -w ' %{http_code}' ${words}`)
    return stdout
  }

  metadata(path: string): string {
    return this.curl(`http://169.254.169.254/latest/${path}`)
  }

  /** The answer to an action, as text with its status behind. */
  raw(action: string, params: Readonly<Record<string, string>> = {}): string {
    const body = Object.entries({ Action: action, Version: '2016-11-15', ...params })
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&')
    return this.curl(`-d '${body}' http://${this.vpc.endpoint}/`)
  }

  call(action: string, params: Readonly<Record<string, string>> = {}): XmlElement {
    return parseXml(this.raw(action, params).replace(/ \d+$/, ''))
  }

  /** `CODE STATUS: MESSAGE` of an error. */
  error(action: string, params: Readonly<Record<string, string>> = {}): string {
    const text = this.raw(action, params)
    const error = parseXml(text.replace(/ \d+$/, '')).child('Errors')!.child('Error')!
    return `${error.at('Code')} ${text.slice(-3)}: ${error.at('Message')}`
  }
}

const names = (element: XmlElement): string[] => element.children.map(c => c.name)

/** Names of an element's children are those that the SDK reads; `besides`: what later versions of the API have added. */
const isKnown = (element: XmlElement, type: string, besides: readonly string[] = []): void => {
  for (const name of names(element)) assert.ok([...ELEMENTS[type]!, ...besides].includes(name), `${type}: ${name}`)
}

test('an instance finds itself in the metadata', () => {
  const c = new Client()
  const [i1] = c.vpc.instances
  assert.is(c.metadata('meta-data/instance-id'), `${i1!.id} 200`)
  assert.is(c.metadata('meta-data/placement/availability-zone'), 'us-east-1a 200')
  assert.is(c.metadata('meta-data/local-hostname'), 'ip-10-0-0-4.ec2.internal 200')
  assert.is(c.metadata(`meta-data/network/interfaces/macs/${i1!.eni.mac}/interface-id`), `${i1!.eni.id} 200`)
  assert.is(c.metadata('meta-data/network/interfaces/macs'), `${i1!.eni.mac}/ 200`)
  assert.is(c.metadata('meta-data/iam/security-credentials/'), 'flannel 200')
  const identity = JSON.parse(c.metadata('dynamic/instance-identity/document').replace(/ 200$/, ''))
  assert.equal([identity.instanceId, identity.region, identity.privateIp], [i1!.id, 'us-east-1', '10.0.0.4'])
  assert.match(c.metadata('meta-data/nothing'), /<title>404 - Not Found<\/title>[\s\S]* 404$/)
  assert.match(c.curl('-X PUT http://169.254.169.254/latest/api/token'), / 405$/)
})

test('ids have the form of Amazon, and come from the seed', () => {
  const ids = () => {
    const { vpc } = new Client()
    const { id, eni } = vpc.instances[0]!
    return [vpc.id, vpc.subnets[0]!.id, vpc.routeTables[0]!.id, id, eni.id]
  }
  assert.equal(ids(), ids())
  for (const id of ids()) assert.match(id, /^(vpc|subnet|rtb|i|eni)-0[0-9a-f]{16}$/)
})

test('DescribeInstances tells of one instance what the SDK reads', () => {
  const c = new Client()
  const [i1] = c.vpc.instances
  const answer = c.call('DescribeInstances', { 'InstanceId.1': i1!.id })
  assert.equal([answer.name, ...names(answer)], ['DescribeInstancesResponse', 'requestId', 'reservationSet'])
  assert.match(answer.at('requestId'), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const [reservation] = answer.items('reservationSet')
  const [instance] = reservation!.items('instancesSet')
  const [eni] = instance!.items('networkInterfaceSet')
  isKnown(reservation!, 'Reservation')
  isKnown(instance!, 'Instance')
  isKnown(instance!.child('instanceState')!, 'InstanceState')
  isKnown(instance!.child('placement')!, 'Placement')
  isKnown(eni!, 'InstanceNetworkInterface')
  isKnown(eni!.child('attachment')!, 'InstanceNetworkInterfaceAttachment')
  isKnown(eni!.items('privateIpAddressesSet')[0]!, 'InstancePrivateIpAddress')
  assert.equal(
    [instance!.at('instanceId'), instance!.at('instanceState', 'name'), eni!.at('macAddress')],
    [i1!.id, 'running', i1!.eni.mac],
  )
  i1!.stop()
  i1!.start()
  c.vpc.instances[1]!.stop()
  const states = c.call('DescribeInstances', { 'Filter.1.Name': 'instance-state-name', 'Filter.1.Value.1': 'st*' })
  assert.is(states.items('reservationSet').length, 1)
})

test('DescribeRouteTables has the elements of a real account in their order', () => {
  const c = new Client()
  const [table] = c.vpc.routeTables
  c.vpc.createRoute(table!, '10.40.1.0/24', c.vpc.instances[1]!.eni)
  const answer = c.call('DescribeRouteTables')
  const [item] = answer.items('routeTableSet')
  assert.equal(names(item!), [
    'routeTableId',
    'vpcId',
    'ownerId',
    'routeSet',
    'associationSet',
    'propagatingVgwSet',
    'tagSet',
  ])
  const [local, route] = item!.items('routeSet')
  assert.equal(
    local!.children.map(e => `${e.name}=${e.text}`),
    ['destinationCidrBlock=10.0.0.0/16', 'gatewayId=local', 'state=active', 'origin=CreateRouteTable'],
  )
  isKnown(route!, 'Route')
  assert.is(route!.at('networkInterfaceId'), c.vpc.instances[1]!.eni.id)
  const [association] = item!.items('associationSet')
  assert.equal(names(association!), ['routeTableAssociationId', 'routeTableId', 'main', 'associationState'])
  isKnown(association!, 'RouteTableAssociation', ['associationState'])
})

test('filters choose tables, not routes', () => {
  const c = new Client({ subnets: [{ cidr: '10.0.0.0/24' }, { cidr: '10.0.1.0/24', availabilityZone: 'us-east-1b' }] })
  const own = c.vpc.createRouteTable({ subnets: [c.vpc.subnets[1]!] })
  const [main] = c.vpc.routeTables
  const found = (...filters: [string, string][]): string[] =>
    c
      .call(
        'DescribeRouteTables',
        Object.fromEntries(
          filters.flatMap(([name, value], i) => [
            [`Filter.${i + 1}.Name`, name],
            [`Filter.${i + 1}.Value.1`, value],
          ]),
        ),
      )
      .items('routeTableSet')
      .map(t => t.at('routeTableId'))
  assert.equal(found(), [main!.id, own.id])
  assert.equal(found(['association.main', 'true'], ['vpc-id', c.vpc.id]), [main!.id])
  assert.equal(found(['association.subnet-id', c.vpc.subnets[1]!.id]), [own.id])
  assert.equal(found(['association.subnet-id', c.vpc.subnets[0]!.id]), [])
  assert.equal(found(['route.state', 'blackhole']), [])
  c.vpc.createRoute(own, '10.40.1.0/24', c.vpc.instances[1]!.eni)
  c.vpc.instances[1]!.terminate()
  assert.equal(found(['route.state', 'blackhole']), [own.id])
  assert.is(
    c.error('DescribeRouteTables', { 'Filter.1.Name': 'colour', 'Filter.1.Value.1': 'red' }),
    "InvalidParameterValue 400: The filter 'colour' is invalid",
  )
  const subnets = c.call('DescribeSubnets', { 'Filter.1.Name': 'availability-zone', 'Filter.1.Value.1': '*b' })
  isKnown(subnets.items('subnetSet')[0]!, 'Subnet')
  assert.is(subnets.items('subnetSet')[0]!.at('availableIpAddressCount'), '251')
})

test('routes are made, replaced and deleted, and the errors have the codes of EC2', () => {
  const c = new Client({ routesPerTable: 2 })
  const [table] = c.vpc.routeTables
  const [i1, i2] = c.vpc.instances
  const route = (cidr: string, target: Readonly<Record<string, string>> = { NetworkInterfaceId: i1!.eni.id }) => ({
    RouteTableId: table!.id,
    DestinationCidrBlock: cidr,
    ...target,
  })
  const create = c.call('CreateRoute', route('10.40.1.7/24'))
  assert.equal([create.name, create.at('return')], ['CreateRouteResponse', 'true'])
  assert.is(table!.routes()[1]!.destinationCidrBlock, '10.40.1.0/24')
  assert.is(
    c.error('CreateRoute', route('10.40.1.0/24')),
    'RouteAlreadyExists 400: The route identified by 10.40.1.0/24 already exists.',
  )
  assert.is(
    c.error('CreateRoute', route('10.0.0.0/16')),
    'RouteAlreadyExists 400: The route identified by 10.0.0.0/16 already exists.',
  )
  c.call('CreateRoute', route('10.40.2.0/24', { InstanceId: i2!.id }))
  assert.is(
    c.error('CreateRoute', route('10.40.3.0/24')),
    'RouteLimitExceeded 400: The maximum number of routes has been reached.',
  )
  c.call('ReplaceRoute', route('10.40.2.0/24'))
  assert.is(table!.routes()[2]!.networkInterfaceId, i1!.eni.id)
  assert.is(
    c.error('ReplaceRoute', route('10.41.0.0/16')),
    "InvalidParameterValue 400: There is no route defined for '10.41.0.0/16' in the route table. Use CreateRoute instead.",
  )
  assert.is(c.call('DeleteRoute', route('10.40.2.0/24', {})).at('return'), 'true')
  assert.is(
    c.error('DeleteRoute', route('10.40.2.0/24', {})),
    `InvalidRoute.NotFound 400: no route with destination-cidr-block 10.40.2.0/24 in route table ${table!.id}`,
  )
  assert.is(
    c.error('DeleteRoute', route('10.0.0.0/16', {})),
    `InvalidParameterValue 400: cannot remove local route 10.0.0.0/16 in route table ${table!.id}`,
  )
  assert.is(
    c.error('CreateRoute', { ...route('10.40.3.0/24'), RouteTableId: 'rtb-509f1528' }),
    "InvalidRouteTableID.NotFound 400: The routeTable ID 'rtb-509f1528' does not exist",
  )
  assert.is(
    c.error('CreateRoute', route('10.40.3.0/24', { NetworkInterfaceId: 'eni-12345678' })),
    "InvalidNetworkInterfaceID.NotFound 400: The networkInterface ID 'eni-12345678' does not exist",
  )
  assert.is(
    c.error('CreateRoute', route('0.0.0.0/0', { GatewayId: 'igw-1' })),
    "InvalidGatewayID.NotFound 400: The gateway ID 'igw-1' does not exist",
  )
  assert.match(c.error('CreateRoute', route('10.40.3.0/24', {})), /^MissingParameter 400: The request must contain/)
  assert.match(
    c.error('CreateRoute', route('10.40.3.0/33')),
    /^InvalidParameterValue 400: Value \(10.40.3.0\/33\) for parameter destinationCidrBlock is invalid/,
  )
  assert.throws(
    () => c.vpc.deleteRoute(table!, '10.99.0.0/16'),
    (e: unknown) => e instanceof Ec2Error && e.code === 'ENOENT' && e.awsCode === 'InvalidRoute.NotFound',
  )
})

test('the check of source and destination is an attribute of the interface', () => {
  const c = new Client()
  const [i1, i2] = c.vpc.instances
  c.call('ModifyNetworkInterfaceAttribute', { NetworkInterfaceId: i1!.eni.id, 'SourceDestCheck.Value': 'false' })
  c.call('ModifyInstanceAttribute', { InstanceId: i2!.id, 'SourceDestCheck.Value': 'false' })
  assert.equal([i1!.sourceDestCheck, i2!.sourceDestCheck], [false, false])
  const off = c.call('DescribeNetworkInterfaces', {
    'Filter.1.Name': 'source-dest-check',
    'Filter.1.Value.1': 'false',
  })
  assert.is(off.items('networkInterfaceSet').length, 2)
  isKnown(off.items('networkInterfaceSet')[0]!, 'NetworkInterface')
  isKnown(off.items('networkInterfaceSet')[0]!.child('attachment')!, 'NetworkInterfaceAttachment')
})

test('a role bounds what an instance may do, and without one it may nothing', () => {
  const c = new Client({}, { role: ['ec2:DescribeRouteTables'] })
  assert.is(c.call('DescribeRouteTables').name, 'DescribeRouteTablesResponse')
  assert.is(
    c.error('DescribeInstances'),
    'UnauthorizedOperation 403: You are not authorized to perform this operation.',
  )
  const none = new Client({}, { role: null })
  assert.is(
    none.error('DescribeRouteTables'),
    'AuthFailure 401: AWS was not able to validate the provided access credentials',
  )
  assert.match(none.metadata('meta-data/iam/security-credentials/'), / 404$/)
})

test('an action that is not built is refused by name', () => {
  const c = new Client()
  assert.is(c.error('RunInstances'), 'InvalidAction 400: The action RunInstances is not valid for this web service.')
  assert.match(c.curl(`http://${c.vpc.endpoint}/?Version=2016-11-15`), /<Code>MissingAction<\/Code>/)
  assert.match(c.curl(`'http://${c.vpc.endpoint}/?Action=DescribeSubnets'`), /<DescribeSubnetsResponse/)
})

test('an instance may have several interfaces and addresses', () => {
  const { world, vpc } = new Client({ subnets: [{ cidr: '10.0.0.0/24' }, { cidr: '10.0.1.0/24' }] })
  const n1 = world.netns('n1')
  const i1 = vpc.attach(n1, { subnet: vpc.subnets[1]!, secondary: ['10.0.1.77'] })
  assert.is(i1, vpc.instances[0])
  assert.equal(
    i1.enis.map(e => e.addresses.join(' ')),
    ['10.0.0.4', '10.0.1.4 10.0.1.77'],
  )
  assert.is(n1.dev('eth1').mac, i1.enis[1]!.mac)
  assert.is(n1.route.list().filter(r => r.dst === 'default').length, 1)
})

test.run()
