/**
 * Two containers on a bridge: a ping, seen at the far end.
 */
import { createWorld } from 'netloom'

const world = createWorld({ seed: 1 })
const host = world.addNetns('host')
host.link.add({ kind: 'bridge', name: 'br0', up: true })

for (const [name, address] of [
  ['c1', '172.17.0.2/16'],
  ['c2', '172.17.0.3/16'],
] as const) {
  const container = world.addNetns(name)
  container.link.add({ kind: 'veth', name: 'eth0', peer: { name: `veth-${name}`, netns: host } })
  container.addr.add(address, { dev: 'eth0' })
  container.link.set('eth0', { up: true })
  host.link.set(`veth-${name}`, { master: 'br0', up: true })
}
world.run() // until nothing is due: the links are up

const seen = world.capture({ netns: 'c2', dev: 'eth0' })
const ping = world.netns('c1').ping('172.17.0.3', { count: 2 })
world.run({ until: () => ping.exitStatus !== null })

console.log(seen.toText())
console.log(ping.text)
