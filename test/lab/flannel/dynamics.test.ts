/**
 * A thousand joins, leaves, crashes, restarts, lost leases, partitions and outages of etcd, drawn by seeds: no two live nodes
 * ever have the same subnet, nothing is lost without an account of it, and after healing every pod reaches every pod.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type FlannelCluster, type FlannelNode, flannel, ms, s } from '../../../lib/index.js'

const test = suite('lab/flannel/dynamics')

const EVENTS_OF_A_CLUSTER = 50
const CLUSTERS = 20
const MOST_NODES = 8
const LEAST_NODES = 3

/** Draws from its own seed, so that the world's chance is the world's. */
class Draw {
  #state: number

  constructor(seed: number) {
    this.#state = seed * 7919 + 13
  }

  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) & 0x7fffffff
    return (this.#state >> 8) % n
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}

/** What may happen; each returns what it did, or null when it could not. */
const EVENTS: Readonly<Record<string, (cluster: FlannelCluster, draw: Draw) => string | null>> = {
  join: cluster => (cluster.nodes.length < MOST_NODES ? cluster.addNode().name : null),
  leave: (cluster, draw) => {
    if (cluster.nodes.length <= LEAST_NODES) return null
    const { name } = draw.of(cluster.nodes)
    cluster.startStore()
    cluster.heal()
    cluster.removeNode(name)
    return name
  },
  crash: (cluster, draw) =>
    change(
      cluster,
      draw,
      node => node.isUp,
      node => node.crash(),
    ),
  boot: (cluster, draw) =>
    change(
      cluster,
      draw,
      node => !node.isUp,
      node => node.boot(),
    ),
  stop: (cluster, draw) =>
    change(
      cluster,
      draw,
      node => node.isUp,
      node => node.stop(),
    ),
  start: (cluster, draw) =>
    change(
      cluster,
      draw,
      node => node.isUp,
      node => node.start(),
    ),
  partition: (cluster, draw) => {
    const apart = cluster.nodes.filter(node => node.isUp && draw.below(2) === 1).map(node => node.name)
    cluster.partition([], apart)
    return apart.join(' ')
  },
  heal: cluster => {
    cluster.heal()
    return ''
  },
  loseLease: (cluster, draw) => {
    const { subnet, name } = draw.of(cluster.nodes)
    if (subnet === null) return null
    cluster.startStore()
    cluster.etcdctl('del', `/coreos.com/network/subnets/${subnet.replace('/', '-')}`)
    return name
  },
  killEtcd: cluster => {
    cluster.killStore()
    return ''
  },
  startEtcd: cluster => {
    cluster.startStore()
    return ''
  },
}

const change = (
  cluster: FlannelCluster,
  draw: Draw,
  isOne: (node: FlannelNode) => boolean,
  act: (node: FlannelNode) => void,
): string | null => {
  const found = cluster.nodes.filter(isOne)
  if (found.length === 0) return null
  const node = draw.of(found)
  act(node)
  return node.name
}

/** No two nodes whose flanneld runs have the same subnet, and every packet is accounted for. */
const check = (cluster: FlannelCluster, history: readonly string[]): void => {
  const subnets = cluster.nodes.map(node => node.subnet).filter(subnet => subnet !== null)
  assert.is(new Set(subnets).size, subnets.length, `shared subnet after ${history.join('; ')}`)
  const unbalanced = cluster.world.accounting().filter(a => !a.isBalanced)
  assert.equal(unbalanced, [], history.join('; '))
}

/** Everything is put right, and every pair of pods is tried. */
const healAndPing = (cluster: FlannelCluster, history: readonly string[]): void => {
  const { world } = cluster
  cluster.heal()
  cluster.startStore()
  for (const node of cluster.nodes) {
    if (!node.isUp) node.boot()
    node.start()
  }
  try {
    cluster.converge({ withinNs: s(400) })
  } catch (e) {
    throw new Error(`${(e as Error).message} after ${history.join('; ')}\n${cluster}`)
  }
  for (const node of cluster.nodes) if (node.pods.length === 0) cluster.addPod(node.name)
  world.run({ for: s(1) })
  const pairs = cluster.pods.flatMap(a => cluster.pods.map(b => ({ a, b, ping: a.netns.ping(b.address) })))
  world.run({ for: s(2) })
  const lost = pairs.filter(({ ping }) => ping.received !== 1).map(({ a, b }) => `${a} to ${b}`)
  assert.equal(lost, [], history.join('; '))
}

const backends = ['vxlan', 'udp', 'host-gw']
const total = { events: 0 }

for (let seed = 1; seed <= CLUSTERS; seed++) {
  const backend = backends[seed % backends.length]!
  test(`${backend}, seed ${seed}: ${EVENTS_OF_A_CLUSTER} events`, () => {
    const world = createWorld({ seed })
    const draw = new Draw(seed)
    const cluster = flannel(world, {
      backend,
      nodes: 4,
      pods: 1,
      restartSec: 1,
      underlay: { segments: backend === 'host-gw' ? 1 : 1 + (seed % 2) },
    })
    const history: string[] = []
    while (history.length < EVENTS_OF_A_CLUSTER) {
      const name = draw.of(Object.keys(EVENTS))
      const what = EVENTS[name]!(cluster, draw)
      if (what === null) continue
      history.push(`${name} ${what}`)
      // Now and then long enough for TCP to back off far, and for leases of the daemons' failures to be tried again.
      world.run({ for: draw.below(20) === 0 ? s(90) : ms(1 + draw.below(3000)) })
      check(cluster, history)
    }
    total.events += history.length
    healAndPing(cluster, history)
    check(cluster, history)
  })
}

test('a thousand events have happened', () => {
  assert.is(total.events, EVENTS_OF_A_CLUSTER * CLUSTERS)
})

for (const subnetManager of ['etcd', 'kube'] as const)
  test(`a flanneld of ${subnetManager} that is stopped and started at once runs again when it has ended`, () => {
    const cluster = flannel(createWorld({ seed: 1 }), { nodes: 2, subnetManager })
    const node = cluster.node('h2')
    const before = node.flanneld!
    node.stop()
    node.start()
    cluster.world.run({ for: s(5) })
    assert.not(before.isRunning)
    assert.ok(node.flanneld!.isRunning)
    assert.ok(cluster.isConverged)
  })

test('a flanneld that is stopped, started and stopped at once stays away', () => {
  const cluster = flannel(createWorld({ seed: 1 }), { nodes: 2, subnetManager: 'kube' })
  const node = cluster.node('h2')
  node.stop()
  node.start()
  node.stop()
  cluster.world.run({ for: s(20) })
  assert.not(node.flanneld!.isRunning)
})

test.run()
