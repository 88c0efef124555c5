/** Netfilter's hooks: where IPv4 calls them, in which order, and what becomes of a packet by their verdicts. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DROP } from '../../lib/core/drop.js'
import {
  NF_ACCEPT,
  NF_DROP,
  NF_INET_FORWARD,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI_CONNTRACK_DEFRAG,
  NF_QUEUE,
  NF_REPEAT,
  NF_STOLEN,
  nfDropErr,
  nfDropReason,
  type NfHookFn,
  type NfHookOps,
  NFPROTO_IPV4,
  nfRegisterNetHook,
  nfUnregisterNetHook,
} from '../../lib/core/netfilter.js'
import type { Skb } from '../../lib/core/skb.js'
import { createWorld, type NetloomError, type World } from '../../lib/index.js'
import { IP_DEFRAG_CONNTRACK_IN } from '../../lib/ip/frag-queue.js'
import { ipv4 } from '../../lib/ip/ipv4.js'
import { ipv4IsFragment } from '../../lib/wire/ipv4.js'

const test = suite('core/netfilter')

const NAMES = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']

/** c - r - s; r forwards. */
const SCRIPT = `
  ip netns add c
  ip netns add r
  ip netns add s
  ip netns exec r sysctl -qw net.ipv4.ip_forward=1
  ip -n r link set lo up
  ip -n c link add eth0 type veth peer name left netns r
  ip -n s link add eth0 type veth peer name right netns r
  ip -n c addr add 10.0.1.2/24 dev eth0
  ip -n r addr add 10.0.1.1/24 dev left
  ip -n r addr add 10.0.2.1/24 dev right
  ip -n s addr add 10.0.2.2/24 dev eth0
  ip -n c link set eth0 up
  ip -n s link set eth0 up
  ip -n r link set left up
  ip -n r link set right up
  ip -n c route add default via 10.0.1.1
  ip -n s route add default via 10.0.2.1
  ip netns exec c ping -c 1 10.0.2.2`

const network = (): World => {
  const world = createWorld()
  world.sh(SCRIPT)
  return world
}

const at = (world: World, hooknum: number, hook: NfHookFn, priority = 0): NfHookOps => {
  const ops: NfHookOps = { hook, priv: null, pf: NFPROTO_IPV4, hooknum, priority }
  nfRegisterNetHook(world.kernel.netns('r'), ops)
  return ops
}

/** Notes each packet that passes a hook of r, with its devices. */
const note = (world: World, seen: string[]): void => {
  for (let hooknum = 0; hooknum < 5; hooknum++)
    at(world, hooknum, (_skb, state) => {
      seen.push(`${NAMES[state.hook]} ${state.inDev?.name ?? '-'} ${state.outDev?.name ?? '-'}`)
      return NF_ACCEPT
    })
}

const ping = (world: World, from: string, to: string, options = ''): number => {
  const { exits } = world.sh(`ip netns exec ${from} ping -c 1 -W 1 ${options} ${to}`, { mayFail: true })
  return exits[0]!.exit
}

const balanced = (world: World): void => {
  world.run({ within: 120e9 })
  assert.ok(world.isBalanced())
  for (const { alive } of world.accounting()) assert.is(alive, 0)
}

test('a forwarded packet passes PREROUTING, FORWARD and POSTROUTING; so does the answer (nf-hook-order-forward)', () => {
  const world = network()
  const seen: string[] = []
  note(world, seen)
  assert.is(ping(world, 'c', '10.0.2.2'), 0)
  assert.equal(seen, [
    'PREROUTING left -',
    'FORWARD left right',
    'POSTROUTING left right',
    'PREROUTING right -',
    'FORWARD right left',
    'POSTROUTING right left',
  ])
})

test('a packet for the host passes PREROUTING and INPUT, its answer OUTPUT and POSTROUTING (nf-hook-order-local)', () => {
  const world = network()
  const seen: string[] = []
  note(world, seen)
  assert.is(ping(world, 'c', '10.0.1.1'), 0)
  assert.equal(seen, ['PREROUTING left -', 'INPUT left -', 'OUTPUT - left', 'POSTROUTING - left'])
})

test('over lo a packet passes OUTPUT, POSTROUTING, PREROUTING and INPUT (nf-hook-order-loopback)', () => {
  const world = network()
  const seen: string[] = []
  note(world, seen)
  assert.is(ping(world, 'r', '10.0.1.1'), 0)
  const once = ['OUTPUT - lo', 'POSTROUTING - lo', 'PREROUTING lo -', 'INPUT lo -']
  assert.equal(seen, [...once, ...once])
})

test('functions are called in the order of their priorities, and those of equal ones as they were registered', () => {
  const world = network()
  const seen: number[] = []
  const noting =
    (n: number): NfHookFn =>
    () => {
      seen.push(n)
      return NF_ACCEPT
    }
  at(world, NF_INET_FORWARD, noting(3), 100)
  at(world, NF_INET_FORWARD, noting(1), -150)
  const gone = at(world, NF_INET_FORWARD, noting(9), 0)
  at(world, NF_INET_FORWARD, noting(2), -150)
  nfUnregisterNetHook(world.kernel.netns('r'), gone)
  ping(world, 'c', '10.0.2.2')
  assert.equal(seen, [1, 2, 3, 1, 2, 3])
})

test('DROP and QUEUE end a packet with NETFILTER_DROP, and a reason of the function counts instead', () => {
  for (const [verdict, reason] of [
    [() => NF_DROP, 'NETFILTER_DROP'],
    [() => NF_QUEUE, 'NETFILTER_DROP'],
    [(skb: Skb) => nfDropReason(skb, DROP.IP_RPFILTER, 0), 'IP_RPFILTER'],
  ] as const) {
    const world = network()
    at(world, NF_INET_FORWARD, verdict)
    assert.is(ping(world, 'c', '10.0.2.2'), 1)
    assert.equal(
      world.drops().map(d => [d.reason, d.netns, d.count]),
      [[reason, 'r', 1]],
    )
    balanced(world)
  }
})

test('REPEAT calls the function again, STOLEN makes the packet its own', () => {
  const world = network()
  let calls = 0
  let held: Skb | null = null
  at(world, NF_INET_LOCAL_IN, skb => {
    if (calls++ === 0) return NF_REPEAT
    held = skb
    return NF_STOLEN
  })
  assert.is(ping(world, 'c', '10.0.1.1'), 1)
  assert.is(calls, 2)
  assert.ok((held as Skb | null)!.alive)
})

test('a local sender hears EPERM of a drop in OUTPUT, or the errno that the function names', () => {
  for (const [verdict, code] of [
    [NF_DROP, 'EPERM'],
    [nfDropErr(101), 'ENETUNREACH'],
  ] as const) {
    const world = network()
    at(world, NF_INET_LOCAL_OUT, () => verdict)
    const socket = world.netns('r').udp.connect('10.0.1.2', 9)
    assert.throws(
      () => socket.send('x'),
      (e: NetloomError) => e.code === code,
    )
    socket.close()
    balanced(world)
  }
})

test('a function that puts fragments together goes on with the whole packet as the same skb', () => {
  const world = network()
  const r = world.kernel.netns('r')
  const lengths: number[] = []
  at(
    world,
    NF_INET_PRE_ROUTING,
    skb => {
      if (!ipv4IsFragment(skb.buf, skb.networkHeader)) return NF_ACCEPT
      return ipv4(r).frags.defrag(skb, IP_DEFRAG_CONNTRACK_IN) ? NF_ACCEPT : NF_STOLEN
    },
    NF_IP_PRI_CONNTRACK_DEFRAG,
  )
  at(world, NF_INET_FORWARD, skb => {
    lengths.push(skb.tail - skb.data)
    return NF_ACCEPT
  })
  assert.is(ping(world, 'c', '10.0.2.2', '-s 4000'), 0)
  assert.equal(lengths, [4028, 4028])
  balanced(world)
})

test('fragments on their way to a host and to connection tracking are two datagrams', () => {
  const world = network()
  const r = world.kernel.netns('r')
  const sizes: number[] = []
  at(world, NF_INET_PRE_ROUTING, skb => {
    if (!ipv4IsFragment(skb.buf, skb.networkHeader)) return NF_ACCEPT
    const isWhole = ipv4(r).frags.defrag(skb, IP_DEFRAG_CONNTRACK_IN + sizes.length)
    sizes.push(ipv4(r).frags.size)
    return isWhole ? NF_ACCEPT : NF_STOLEN
  })
  assert.is(ping(world, 'c', '10.0.1.1', '-s 4000'), 1)
  assert.equal(sizes, [1, 2, 3])
  balanced(world)
})

test.run()
