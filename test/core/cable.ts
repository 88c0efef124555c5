/** Two hosts h1 and h2 with a cable between their eth0, as the tests of the core use them. */
import type { NetDevice } from '../../lib/core/netdev.js'
import type { World, WorldOptions } from '../../lib/core/world.js'
import { boot } from '../../lib/lab/boot.js'
import { linkAdd, linkSet } from '../../lib/rtnl/link.js'
import { mac } from '../dev/lab.js'

/** A World and both ends of its cable, up and settled. IGMP has nothing to say: no end has an address. */
export const cable = (options: WorldOptions = {}): { world: World; a: NetDevice; b: NetDevice } => {
  const world = boot(options, [])
  const [h1, h2] = [world.addNetns('h1'), world.addNetns('h2')]
  const peer = { name: 'eth0', netns: h2, address: mac('02:00:00:00:00:02') }
  const a = linkAdd(h1, { kind: 'veth', name: 'eth0', address: mac('02:00:00:00:00:01'), attrs: { peer } })
  const b = h2.dev('eth0')
  linkSet(a, { up: true })
  linkSet(b, { up: true })
  world.run()
  return { world, a, b }
}
