/** What is learned about destinations: buckets with a limit, ends, flushes, and what the modes of sockets make of it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, ms, type PmtuDisc, type World } from '../../lib/index.js'
import { FnheTable, type Learned } from '../../lib/ip/fnhe.js'
import { tosToPriority } from '../../lib/ip/priority.js'
import { RngSource } from '../../lib/sim/rng.js'

const test = suite('ip/fnhe')

const JIFFY = 4e6
const learned = (pmtu: number, expires = 1e15): Learned => ({ pmtu, mtuLocked: false, gateway: 0, expires })

test('a bucket keeps at most ten destinations, and loses the one that was not used for longest', () => {
  const rng = new RngSource(1).stream()
  const table = new FnheTable()
  for (let i = 0; i < 200_000; i++) table.update(i, learned(1000), 0, i, rng)
  // 2,048 buckets of at least five and at most ten.
  const kept = [...table]
  assert.ok(kept.length >= 2048 * 5 && kept.length <= 2048 * 10, `${kept.length} of 200,000 are kept`)
  const oldest = kept.reduce((least, e) => Math.min(least, e.stamp), Infinity)
  assert.ok(oldest > 200_000 - 60_000, `the oldest is number ${oldest}`)
})

test('few destinations are all kept, and no random number is drawn for them', () => {
  const table = new FnheTable()
  const rng = { below: () => assert.unreachable('a draw') } as never
  for (let i = 0; i < 300; i++) assert.is(table.update(i * 7919, learned(1000), 0, i, rng), true)
  assert.is(table.update(0, learned(900), 0, 999, rng), false)
  assert.equal([[...table].length, table.find(0, 0)?.pmtu], [300, 900])
})

test('an entry ends a tick after its time, and is gone then', () => {
  const table = new FnheTable()
  table.update(1, learned(1000, 100 * JIFFY), 0, 0, new RngSource(1).stream())
  assert.is(table.find(1, 101 * JIFFY - 1)?.pmtu, 1000)
  assert.is(table.find(1, 101 * JIFFY), null)
  assert.equal([...table], [])
})

test("another MTU of the device: a larger one is only followed by what was the device's (fib_nhc_update_mtu)", () => {
  const rng = new RngSource(1).stream()
  const table = new FnheTable()
  table.update(1, learned(1000), 0, 0, rng)
  table.update(2, learned(1500), 0, 0, rng)
  table.update(3, { ...learned(552), mtuLocked: true }, 0, 0, rng)
  const state = (): unknown[] => [1, 2, 3].map(d => [table.find(d, 0)!.pmtu, table.find(d, 0)!.mtuLocked])
  table.updateMtu(1400, 1500)
  assert.equal(state(), [
    [1000, false],
    [1400, false],
    [552, true],
  ])
  table.updateMtu(500, 1400)
  assert.equal(state(), [
    [500, false],
    [500, false],
    [500, false],
  ])
  table.update(1, learned(450), 0, 0, rng)
  table.updateMtu(1600, 500)
  assert.equal(state(), [
    [450, false],
    [1600, false],
    [1600, false],
  ])
})

/** la - lr - lb, with an MTU of 1000 on the second link; nobody listens. */
const narrow = (): World => {
  const world = createWorld({ seed: 1 })
  world.sh(`
    ip netns add la
    ip netns add lr
    ip netns add lb
    ip -n la link set lo up
    ip -n la link add e0 type veth peer name e0 netns lr
    ip -n lr link add e1 type veth peer name e0 netns lb
    ip -n la addr add 10.0.0.1/24 dev e0
    ip -n lr addr add 10.0.0.254/24 dev e0
    ip -n lr addr add 10.0.1.254/24 dev e1
    ip -n lb addr add 10.0.1.7/24 dev e0
    ip -n lr link set e1 mtu 1000
    ip -n la link set e0 up
    ip -n lr link set e0 up
    ip -n lr link set e1 up
    ip -n lb link set e0 up
    ip -n la route add 10.0.1.0/24 via 10.0.0.254
    ip -n lb route add default via 10.0.1.254
    ip netns exec lr sysctl -qw net.ipv4.ip_forward=1
    sleep 1`)
  return world
}

/** What three datagrams of 1200 octets, a tenth of a second apart, and one of 1600 came to on Linux, and the cache then. */
const MODES: readonly (readonly [PmtuDisc, readonly (number | string)[], string])[] = [
  ['dont', [1200, 'ECONNREFUSED', 1200, 'ECONNREFUSED'], ''],
  ['want', [1200, 'EMSGSIZE', 1200, 'ECONNREFUSED'], 'mtu 1000'],
  ['do', [1200, 'EMSGSIZE', 'EMSGSIZE', 'EMSGSIZE'], 'mtu 1000'],
  ['probe', [1200, 'EMSGSIZE', 1200, 'EMSGSIZE'], 'mtu 1000'],
  ['interface', [1200, 'ECONNREFUSED', 1200, 'EMSGSIZE'], ''],
  ['omit', [1200, 'ECONNREFUSED', 1200, 'ECONNREFUSED'], ''],
]

test('every IP_MTU_DISCOVER of a connected socket: sends, errors, and what stands in the cache, as on Linux', () => {
  for (const [pmtuDisc, expected, cache] of MODES) {
    const world = narrow()
    const sk = world.netns('la').udp.connect('10.0.1.7', 9, undefined, { pmtuDisc })
    const outcomes = [1200, 1200, 1200, 1600].map(size => {
      try {
        return sk.send(new Uint8Array(size))
      } catch (e) {
        return (e as { code: string }).code
      } finally {
        world.run({ for: ms(100) })
      }
    })
    assert.equal(outcomes, expected, pmtuDisc)
    const text = world.sh('ip -n la route show cache').stdout
    assert.is(/mtu \d+/.exec(text)?.[0] ?? '', cache, `${pmtuDisc}: ${text}`)
  }
})

test('priorities by type of service are those that IP_TOS gives a socket on Linux (SO_PRIORITY)', () => {
  const expected = [0, 2, 6, 4].flatMap(priority => new Array<number>(8).fill(priority))
  assert.equal(
    Array.from({ length: 256 }, (_, tos) => tosToPriority(tos)),
    Array.from({ length: 8 }, () => expected).flat(),
  )
})

test.run()
