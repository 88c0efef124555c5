/**
 * Clusters of flannel whose hosts are machines of a cloud: what becomes of their routes, and what the cloud forbids.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type AwsVpc, createWorld, type FlannelCluster, flannel, type GceNetwork, s } from '../../../lib/index.js'

const test = suite('lab/flannel/clouds')

/** Answers of all pairs of pods that are there. */
const allPairs = ({ world, pods }: FlannelCluster): string => {
  const pings = pods.flatMap(a => pods.filter(b => b !== a).map(b => a.netns.ping(b.address)))
  world.run({ for: s(3) })
  return `${pings.filter(p => p.received === 1).length}/${pings.length}`
}

test('a node of AWS that crashes leaves a black hole, which the next start removes', () => {
  const cluster = flannel(createWorld({ seed: 5 }), { backend: 'aws-vpc', nodes: 3, pods: 1 })
  const vpc = cluster.cloud as AwsVpc
  const states = () =>
    vpc.routeTables[0]!.routes()
      .slice(1)
      .map(r => r.state)
  const { subnet } = cluster.node('h2')
  cluster.node('h2').crash()
  assert.equal(states(), ['active', 'blackhole', 'active'])
  assert.is(allPairs(cluster), '2/2')
  cluster.node('h2').boot()
  cluster.converge()
  assert.is(cluster.node('h2').subnet, subnet)
  assert.equal(states(), ['active', 'active', 'active'])
  cluster.addPod('h2')
  cluster.world.run({ for: s(1) })
  assert.is(allPairs(cluster), '6/6')
})

test('a node of Google Cloud that comes back finds its route', () => {
  const cluster = flannel(createWorld({ seed: 5 }), { backend: 'gce', nodes: 2, pods: 1, underlay: { segments: 2 } })
  const { routes } = cluster.cloud as GceNetwork
  const before = routes.list().map(r => r.name)
  cluster.node('h2').crash()
  cluster.node('h2').boot()
  cluster.converge()
  assert.match(cluster.node('h2').flanneld!.errorText, /gce\.go:142] Exact pre-existing route found/)
  assert.equal(
    routes.list().map(r => r.name),
    before,
  )
  cluster.addPod('h2')
  cluster.world.run({ for: s(1) })
  assert.is(allPairs(cluster), '2/2')
})

test('a quota of routes bounds the nodes', () => {
  for (const [backend, words] of [
    ['aws-vpc', 'RouteLimitExceeded: The maximum number of routes has been reached'],
    ['gce', "googleapi: Error 403: Quota 'ROUTES' exceeded.  Limit: 2.0 globally., quotaExceeded"],
  ] as const) {
    const world = createWorld({ seed: 5 })
    const options = { backend, nodes: 3, underlay: { routesQuota: 2 }, restartSec: null, withinNs: s(10) }
    assert.throws(() => flannel(world, options), /h[123] has no subnet/)
    const failed = ['h1', 'h2', 'h3'].filter(name => !world.netns(name).files.exists('/run/flannel/subnet.env'))
    assert.is(failed.length, 1, words)
  }
})

test('vxlan needs no route and no permission of a cloud', () => {
  for (const cloud of ['aws', 'gce'] as const) {
    const cluster = flannel(createWorld({ seed: 5 }), { nodes: 2, pods: 2, underlay: { cloud, segments: 2 } })
    assert.is(allPairs(cluster), '12/12')
    assert.is(cluster.node('h1').flanneld!.mtu, cloud === 'aws' ? 1450 : 1410)
    if (cloud === 'aws') assert.ok((cluster.cloud as AwsVpc).enis().every(eni => eni.sourceDestCheck))
  }
})

test('what a cloud has not is refused', () => {
  const cluster = flannel(createWorld({ seed: 5 }), { backend: 'aws-vpc', nodes: 1 })
  assert.throws(() => cluster.partition(['h1']), /the network of a cloud has no switches to part/)
  assert.throws(
    () => flannel(createWorld(), { nodes: 1, underlay: { cloud: 'azure' as 'aws' } }),
    /underlay\.cloud: unknown word "azure"; known are aws, gce, none/,
  )
})

test.run()
