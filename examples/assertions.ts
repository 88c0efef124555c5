/**
 * Assertions for any test runner: they throw an Error that says what was expected, what there was, and why.
 */
import { createWorld } from 'netloom'
import { assertDropped, assertFrames, assertReachable, assertUnreachable } from 'netloom/test'

const world = createWorld({ seed: 1 })
world.sh(`
  ip netns add h1
  ip netns add r
  ip netns add h2
  ip -n h1 link add eth0 type veth peer name left netns r
  ip -n h2 link add eth0 type veth peer name right netns r
  ip -n h1 addr add 10.0.1.2/24 dev eth0
  ip -n r addr add 10.0.1.1/24 dev left
  ip -n r addr add 10.0.2.1/24 dev right
  ip -n h2 addr add 10.0.2.2/24 dev eth0
  ip -n h1 link set eth0 up
  ip -n r link set left up
  ip -n r link set right up
  ip -n h2 link set eth0 up
  ip -n h1 route add default via 10.0.1.1
  ip -n h2 route add default via 10.0.2.1
`)
const h1 = world.netns('h1')
const r = world.netns('r')

assertReachable(h1, '10.0.1.1')
assertUnreachable(h1, '10.0.2.2')
assertDropped(world, { netns: 'r', reason: 'IP_FORWARDING_OFF' })

// The same as an assertion that fails.
try {
  assertReachable(h1, '10.0.2.2')
} catch (error) {
  console.log(`${error}\n`)
}

r.sysctl.set('net.ipv4.ip_forward', 1)
const seen = world.capture({ netns: 'h2', dev: 'eth0', filter: 'icmp' })
assertReachable(h1, '10.0.2.2')
assertFrames(seen, [{ ipv4: { ttl: 63 }, icmp: { type: 8 } }, { icmp: { type: 0 } }])
try {
  assertFrames(seen, [{ ipv4: { ttl: 64 }, icmp: { type: 8 } }, { icmp: { type: 0 } }])
} catch (error) {
  console.log(`${error}`)
}

// Output:
// NetloomError: h1 does not reach 10.0.2.2
// 3 requests sent, no answer
// route of h1: 10.0.2.2 via 10.0.1.1 dev eth0 src 10.0.1.2
// dropped meanwhile:
//   r:left IP_FORWARDING_OFF x3, last at 5.376000000: IP 10.0.1.2 > 10.0.2.2: ICMP echo request, id 58577, seq 3, length 64
// (netloom 0.1.0, seed 1)
//
// NetloomError: frames at h2:eth0: 2, expected 2; - missing, + not expected
//   - {"ipv4":{"ttl":64},"icmp":{"type":8}}
//   + IP 10.0.1.2 > 10.0.2.2: ICMP echo request, id 14296, seq 1, length 64
//     IP 10.0.2.2 > 10.0.1.2: ICMP echo reply, id 14296, seq 1, length 64
// first difference:
//   expected {"ipv4":{"ttl":64},"icmp":{"type":8}}
//   actual   IP 10.0.1.2 > 10.0.2.2: ICMP echo request, id 14296, seq 1, length 64
//   ipv4.ttl: expected 64, actual 63
// (netloom 0.1.0, seed 1)
