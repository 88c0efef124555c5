/**
 * The backend aws-vpc in an emulated VPC: what flannel v0.11.0 asks for and says (backend/awsvpc/awsvpc.go), and what the VPC
 * makes of it.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AwsAttachOptions } from '../../lib/index.js'
import { s } from '../../lib/index.js'
import { awsWorld, Drops, pings } from '../cloud/hosts.js'
import { CloudCluster, linesOf } from './cloud-cluster.js'

const test = suite('flannel/aws-vpc')

const setup = (backend: object = {}, options: object = {}, attach: AwsAttachOptions = {}) => {
  const { world, vpc } = awsWorld(options)
  const cluster = new CloudCluster(
    { world, cloud: vpc, attach: machine => vpc.attach(machine, attach) },
    { Type: 'aws-vpc', ...backend },
  )
  return { world, vpc, cluster, table: vpc.routeTables[0]!, drops: new Drops(world) }
}

const routesOf = ({ table }: ReturnType<typeof setup>): string[] =>
  table
    .routes()
    .slice(1)
    .map(r => `${r.destinationCidrBlock} ${r.networkInterfaceId} ${r.state}`)

test('hosts make routes to their subnets, and pods of three hosts reach each other with their own addresses', () => {
  const all = setup()
  const { vpc, cluster, world } = all
  const daemons = [1, 2, 3].map(() => cluster.join())
  const enis = vpc.instances.slice(1).map(i => i.eni)
  assert.equal(
    routesOf(all),
    daemons.map((d, i) => `${d.subnet} ${enis[i]!.id} active`),
  )
  assert.equal(
    vpc.instances.map(i => i.sourceDestCheck),
    [true, false, false, false],
  )
  assert.is(cluster.allPairs(), '6/6')
  const [p1, p2] = cluster.pods
  const seen = world.capture({ dev: world.netns('n2').dev('eth0'), filter: 'icmp' })
  assert.is(pings(world, p1!, CloudCluster.address(p2!)), 1)
  assert.match(seen.toText(), new RegExp(`IP ${CloudCluster.address(p1!)} > ${CloudCluster.address(p2!)}`))
  assert.equal(all.drops.take(), [])
  assert.ok(world.isBalanced())
})

test('nothing is lost to encapsulation: the MTU is the interface\u2019s, jumbo frames included', () => {
  const { cluster, world } = setup({}, { mtu: 9001 })
  const [d1] = [cluster.join(), cluster.join()]
  assert.is(d1!.mtu, 9001)
  assert.match(world.sh('ip netns exec n1 cat /run/flannel/subnet.env').stdout, /^FLANNEL_MTU=9001$/m)
  const [p1, p2] = cluster.pods
  assert.is(pings(world, p1!, CloudCluster.address(p2!), { size: 9001 - 28, pmtuDisc: 'do' }), 1)
})

test('the daemon says what flannel v0.11 said', () => {
  const { vpc, cluster, table } = setup()
  const flanneld = cluster.join()
  const { eni } = vpc.instances[1]!
  assert.equal(linesOf(flanneld, /awsvpc\.go/), [
    'I awsvpc.go:88] Backend configured as: %s{"Type":"aws-vpc"}',
    `I awsvpc.go:322] Found ${eni.id} that has 10.0.0.5 IP address.`,
    'I awsvpc.go:79] Route table configured: false',
    `I awsvpc.go:141] Found route table ${table.id}.`,
    `I awsvpc.go:59] RouteTableID configured as string: %s${table.id}`,
    `I awsvpc.go:256] Route added to table ${table.id}: ${flanneld.subnet} - ${eni.id}.`,
  ])
})

test('the lease names no backend', () => {
  const { world, cluster } = setup()
  const flanneld = cluster.join()
  const key = `/coreos.com/network/subnets/${flanneld.subnet!.replace('/', '-')}`
  const got = world.sh(`ip netns exec etcd etcdctl --endpoints http://10.0.0.4:2379 get ${key}`).stdout
  assert.is(got, `${key}\n{"PublicIP":"10.0.0.5","PublicIPv6":null}\n`)
})

test('a daemon that starts again deletes its route and makes it anew', () => {
  const all = setup()
  const { world, cluster } = all
  const first = cluster.join()
  first.kill()
  world.run({ for: s(1) })
  const before = routesOf(all)
  const again = cluster.start(world.netns('n1'))
  assert.is(again.subnet, first.subnet)
  assert.equal(routesOf(all), before)
  assert.is(linesOf(again, /Route added/).length, 1)
})

test('routes of hosts that are gone become black holes, which the next starter removes', () => {
  const all = setup()
  const { vpc, cluster, drops } = all
  const [d1] = [cluster.join(), cluster.join()]
  vpc.instances[1]!.terminate()
  assert.match(routesOf(all)[0]!, new RegExp(`^${d1!.subnet} eni-\\w+ blackhole$`))
  const gone = d1!.subnet!.replace(/0\/24$/, '2')
  drops.take()
  assert.is(pings(all.world, cluster.pods[1]!, gone), 0)
  assert.ok(drops.take().includes('vpc:subnet1 ROUTE_BLACKHOLE'))
  const d3 = cluster.join()
  assert.equal(linesOf(d3, /blackhole/), [`I awsvpc.go:203] Removing blackhole route: ${d1!.subnet}`])
  assert.is(routesOf(all).length, 2)
})

test('several route tables may be named, and each gets the route', () => {
  const { world, vpc } = awsWorld({ subnets: [{ cidr: '10.0.0.0/24' }, { cidr: '10.0.1.0/24' }] })
  const own = vpc.createRouteTable({ subnets: [vpc.subnets[1]!] })
  const ids = vpc.routeTables.map(t => t.id)
  let n = 0
  const attach = (machine: Parameters<typeof vpc.attach>[0]): void => {
    vpc.attach(machine, { subnet: vpc.subnets[n++ % 2]! })
  }
  const cluster = new CloudCluster({ world, cloud: vpc, attach }, { Type: 'aws-vpc', RouteTableID: ids })
  const daemons = [cluster.join(), cluster.join()]
  assert.equal(linesOf(daemons[0]!, /configured/).slice(1), [
    'I awsvpc.go:79] Route table configured: true',
    `I awsvpc.go:63] RouteTableID configured as slice: %+v[${ids.join(' ')}]`,
  ])
  assert.is(own.routes().length, 3)
  assert.is(cluster.allPairs(), '2/2')
})

test('without a named table the one of the subnet is taken before the main one', () => {
  const { world, vpc } = awsWorld()
  const own = vpc.createRouteTable({ subnets: [vpc.subnets[0]!] })
  const cluster = new CloudCluster({ world, cloud: vpc, attach: m => vpc.attach(m) }, { Type: 'aws-vpc' })
  cluster.join()
  assert.equal([own.routes().length, vpc.routeTables[0]!.routes().length], [2, 1])
})

const FAILED = 'E main.go:327] Error registering network: '

test('what goes wrong ends the daemon with flannel\u2019s words', () => {
  const failure = (backend: object, options: object = {}, attach: AwsAttachOptions = {}): string => {
    const { cluster } = setup(backend, options, attach)
    const flanneld = cluster.start(cluster.machine())
    assert.is(flanneld.exitStatus, 1)
    const text = flanneld.errorText.replace(/^(.)\d{4} [\d:.]+ +\d+ /gm, '$1 ')
    const at = text.indexOf(FAILED)
    return text
      .slice(at + FAILED.length)
      .replace(/request id: [-0-9a-f]{36}/, 'request id: ID')
      .replace(/10\.40\.\d+\.0/, '10.40.N.0')
      .replace(/\nI main.go[\s\S]*$/, '')
      .trimEnd()
  }
  assert.is(
    failure({ RouteTableID: 'rtb-1' }),
    "error deleting existing route for 10.40.N.0/24: InvalidRouteTableID.NotFound: The routeTable ID 'rtb-1' does not exist\n\tstatus code: 400, request id: ID",
  )
  assert.is(failure({ RouteTableID: 7 }), 'Unexpected RouteTableID type. Must be string or array of strings.')
  assert.is(failure({ RouteTableID: [7] }), 'Unexpected type in RouteTableID slice. Must be strings.')
  assert.is(
    failure({}, { routesPerTable: 0 }),
    'unable to add route 10.40.N.0/24: RouteLimitExceeded: The maximum number of routes has been reached.\n\tstatus code: 400, request id: ID',
  )
  assert.is(
    failure({}, {}, { role: null }),
    'unable to find ENI that matches the 10.0.0.5 IP address. NoCredentialProviders: no valid providers in chain. Deprecated.\n\tFor verbose messaging see aws.Config.CredentialsChainVerboseErrors',
  )
  assert.is(
    failure({}, {}, { role: ['ec2:Describe'] }),
    'unable to find ENI that matches the 10.0.0.5 IP address. UnauthorizedOperation: You are not authorized to perform this operation.\n\tstatus code: 403, request id: ID',
  )
})

test('the check that can not be switched off is only warned of, and drops what pods send', () => {
  const role = ['ec2:DescribeInstances', 'ec2:DescribeRouteTables', 'ec2:CreateRoute', 'ec2:DeleteRoute']
  const all = setup({}, {}, { role })
  const { vpc, cluster, drops } = all
  const [d1] = [cluster.join(), cluster.join()]
  assert.match(
    d1!.errorText,
    new RegExp(
      `W\\d.* awsvpc.go:134] failed to disable SourceDestCheck on ${vpc.instances[1]!.eni.id}: UnauthorizedOperation: You`,
    ),
  )
  assert.is(cluster.allPairs(), '0/2')
  assert.equal(drops.take(), ['vpc:n1 VPC_SOURCE_CHECK', 'vpc:n2 VPC_SOURCE_CHECK'])
})

test('a host that is in no cloud waits for the metadata service in vain', () => {
  const { cluster, world, vpc } = setup()
  const machine = cluster.machine()
  world.netns('vpc').link.set('lo', { up: false })
  world.netns('vpc').addr.del('169.254.169.254/32', { dev: 'lo' })
  const flanneld = cluster.start(machine)
  assert.is(flanneld.exitStatus, 1)
  assert.match(
    flanneld.errorText,
    /error getting EC2 region name: RequestError: send request failed\ncaused by: Get "http:\/\/169\.254\.169\.254\/latest\/meta-data\/placement\/availability-zone": /,
  )
  assert.is(vpc.routeTables[0]!.routes().length, 1)
})

test.run()
