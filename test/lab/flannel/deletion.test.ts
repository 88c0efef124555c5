/**
 * Hosts whose namespaces are deleted under their running daemons: the others go on, and nothing is left behind.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, flannel, ms, s } from '../../../lib/index.js'

const test = suite('lab/flannel/deletion')

for (const subnetManager of ['etcd', 'kube'] as const)
  for (const backend of ['vxlan', 'udp', 'host-gw'])
    test(`${backend} with ${subnetManager}: hosts deleted under flanneld and the store leave nothing behind`, () => {
      const world = createWorld({ seed: 1 })
      const cluster = flannel(world, { backend, nodes: 3, pods: 1, subnetManager })
      const [a, b, c] = cluster.pods
      const ping = a!.netns.ping(b!.address)
      world.run({ for: ms(1500) })
      assert.is(ping.received, 1)

      const { flanneld } = cluster.node('h1')
      world.delNetns('h1')
      assert.is(flanneld!.exitStatus, 137)
      const others = b!.netns.ping(c!.address)
      world.run({ for: s(30) })
      assert.is(others.received, 1, 'the others go on')
      assert.is(cluster.node('h1').flanneld, flanneld, 'nobody starts it again')

      world.delNetns(cluster.underlay.store.name)
      world.run({ for: s(90_000) })
      for (const netns of world.listNetns()) world.delNetns(netns.name)
      world.run({ for: s(100) })
      assert.equal(world.pending(), [])
      assert.is(world.alivePackets, 0)
    })

test.run()
