/**
 * The black hole that operators know: a tunnel whose MTU is larger than a link of its path bears, behind a router whose
 * ICMP errors never arrive. Handshakes and small answers pass, full segments vanish.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'

const test = suite('lab/tcp-black-hole')
const S = 1_000_000_000

/** h1 -- r -- h2, a tunnel of MTU 1450 over a last link of MTU 1400; what r itself would say goes nowhere. */
const HOST = (n: number, dev: string): string => `ip netns add h${n}
ip -n h${n} link set lo up
ip -n h${n} link add eth0 up type veth peer name ${dev} netns r
ip -n h${n} addr add 192.168.${n}.1/24 dev eth0
ip -n r addr add 192.168.${n}.254/24 dev ${dev}
ip -n r link set ${dev} up
ip -n h${n} route add default via 192.168.${n}.254
ip -n h${n} link add vx0 up type vxlan id 7 dstport 4789 dev eth0 local 192.168.${n}.1 remote 192.168.${3 - n}.1 df set
ip -n h${n} addr add 10.0.0.${n}/24 dev vx0`
const OVERLAY = `ip netns add r\n${HOST(1, 'left')}\n${HOST(2, 'right')}
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n r link set right mtu 1400
ip -n r rule add iif lo lookup 100 priority 100
ip -n r route add blackhole default table 100
sleep 1`

/** Sends 100,000 octets through the tunnel, which stalls; then `cure` is run. Octets received before and after. */
const transfer = (cure: string): { before: number; after: number; retransmits: number; pmtu: number } => {
  const world = createWorld()
  world.sh(OVERLAY)
  let received = 0
  world.netns('h2').tcp.listen({ port: 80 }, { onData: data => void (received += data.length) })
  const socket = world.netns('h1').tcp.connect({ address: '10.0.0.2', port: 80 })
  socket.write('x'.repeat(100_000))
  world.run({ for: 20 * S })
  const before = received
  const { retransmits } = socket.info()
  world.sh(cure)
  world.run({ for: 90 * S })
  return { before, after: received, retransmits, pmtu: socket.info().pmtu }
}

test('a bulk transfer stalls; lowering the MTU of the tunnel cures it', () => {
  const { before, after, retransmits } = transfer('ip -n h1 link set vx0 mtu 1350')
  assert.is(before, 0)
  assert.ok(retransmits >= 5)
  assert.is(after, 100_000)
})

test("the router's error arriving cures it: the tunnel learns the path's MTU, and the connection from the tunnel", () => {
  const { before, after, pmtu } = transfer('ip -n r rule del priority 100')
  assert.is(before, 0)
  assert.is(after, 100_000)
  assert.is(pmtu, 1350)
})

test.run()
