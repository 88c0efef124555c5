/**
 * Many nodes that join at once: everybody gets a subnet of their own, and hears of everybody else.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, flannel } from '../../../lib/index.js'
import { netOverlaps, parseCidr } from '../../../lib/flannel/ip4-net.js'
import { formatTime } from '../../../lib/sim/time.js'

const test = suite('lab/flannel/many')

const NODES = 200

test(`${NODES} nodes that join at once get subnets that do not overlap, and know each other`, () => {
  const begin = performance.now()
  const world = createWorld({ seed: 1 })
  const cluster = flannel(world, { backend: 'vxlan', nodes: NODES })
  const wallS = (performance.now() - begin) / 1e3
  const joined = Math.max(...cluster.nodes.map(node => node.flanneld!.kernel.peers.changedNs))
  console.log(
    `${NODES} nodes: converged after ${formatTime(joined - 1e9)} s of virtual time, ${wallS.toFixed(1)} s of wall time`,
  )
  assert.ok(cluster.isConverged)
  const subnets = cluster.nodes.map(node => parseCidr(node.subnet!)!)
  for (const [i, a] of subnets.entries()) for (const b of subnets.slice(i + 1)) assert.is(netOverlaps(a, b), false)
  // What the kernel has been told: a route, a neighbour and a forwarding entry for each other node.
  for (const { netns } of [cluster.node('h1'), cluster.node(`h${NODES}`)]) {
    const through = (list: readonly { readonly dev: unknown }[]): number =>
      list.filter(e => `${e.dev}`.includes('flannel.1')).length
    assert.is(netns.route.list().filter(r => r.dst.startsWith('10.244.')).length, NODES - 1)
    assert.is(through(netns.neigh.list()), NODES - 1)
    assert.is(through(netns.fdb.list()), NODES - 1)
  }
  const ping = cluster.addPod('h7').netns.ping(cluster.addPod('h180').address)
  world.run({ for: 2e9 })
  assert.is(ping.received, 1)
})

test.run()
