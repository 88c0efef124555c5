/** `netns.nf.register`: functions of a user's own at the hooks, among the tables and connection tracking. */
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createWorld,
  ms,
  type Netns,
  NetloomError,
  type NfPacket,
  type PacketRepr,
  type World,
} from '../../lib/index.js'

const test = suite('lab/nf')

const SCRIPT = `
  ip netns add c
  ip netns add r
  ip netns add s
  ip -n r link add lan type veth peer name eth0 netns c
  ip -n r link add wan type veth peer name eth0 netns s
  ip -n c addr add 10.0.1.2/24 dev eth0
  ip -n s addr add 10.0.2.2/24 dev eth0
  ip -n r addr add 10.0.1.1/24 dev lan
  ip -n r addr add 10.0.2.1/24 dev wan
  ip -n c link set eth0 up
  ip -n s link set eth0 up
  ip -n r link set lan up
  ip -n r link set wan up
  ip -n c route add default via 10.0.1.1
  ip -n s route add default via 10.0.2.1
  ip netns exec r sysctl -q -w net.ipv4.ip_forward=1
`

const forwardPath = (): { world: World; c: Netns; r: Netns; s: Netns } => {
  const world = createWorld()
  world.sh(SCRIPT)
  const [c, r, s] = ['c', 'r', 's'].map(name => world.netns(name)) as [Netns, Netns, Netns]
  return { world, c, r, s }
}

const atRest = (world: World): void => {
  for (const netns of world.listNetns()) assert.is(netns.accounting().alive, 0, `${netns}`)
}

const handler =
  (seen: string[], name: string) =>
  (packet: NfPacket): 'accept' => {
    seen.push(`${name} ${packet.hook} ${packet.inDev?.name ?? '-'} ${packet.outDev?.name ?? '-'} ${packet.mark}`)
    return 'accept'
  }

test('functions are called at the five hooks in the order of their priorities, around mangle and filter', () => {
  const { world, c, r } = forwardPath()
  r.iptables.append('PREROUTING', '-p icmp --icmp-type echo-request -j MARK --set-mark 5', { table: 'mangle' })
  const seen: string[] = []
  for (const hook of ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const)
    r.nf.register({ hook }, handler(seen, 'filter'))
  r.nf.register({ hook: 'prerouting', priority: -149 }, handler(seen, 'behind'))
  r.nf.register({ hook: 'prerouting', priority: 'raw' }, handler(seen, 'raw'))
  c.ping('10.0.2.2', { count: 1 })
  world.run()
  assert.equal(seen.slice(0, 5), [
    'raw prerouting lan - 0',
    'behind prerouting lan - 5',
    'filter prerouting lan - 5',
    'filter forward lan wan 5',
    'filter postrouting lan wan 5',
  ])
  seen.length = 0
  c.ping('10.0.1.1', { count: 1 })
  world.run()
  assert.equal(seen.slice(2), [
    'filter prerouting lan - 5',
    'filter input lan - 5',
    'filter output - lan 0',
    'filter postrouting - lan 0',
  ])
  atRest(world)
})

test('a drop is counted as the kernel counts it, and a local sender hears EPERM', () => {
  const { world, c, r } = forwardPath()
  const drop = r.nf.register({ hook: 'forward', priority: 'first' }, () => 'drop')
  const ping = c.ping('10.0.2.2', { count: 1 })
  world.run()
  assert.is(ping.received, 0)
  assert.is(r.drops().find(d => d.reason === 'NETFILTER_DROP')?.count, 1)
  drop.unregister()
  drop.unregister()
  const again = c.ping('10.0.2.2', { count: 1 })
  world.run()
  assert.is(again.received, 1)
  c.nf.register({ hook: 'output' }, () => 'queue')
  const out = world.sh('ip netns exec c ping -c 1 10.0.1.1', { mayFail: true })
  assert.match(out.stdout, '100% packet loss')
  atRest(world)
})

test('a packet can be read, written and replaced, and its connection be looked at', () => {
  const { world, c, r, s } = forwardPath()
  const undo = r.conntrack.enable()
  const states: string[] = []
  r.nf.register({ hook: 'forward', priority: 'mangle' }, packet => {
    states.push(`${packet.ctState} ${packet.conntrack!.orig.dst}`)
    const { ipv4, udp, payload } = packet.decode() as PacketRepr
    if (udp === undefined) return 'accept'
    assert.is(packet.protocol, 0x0800)
    assert.is(packet.frame!.length, packet.data.length + 14)
    packet.replace({ ipv4: { ...ipv4, tos: 0x10 }, udp, payload: Uint8Array.of(...payload, 33, 33) })
    return 'accept'
  })
  let text = ''
  s.udp.bind({ port: 7 }, ({ data }) => {
    text = String.fromCharCode(...data)
  })
  const seen = world.capture({ dev: s.dev('eth0') })
  c.udp.connect('10.0.2.2', 7).send('hello')
  world.run()
  assert.is(text, 'hello!!')
  assert.match(seen.toText({ verbose: 1 }), /tos 0x10.*\n.*UDP, length 7/)
  assert.equal(states, ['NEW 10.0.2.2'])
  undo()
  atRest(world)
})

test('a mark set at output routes again when the handler says so', () => {
  const { world, c } = forwardPath()
  world.sh('ip -n c rule add fwmark 9 blackhole')
  const errors: string[] = []
  c.nf.register({ hook: 'output', priority: 'mangle' }, packet => {
    packet.mark = 9
    try {
      packet.routeMeHarder()
    } catch (e) {
      errors.push((e as NetloomError).code)
    }
    return 'drop'
  })
  world.sh('ip netns exec c ping -c 1 10.0.2.2', { mayFail: true })
  assert.equal(errors, ['EINVAL'])
})

test('a stolen packet is held until it is sent on behind its handler, or ended', () => {
  const { world, c, r } = forwardPath()
  const held: NfPacket[] = []
  const seen: string[] = []
  const thief = r.nf.register({ hook: 'forward', priority: -1 }, packet => {
    held.push(packet)
    world.after(ms(50), () => packet.reinject())
    return 'stolen'
  })
  r.nf.register({ hook: 'forward' }, handler(seen, 'next'))
  const ping = c.ping('10.0.2.2', { count: 1 })
  world.run()
  assert.is(ping.received, 1)
  assert.ok(ping.replies[0]!.roundTripNs! >= ms(100))
  assert.equal(seen.length, 2)
  assert.throws(() => held[0]!.mark, /is no longer yours; return 'stolen'/)
  assert.match(inspect(held[0]), 'gone on')
  thief.unregister()
  const last: NfPacket[] = []
  const again = r.nf.register({ hook: 'forward' }, packet => {
    last.push(packet)
    return 'stolen'
  })
  c.ping('10.0.2.2', { count: 1 })
  world.run()
  assert.is(r.accounting().alive, 1)
  again.unregister()
  last[0]!.reinject()
  assert.is(seen.length, 3, 'a handler that is gone has its packets dropped')
  atRest(world)
})

test('frames of every type meet the functions at the hooks of a bridge', () => {
  const world = createWorld()
  world.sh(`
    ip netns add b
    ip netns add h1
    ip netns add h2
    ip -n b link add br0 type bridge
    ip -n b link add p1 type veth peer name eth0 netns h1
    ip -n b link add p2 type veth peer name eth0 netns h2
    ip -n b link set p1 master br0
    ip -n b link set p2 master br0
    ip -n b link set p1 up
    ip -n b link set p2 up
    ip -n b link set br0 up
    ip -n h1 addr add 10.0.0.1/24 dev eth0
    ip -n h2 addr add 10.0.0.2/24 dev eth0
    ip -n h1 link set eth0 up
    ip -n h2 link set eth0 up
    sleep 1
  `)
  const seen: string[] = []
  const b = world.netns('b')
  b.nf.register({ family: 'bridge', hook: 'forward', priority: 'filterBridged' }, packet => {
    seen.push(`${packet.inDev} ${packet.outDev} ${packet}`)
    return packet.protocol === 0x0806 ? 'accept' : 'drop'
  })
  const ping = world.netns('h1').ping('10.0.0.2', { count: 1 })
  world.run()
  assert.is(ping.received, 0)
  assert.is(seen.length, 3)
  assert.match(seen[0]!, /p1.*p2.*ARP.*who-has 10\.0\.0\.2 tell 10\.0\.0\.1/)
  assert.match(seen[2]!, /10\.0\.0\.1 > 10\.0\.0\.2: ICMP echo request/)
  atRest(world)
})

test('what cannot be is refused and registers nothing', () => {
  const { world, c, r } = forwardPath()
  const accept = (): 'accept' => 'accept'
  assert.throws(
    () => r.nf.register({ hook: 'ingress' as never }, accept),
    /hook: unknown word "ingress"; known are prerouting,/,
  )
  assert.throws(() => r.nf.register({ hook: 'brouting' }, accept), /hook: unknown word "brouting"/)
  assert.throws(() => r.nf.register({ hook: 'input', priority: 'brnf' }, accept), /priority: unknown word "brnf"/)
  assert.throws(() => r.nf.register({ hook: 'input', priority: 2 ** 31 }, accept), /signed 32-bit/)
  assert.throws(() => r.nf.register({ hook: 'input', prio: 1 } as never, accept), /unknown option "prio"/)
  assert.throws(() => r.nf.register({ hook: 'input' }, null as never), /handler is not a function/)
  assert.is(r.kernel.nf.localIn, null)
  using wrong = r.nf.register({ hook: 'forward' }, () => 'maybe' as never)
  assert.equal(wrong.toJSON(), { netns: 'r', family: 'ipv4', hook: 'forward', priority: 0, isRegistered: true })
  assert.throws(
    () => {
      c.ping('10.0.2.2', { count: 1 })
      world.run()
    },
    (e: Error) =>
      e instanceof NetloomError && /^r: the handler at forward, priority 0, returned maybe;/.test(e.message),
  )
  assert.is(r.accounting().alive, 0)
})

test('writing outside of a packet is refused', () => {
  const { world, c, r } = forwardPath()
  const errors: string[] = []
  r.nf.register({ hook: 'forward' }, packet => {
    for (const call of [
      () => packet.write(packet.data.length, Uint8Array.of(1)),
      () => packet.replace(new Uint8Array(3)),
      () => packet.routeMeHarder(),
      () => (packet.mark = -1),
    ])
      try {
        call()
      } catch (e) {
        errors.push((e as NetloomError).code)
      }
    return 'accept'
  })
  const ping = c.ping('10.0.2.2', { count: 1 })
  world.run()
  assert.is(ping.received, 1)
  assert.equal(errors.slice(0, 4), ['EINVAL', 'EDECODE', 'EINVAL', 'EINVAL'])
})

test.run()
