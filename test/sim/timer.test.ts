import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Simulator } from '../../lib/sim/simulator.js'
import { ms, s } from '../../lib/sim/time.js'
import { HZ, NSEC_PER_JIFFY, Timer, wheelExpiry } from '../../lib/sim/timer.js'

const test = suite('sim/timer')

const newSim = (): Simulator<object> => new Simulator<object>({ handle: () => {}, describe: () => '' }, 1000)

/** Instants of the first 64 seconds: on a tick of the clock and anywhere between two. */
const tick = fc.nat(16_000).map(n => n * NSEC_PER_JIFFY)
const instant = fc.nat(s(64))

test('the clock ticks 250 times a second', () => {
  assert.is(HZ * NSEC_PER_JIFFY, s(1))
})

test('a second from a tick takes 1.004 to 1.032 s, five take 5.004 to 5.256 s (kernel/time/timer.c granularity table)', () => {
  for (const [delay, min, max] of [
    [s(1), s(1.004), s(1.032)],
    [s(5), s(5.004), s(5.256)],
  ] as const) {
    const taken = Array.from({ length: 512 }, (_, i) => wheelExpiry(i * NSEC_PER_JIFFY, delay) - i * NSEC_PER_JIFFY)
    assert.is(Math.min(...taken), min)
    assert.is(Math.max(...taken), max)
  }
})

test('set between two ticks, a timer is late by at most the granularity, and never early', () => {
  fc.assert(
    fc.property(instant, now => {
      const [one, five] = [wheelExpiry(now, s(1)) - now, wheelExpiry(now, s(5)) - now]
      assert.ok(one > s(1) && one <= s(1.032), String(one))
      assert.ok(five > s(5) && five <= s(5.256), String(five))
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('no timer is early, and it is late by at most an eighth and two ticks', () => {
  fc.assert(
    fc.property(instant, fc.nat(s(3000)), (now, delay) => {
      const taken = wheelExpiry(now, delay) - now
      assert.is((now + taken) % NSEC_PER_JIFFY, 0)
      assert.ok(taken > 0 && taken >= delay, `${taken} for ${delay}`)
      // A level begins where its granularity is 8/63 of the delay.
      assert.ok(taken <= delay * (1 + 8 / 63) + 2 * NSEC_PER_JIFFY, `${taken} for ${delay}`)
    }),
    { seed: 1, numRuns: 1000 },
  )
})

test('what is set later, or for longer, does not fire sooner', () => {
  fc.assert(
    fc.property(instant, fc.nat(s(300)), fc.nat(ms(500)), (now, delay, more) => {
      assert.ok(wheelExpiry(now + more, delay) >= wheelExpiry(now, delay))
      assert.ok(wheelExpiry(now, delay + more) >= wheelExpiry(now, delay))
    }),
    { seed: 1, numRuns: 1000 },
  )
})

test('a short timer fires on the second tick after its jiffies: levels begin at 63, 504 and 4032 jiffies', () => {
  fc.assert(
    fc.property(tick, now => {
      const granularity = (jiffies: number): number => {
        const due = wheelExpiry(now, jiffies * NSEC_PER_JIFFY) / NSEC_PER_JIFFY
        const expires = now / NSEC_PER_JIFFY + jiffies
        for (const gran of [1, 8, 64, 512]) if (due === (Math.floor(expires / gran) + 1) * gran) return gran
        return 0
      }
      assert.is(granularity(62), 1)
      // A coarser bucket may end where a finer one does; then the finer one is found.
      for (const [jiffies, gran] of [
        [63, 8],
        [503, 8],
        [504, 64],
        [4031, 64],
        [4032, 512],
      ] as const)
        assert.is(wheelExpiry(now, jiffies * NSEC_PER_JIFFY) % (gran * NSEC_PER_JIFFY), 0)
      assert.ok([1, 8].includes(granularity(503)))
      assert.ok([1, 8, 64].includes(granularity(4031)))
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('a timer that is set again runs once, at the last time', () => {
  const sim = newSim()
  const ran: number[] = []
  const timer = new Timer(sim, (list: number[]) => list.push(sim.now), ran, 'test')
  assert.is(timer.pending, false)
  assert.is(timer.expires, -1)
  assert.is(timer.modExact(ms(5)), false)
  assert.is(timer.modExact(ms(9)), true)
  assert.is(timer.expires, ms(9))
  assert.equal(sim.pending(), ['0.009000000: test'])
  sim.run()
  assert.equal(ran, [ms(9)])
  assert.is(timer.pending, false)
  assert.is(timer.expires, -1)
  assert.is(timer.del(), false)
})

test('mod sets on the wheel, modExact to the nanosecond', () => {
  const sim = newSim()
  const ran: number[] = []
  const timer = new Timer(sim, (list: number[]) => list.push(sim.now), ran, 'test')
  timer.modExact(1)
  sim.run()
  timer.mod(s(1))
  sim.run()
  // Jiffy 0 and 250: the bucket of 8 jiffies that ends with 256.
  assert.equal(ran, [1, s(1.024)])
})

test('a deleted timer does not run, and can be set again', () => {
  const sim = newSim()
  const ran: number[] = []
  const timer = new Timer(sim, (list: number[]) => list.push(sim.now), ran, 'test')
  timer.modExact(5)
  assert.is(timer.del(), true)
  assert.ok(sim.quiet)
  sim.run()
  assert.equal(ran, [])
  timer.modExact(7)
  sim.run()
  assert.equal(ran, [7])
})

test('a timer may set itself from its own function', () => {
  const sim = newSim()
  const ran: number[] = []
  const timer: Timer<number[], object> = new Timer(
    sim,
    (list: number[]) => {
      if (list.push(sim.now) < 3) assert.is(timer.modExact(10), false)
    },
    ran,
    'test',
  )
  timer.modExact(10)
  sim.run()
  assert.equal(ran, [10, 20, 30])
})

test.run()
