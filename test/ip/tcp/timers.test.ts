/** Timers of a socket run when the kernel's wheel would run them, however often they are set anew. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { World } from '../../../lib/core/world.js'
import type { TcpSock } from '../../../lib/ip/tcp/tcp-sock.js'
import { HrTimer, WheelTimer } from '../../../lib/ip/tcp/tcp-timers.js'
import { NSEC_PER_JIFFY, Timer } from '../../../lib/sim/timer.js'

const test = suite('ip/tcp/timers')

const JIFFY = NSEC_PER_JIFFY

/** The parts of a socket that timers look at. */
const sockOf = (world: World): TcpSock => ({ netns: { world } }) as unknown as TcpSock

test('a timer that is set again and again runs when one that is moved each time would', () => {
  const world = new World()
  const { sim } = world
  const lazy: number[] = []
  const eager: number[] = []
  const timer = new WheelTimer(sockOf(world), () => lazy.push(sim.now), 'lazy')
  const other = new Timer(sim, () => eager.push(sim.now), null, 'eager')
  const { rng } = world
  const again = (): void => {
    const jiffies = rng.below(10) === 0 ? rng.below(5000) : 50 + rng.below(10)
    const base = Math.floor(sim.now / JIFFY)
    timer.mod(base + jiffies)
    other.mod(jiffies * JIFFY)
    if (sim.now < 60e9) sim.schedule(1e6 + rng.below(4e8), again, null)
  }
  sim.schedule(1, again, null)
  sim.run()
  assert.ok(eager.length > 50)
  assert.equal(lazy, eager)
})

test('asking for the same tick again leaves the timer in its slot of the wheel', () => {
  const world = new World()
  const { sim } = world
  const fired: number[] = []
  const timer = new WheelTimer(sockOf(world), () => fired.push(sim.now), 'timer')
  // A second away it is in a slot of 32 ms; from near by it would be in one of 4 ms.
  sim.schedule(0, () => timer.mod(250), null)
  sim.schedule(990e6, () => timer.mod(250), null)
  sim.run()
  assert.equal(fired, [1024e6])
})

test('a timer that was stopped does not run, and can be set again', () => {
  const world = new World()
  const { sim } = world
  const fired: number[] = []
  const timer = new WheelTimer(sockOf(world), () => fired.push(sim.now), 'timer')
  timer.mod(10)
  timer.del()
  assert.is(timer.pending, false)
  assert.is(sim.quiet, true)
  timer.mod(5)
  sim.run()
  assert.equal(fired, [6 * JIFFY])
})

test('a timer of high resolution keeps its first time until it has run', () => {
  const world = new World()
  const { sim } = world
  const fired: number[] = []
  const timer = new HrTimer(sockOf(world), () => fired.push(sim.now), 'timer')
  timer.start(1500)
  timer.start(900)
  sim.run()
  assert.equal(fired, [1500])
  assert.is(timer.cancel(), false)
})

test.run()
