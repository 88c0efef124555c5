import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetloomError } from '../../lib/errors.js'
import { Simulator } from '../../lib/sim/simulator.js'

const test = suite('sim/simulator')

interface Item {
  readonly name: string
  /** What handling it does. */
  readonly then?: () => void
}

/** A loop that logs what it handles. */
class Bench {
  readonly log: string[] = []
  readonly sim: Simulator<Item>
  constructor(stormLimit = 1000) {
    const handle = (item: Item): void => {
      this.log.push(item.name)
      item.then?.()
    }
    this.sim = new Simulator<Item>({ handle, describe: item => `dev ${item.name}` }, stormLimit)
  }

  item(name: string, then: () => void = () => {}): void {
    this.sim.enqueue({ name, then })
  }

  task(name: string, then: () => void = () => {}): void {
    const call = (): void => {
      this.log.push(name)
      then()
    }
    this.sim.task(call, null, `task ${name}`)
  }

  timer(at: number, name: string, then: () => void = () => {}): void {
    const call = (): void => {
      this.log.push(name)
      then()
    }
    this.sim.scheduleAt(at, call, null, 0, `timer ${name}`)
  }

  /** What was logged since the last call, as one line. */
  said(): string {
    return this.log.splice(0).join(' ')
  }
}

const thrown = (fn: () => void): NetloomError => {
  try {
    fn()
  } catch (e) {
    return e as NetloomError
  }
  throw new Error('nothing was thrown')
}

test('the backlog comes before tasks, tasks before timers, whatever came first', () => {
  const b = new Bench()
  b.timer(0, 'timer')
  b.task('task1', () => b.item('item3'))
  b.task('task2')
  b.item('item1', () => b.item('item2'))
  b.sim.run()
  assert.is(b.said(), 'item1 item2 task1 item3 task2 timer')
})

test('all timers of an instant run before the backlog and the tasks that they cause (TIMER_SOFTIRQ, NET_RX_SOFTIRQ)', () => {
  const b = new Bench()
  b.timer(5, 'a', () => {
    b.task('task')
    b.item('item')
    b.timer(5, 'c')
  })
  b.timer(5, 'b')
  b.timer(6, 'd')
  b.sim.run()
  assert.is(b.said(), 'a b c item task d')
  assert.is(b.sim.now, 6)
})

test('functions are given their argument and number', () => {
  const { sim } = new Bench()
  const got: [string, number, number][] = []
  const fn = (a: string, n: number): number => got.push([a, n, sim.now])
  sim.schedule(2.6, fn, 'x', 7)
  sim.task(fn, 'y')
  sim.run()
  assert.equal(got, [
    ['y', 0, 0],
    ['x', 7, 3],
  ])
})

test('run without limits ends when quiet, with the clock at the last event', () => {
  const b = new Bench()
  b.timer(3, 'a')
  assert.is(b.sim.quiet, false)
  assert.is(b.sim.run(), 3)
  assert.is(b.sim.quiet, true)
  assert.is(b.sim.run(), 3)
  assert.is(b.sim.handled, 1)
})

test('run for a time handles what is due at its end and stops the clock there', () => {
  const b = new Bench()
  b.timer(10, 'at end')
  b.timer(11, 'later')
  assert.is(b.sim.run({ for: 10 }), 10)
  assert.is(b.said(), 'at end')
  assert.is(b.sim.run({ for: 0 }), 10)
  assert.is(b.said(), '')
  assert.is(b.sim.run({ for: 100 }), 110)
  assert.is(b.said(), 'later')
  for (const time of [-1, Number.NaN]) assert.is(thrown(() => b.sim.run({ for: time })).code, 'EINVAL')
})

test('run until asks after every item, and before the first', () => {
  const b = new Bench()
  for (const name of ['1', '2', '3']) b.item(name)
  b.sim.run({ until: () => true })
  assert.is(b.said(), '')
  b.sim.run({ until: () => b.log.length === 2 })
  assert.is(b.said(), '1 2')
  b.sim.run()
  assert.is(b.said(), '3')
})

test('until within a time fails with EPENDING, the clock at the end, and lists what is pending', () => {
  const b = new Bench()
  b.timer(1_500_000_000, 'late')
  b.timer(1_000_000_001, 'soon')
  const e = thrown(() => b.sim.run({ until: () => false, within: 1_000_000_000 }))
  assert.is(e.code, 'EPENDING')
  assert.is(
    e.message,
    'time is up at 1.000000000 s and the condition does not hold; pending: \n' +
      '  1.000000001: timer soon\n  1.500000000: timer late',
  )
  assert.is(b.sim.now, 1_000_000_000)
  assert.is(b.said(), '')
  b.sim.run()
  assert.is(b.said(), 'soon late')
})

test('until that can never hold fails as soon as the loop is quiet', () => {
  const b = new Bench()
  b.timer(7, 'a')
  const e = thrown(() => b.sim.run({ until: () => false, within: 1000 }))
  assert.is(e.code, 'EPENDING')
  assert.is(e.message, 'quiet at 0.000000007 s and the condition does not hold; pending: nothing')
  assert.is(b.sim.now, 7)
})

test('what the last event within the time makes true is seen', () => {
  const b = new Bench()
  let done = false
  b.timer(10, 'a', () => {
    done = true
  })
  assert.is(b.sim.run({ until: () => done, within: 10 }), 10)
})

test('pending lists frames by place, then tasks, then timers by time, up to a number of lines', () => {
  const b = new Bench()
  b.timer(2, 'b')
  b.timer(1, 'a')
  b.task('t')
  b.item('eth0')
  assert.equal(b.sim.pending(), [
    'now: frame at dev eth0',
    'now: task t',
    '0.000000001: timer a',
    '0.000000002: timer b',
  ])
  assert.equal(b.sim.pending(3).length, 3)
  assert.equal(b.sim.pending(1), ['now: frame at dev eth0'])
  assert.is(b.sim.backlogLength, 1)
})

test('step does one item, one task, or the timers of one instant', () => {
  const b = new Bench()
  b.item('1')
  b.item('2')
  b.task('t')
  b.timer(4, 'a')
  b.timer(4, 'b')
  b.timer(5, 'c')
  const said: string[] = []
  while (b.sim.step()) said.push(b.said())
  assert.equal(said, ['1', '2', 't', 'a b', 'c'])
  assert.is(b.sim.step(), false)
})

test('nothing is scheduled in the past or beyond exact integers', () => {
  const b = new Bench()
  b.sim.run({ for: 100 })
  for (const time of [99, Number.NaN, 2 ** 53]) assert.is(thrown(() => b.timer(time, 'x')).code, 'EINVAL')
  assert.is(thrown(() => b.sim.schedule(-1, () => {}, null)).code, 'EINVAL')
  assert.ok(b.sim.quiet)
})

test('a cancelled event does not run', () => {
  const { sim } = new Bench()
  const e = sim.schedule(5, () => assert.unreachable(), null)
  assert.is(sim.cancel(e), true)
  assert.is(sim.cancel(e), false)
  assert.is(sim.run(), 0)
})

test('the outermost bhEnable drains the backlog before it returns, at any time outside softirq', () => {
  const b = new Bench()
  b.sim.bhDisable()
  b.sim.bhDisable()
  b.item('1', () => b.item('2'))
  b.sim.bhEnable()
  assert.is(b.said(), '')
  b.sim.bhEnable()
  assert.is(b.said(), '1 2')
  b.task('send', () => {
    b.sim.bhDisable()
    b.item('3')
    b.sim.bhEnable()
    b.log.push('sent')
  })
  b.sim.run()
  assert.is(b.said(), 'send 3 sent')
})

test('bhEnable inside softirq, in the handler or in a timer, leaves the backlog to the loop', () => {
  const b = new Bench()
  const send = (name: string) => (): void => {
    assert.is(b.sim.inSoftirq, true)
    b.sim.bhDisable()
    b.item(name)
    b.sim.bhEnable()
    b.log.push(`after ${name}`)
  }
  b.item('1', send('2'))
  b.timer(1, 'timer', send('3'))
  b.task('t', () => assert.is(b.sim.inSoftirq, false))
  b.sim.run()
  assert.is(b.said(), '1 after 2 2 t timer after 3 3')
})

test('the loop cannot be run from inside itself', () => {
  const b = new Bench()
  const codes: (string | undefined)[] = []
  const inner = (): void => {
    codes.push(thrown(() => b.sim.run()).code)
  }
  b.item('1', inner)
  b.timer(1, 'a', inner)
  b.sim.run()
  b.sim.bhDisable()
  inner()
  b.sim.bhEnable()
  assert.equal(codes, ['EBUSY', 'EBUSY', 'EBUSY'])
})

test('an error thrown by an event leaves the loop usable', () => {
  const b = new Bench()
  const fail = (): void => {
    throw new Error('oops')
  }
  b.item('1', fail)
  b.item('2')
  b.timer(1, 'a', fail)
  b.timer(1, 'b')
  assert.throws(() => b.sim.run(), 'oops')
  assert.is(b.sim.inSoftirq, false)
  assert.throws(() => b.sim.run(), 'oops')
  b.sim.run()
  assert.is(b.said(), '1 2 a b')
})

test('the storm guard ends a loop of frames with ESTORM, names its places, and the loop is usable afterwards', () => {
  const b = new Bench(100)
  let on = true
  const hop = (name: string, next: string) => (): void => {
    if (on) b.item(next, hop(next, name))
  }
  b.timer(1_000_000_000, 'start', hop('br1', 'br0'))
  const e = thrown(() => b.sim.run())
  assert.is(e.code, 'ESTORM')
  assert.is(
    e.message,
    'more than 100 events at 1.000000000 s without the clock moving: a loop through dev br0, dev br1',
  )
  assert.equal(e.context, { now: 1_000_000_000, limit: 100, places: ['dev br0', 'dev br1'] })
  on = false
  assert.is(b.sim.inSoftirq, false)
  b.said()
  b.sim.run()
  // The frame at which the guard stopped was not lost.
  assert.is(b.said(), 'br0')
  b.item('later')
  b.timer(b.sim.now + 1, 'and later')
  b.sim.run()
  assert.ok(b.sim.quiet)
  assert.is(b.said(), 'later and later')
})

test('the storm guard sees loops of tasks, of timers without delay, and of frames in bhEnable', () => {
  const again: Record<string, (b: Bench) => void> = {
    'task t': b => b.task('t', () => again['task t']!(b)),
    'timer x': b => b.timer(0, 'x', () => again['timer x']!(b)),
    'dev f': b => b.item('f', () => again['dev f']!(b)),
  }
  for (const [place, start] of Object.entries(again)) {
    const b = new Bench(50)
    const e = thrown(() => {
      b.sim.bhDisable()
      start(b)
      b.sim.bhEnable()
      b.sim.run()
    })
    assert.is(e.code, 'ESTORM')
    assert.equal(e.context['places'], [place])
  }
})

test('many events are no storm while the clock moves', () => {
  const b = new Bench(10)
  for (let at = 0; at < 1000; at++) for (let i = 0; i < 10; i++) b.timer(at, '')
  b.sim.run()
  assert.is(b.sim.handled, 10_000)
})

test.run()
