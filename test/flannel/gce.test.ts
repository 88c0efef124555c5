/**
 * The backend gce in an emulated network of Google Cloud: what flannel v0.11.0 asks for and says (backend/gce), and what the
 * network makes of it.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { GceAttachOptions } from '../../lib/index.js'
import { s } from '../../lib/index.js'
import { Drops, gceWorld, pings } from '../cloud/hosts.js'
import { CloudCluster, linesOf } from './cloud-cluster.js'

const test = suite('flannel/gce')

const setup = (options: object = {}, attach: GceAttachOptions = {}) => {
  const { world, network } = gceWorld(options)
  const cluster = new CloudCluster(
    { world, cloud: network, attach: m => network.attach(m, { canIpForward: true, ...attach }) },
    { Type: 'gce' },
  )
  return { world, network, cluster, drops: new Drops(world) }
}

test('hosts make routes to their subnets, and pods of three hosts reach each other with their own addresses', () => {
  const { world, network, cluster, drops } = setup()
  const daemons = [1, 2, 3].map(() => cluster.join())
  assert.equal(
    network.routes.list().map(r => `${r.name} ${r.nextHopInstance} ${r.priority}`),
    daemons.map((d, i) => `flannel-${d.subnet!.replace(/[./]/g, '-')} ${network.instances[i + 1]!.path} 1000`),
  )
  assert.is(daemons[0]!.mtu, 1460)
  assert.is(cluster.allPairs(), '6/6')
  assert.equal(drops.take(), [])
  assert.ok(world.isBalanced())
})

test('the daemon says what flannel v0.11 said, asking once a second', () => {
  const { cluster, world } = setup({ operationNs: 6.5e9 })
  const start = world.now
  const flanneld = cluster.join()
  assert.equal(linesOf(flanneld, /(gce|api)\.go/), [
    `I api.go:96] Inserting route for subnet: ${flanneld.subnet}`,
    'I api.go:120] insert operation status: PENDING waiting for completion...',
    'I api.go:120] insert operation status: RUNNING waiting for completion...',
  ])
  assert.is(Math.floor((world.now - start) / 1e9), 7)
})

test('a daemon that starts again finds its route', () => {
  const { cluster, world } = setup()
  const first = cluster.join()
  first.kill()
  world.run({ for: s(1) })
  const again = cluster.start(world.netns('n1'))
  assert.is(again.subnet, first.subnet)
  assert.equal(linesOf(again, /(gce|api)\.go/), ['I gce.go:142] Exact pre-existing route found'])
})

test('a route of the same name to another machine is deleted first', () => {
  const { cluster, world, network } = setup()
  const flanneld = cluster.join()
  flanneld.kill()
  const [route] = network.routes.list()
  network.deleteRoute(route!.name)
  world.run({ for: s(3) })
  network.insertRoute({ name: route!.name, destRange: flanneld.subnet!, nextHopInstance: 'etcd' })
  world.run({ for: s(3) })
  const again = cluster.start(world.netns('n1'))
  assert.equal(linesOf(again, /(gce|api)\.go/), [
    'I gce.go:146] Deleting conflicting route',
    'I api.go:120] delete operation status: PENDING waiting for completion...',
    `I api.go:96] Inserting route for subnet: ${flanneld.subnet}`,
    'I api.go:120] insert operation status: PENDING waiting for completion...',
  ])
  assert.is(network.routes.get(route!.name).nextHopInstance, network.instances[1]!.path)
})

test('machines that may not forward have routes, and their pods no network', () => {
  const { cluster, drops } = setup({}, { canIpForward: false })
  cluster.join()
  cluster.join()
  assert.is(cluster.allPairs(), '0/2')
  assert.equal(drops.take(), ['vpc:n1 VPC_SOURCE_CHECK', 'vpc:n2 VPC_SOURCE_CHECK'])
})

test('pods of a machine that is stopped are out of reach', () => {
  const { cluster, network, drops, world } = setup()
  cluster.join()
  cluster.join()
  network.instances[1]!.stop()
  drops.take()
  assert.is(pings(world, cluster.pods[1]!, CloudCluster.address(cluster.pods[0]!)), 0)
  // The metadata server has a connection to the machine that its flanneld had kept.
  assert.equal(drops.take(), ['vpc: IP_OUTNOROUTES', 'vpc:subnet1 ROUTE_BLACKHOLE'])
})

test('what goes wrong ends the daemon with flannel\u2019s words', () => {
  const failure = (
    options: object,
    attach: GceAttachOptions = {},
    before: (s: ReturnType<typeof setup>) => void = () => {},
  ) => {
    const all = setup(options, attach)
    const machine = all.cluster.machine()
    before(all)
    const flanneld = all.cluster.start(machine)
    assert.is(flanneld.exitStatus, 1)
    return linesOf(flanneld, /main\.go:327/)[0]!
  }
  const failed = 'E main.go:327] Error registering network: '
  assert.is(
    failure({ routesQuota: 0 }),
    `${failed}error inserting route: googleapi: Error 403: Quota 'ROUTES' exceeded.  Limit: 0.0 globally., quotaExceeded`,
  )
  assert.is(
    failure({}, { scopes: ['https://www.googleapis.com/auth/compute.readonly'] }),
    `${failed}error inserting route: googleapi: Error 403: Insufficient Permission, insufficientPermissions`,
  )
  assert.is(
    failure({}, { scopes: null }),
    `${failed}error getting network from compute service: Get "http://www.googleapis.com/compute/v1/projects/netloom/global/networks/default?alt=json": metadata: GCE metadata "instance/service-accounts/default/token" not defined`,
  )
  assert.is(
    failure({ operationNs: 200e9 }),
    `${failed}insert operaiton failed: timeout waiting for operation to finish`,
  )
  const noHosts = ({ world }: ReturnType<typeof setup>): void => {
    world.sh('ip netns exec n1 rm /etc/hosts')
  }
  assert.is(
    failure({}, {}, noHosts),
    `${failed}error creating client: google: could not find default credentials. See https://developers.google.com/accounts/docs/application-default-credentials for more information.`,
  )
})

test.run()
