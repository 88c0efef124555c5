/**
 * Virtual time: the life of a neighbour entry, a quarter of an hour in a few milliseconds.
 */
import { createWorld, formatTime, s } from 'netloom'

const world = createWorld({ seed: 1 })
world.sh(`
  ip netns add h1
  ip netns add h2
  ip -n h1 link add eth0 type veth peer name eth0 netns h2
  ip -n h1 addr add 10.0.0.1/24 dev eth0
  ip -n h2 addr add 10.0.0.2/24 dev eth0
  ip -n h1 link set eth0 up
  ip -n h2 link set eth0 up
`)
const h1 = world.netns('h1')
const show = (when: string): void => {
  const states = h1.neigh.list().map(({ dst, nud }) => `${dst} ${nud}`)
  console.log(`${formatTime(world.now).padStart(14)} s  ${when.padEnd(24)} ${states.join(', ') || '-'}`)
}

show('before the first packet')
h1.ping('10.0.0.2', { count: 1 })
world.run({ for: s(1) })
show('after a ping')
world.run({ for: s(60) })
show('a minute later')
h1.ping('10.0.0.2', { count: 1 })
world.run({ for: s(1) })
show('after another ping')
world.run({ for: s(5) })
show('five seconds later')
world.netns('h2').link.set('eth0', { up: false })
world.run({ for: s(1) })
show('the far end is down')

// Output:
//    0.285000000 s  before the first packet  -
//    1.285000000 s  after a ping             10.0.0.2 reachable
//   61.285000000 s  a minute later           10.0.0.2 stale
//   62.285000000 s  after another ping       10.0.0.2 delay
//   67.285000000 s  five seconds later       10.0.0.2 reachable
//   68.285000000 s  the far end is down      -
