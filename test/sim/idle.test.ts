/** Housekeeping keeps no world from being quiet, and neither does what comes of it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Simulator } from '../../lib/sim/simulator.js'

const test = suite('sim/idle')

const setup = () => {
  const log: string[] = []
  const sim = new Simulator<object>({ handle: () => log.push(`${sim.now} item`), describe: () => 'x' }, 1000)
  const say = (what: string) => () => log.push(`${sim.now} ${what}`)
  return { sim, log, say }
}

test('run() leaves idle events where they are, run({ for }) runs them', () => {
  const { sim, log, say } = setup()
  sim.idle(sim.schedule(5, say('idle'), null))
  sim.schedule(3, say('busy'), null)
  assert.is(sim.run(), 3)
  assert.ok(sim.quiet)
  assert.equal(log, ['3 busy'])
  sim.run({ for: 10 })
  assert.equal(log, ['3 busy', '5 idle'])
})

test('what an idle event schedules is idle, by way of tasks and items too', () => {
  const { sim, log, say } = setup()
  const event = sim.schedule(
    5,
    () => {
      sim.schedule(1, say('from the timer'), null)
      sim.task(() => sim.schedule(2, say('from its task'), null), null)
      sim.enqueue({})
    },
    null,
  )
  sim.idle(event)
  sim.schedule(7, say('busy'), null)
  assert.is(sim.run(), 7)
  assert.equal(log, ['5 item', '6 from the timer', '7 busy', '7 from its task'])
  assert.ok(sim.quiet)
})

test('an idle event beside a busy one makes nothing idle', () => {
  const { sim, log, say } = setup()
  sim.idle(sim.schedule(5, () => sim.schedule(4, say('first'), null), null))
  sim.schedule(5, () => sim.schedule(4, say('second'), null), null)
  sim.run()
  assert.is(log.includes('9 second'), true)
  assert.ok(sim.quiet)
})

test('what is scheduled between two runs is busy', () => {
  const { sim, log, say } = setup()
  sim.idle(sim.schedule(5, say('idle'), null))
  sim.run({ for: 5 })
  sim.schedule(3, say('busy'), null)
  assert.is(sim.quiet, false)
  sim.run()
  assert.equal(log, ['5 idle', '8 busy'])
})

test('a cancelled idle event counts no longer', () => {
  const { sim, say } = setup()
  const event = sim.schedule(5, say('idle'), null)
  sim.idle(event)
  sim.idle(event)
  sim.cancel(event)
  sim.cancel(event)
  sim.schedule(1, say('busy'), null)
  assert.is(sim.quiet, false)
  sim.run()
  assert.ok(sim.quiet)
})

test.run()
