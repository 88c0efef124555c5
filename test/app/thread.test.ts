/** Threads of a program: order, waiting, ending; and what idle sleeps mean for a quiet world. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { exec } from '../../lib/app/exec.js'
import { Process } from '../../lib/app/process.js'
import { Chan, Context, firstOf, Future, sleep, slept, spawn, type Thread, wait } from '../../lib/app/thread.js'
import { boot } from '../../lib/lab/boot.js'

const test = suite('app/thread')
const MS = 1_000_000

const setup = () => {
  const world = boot({}, [])
  const process = new Process(world.addNetns('h1'), 'prog', () => {})
  const log: string[] = []
  const say = (text: string): void => {
    log.push(`${world.now / MS} ${text}`)
  }
  return { world, process, log, say }
}

test('threads wait and go on in the order in which they were woken', () => {
  const { world, process, log, say } = setup()
  const body = (name: string, ms: number) =>
    function* (): Thread {
      for (let i = 0; i < 2; i++) {
        say(`${name}${i}`)
        yield* sleep(ms * MS)
      }
    }
  spawn(process, body('a', 2))
  spawn(process, body('b', 1))
  world.run()
  assert.equal(log, ['0 a0', '0 b0', '1 b1', '2 a1'])
})

test('a channel hands over in order, and ends', () => {
  const { world, process, log, say } = setup()
  const chan = new Chan<number>()
  spawn(process, function* () {
    for (;;) {
      const value = yield* chan.recv()
      say(`${value}`)
      if (value === null) return
    }
  })
  spawn(process, function* () {
    chan.push(1)
    chan.push(2)
    yield* sleep(MS)
    chan.push(3)
    chan.close()
    chan.push(4)
  })
  world.run()
  assert.equal(log, ['0 1', '0 2', '1 3', '1 null'])
})

test('what comes first counts, the other waits are taken back', () => {
  const { world, process, log, say } = setup()
  const chan = new Chan<string>()
  const context = new Context()
  spawn(process, function* () {
    const a = yield* wait(firstOf({ value: chan.next, late: slept(5 * MS), done: context.done }))
    say(`${a.which} ${a.value}`)
    const b = yield* wait(firstOf({ value: chan.next, late: slept(5 * MS), done: context.done }))
    say(`${b.which}`)
    const c = yield* wait(firstOf({ value: chan.next, done: context.done }))
    say(`${c.which}`)
    say(`${yield* chan.recv()}`)
  })
  world.sim.schedule(2 * MS, () => chan.push('x'), null)
  world.sim.schedule(9 * MS, () => context.cancel(), null)
  world.sim.schedule(10 * MS, () => chan.push('kept'), null)
  world.run()
  assert.equal(log, ['2 value x', '7 late', '9 done', '10 kept'])
})

test('a future wakes all who wait, and later ones at once', () => {
  const { world, process, log, say } = setup()
  const future = new Future<number>()
  for (const name of ['a', 'b'])
    spawn(process, function* () {
      say(`${name} ${yield* wait(future.done)}`)
      say(`${name} ${yield* wait(future.done)}`)
    })
  world.sim.schedule(MS, () => future.set(7), null)
  world.run()
  assert.equal(log, ['1 a 7', '1 b 7', '1 a 7', '1 b 7'])
})

test('threads end with their process, wherever they are', () => {
  const { world, process, log, say } = setup()
  spawn(process, function* () {
    yield* sleep(MS)
    say('before')
    process.exit(3)
    say('the statement behind exit still runs, as a return would')
    yield* sleep(MS)
    say('never')
  })
  spawn(process, function* () {
    try {
      yield* sleep(10 * MS)
    } finally {
      say('never either')
    }
  })
  world.run()
  assert.is(log.length, 2)
  assert.is(process.exitStatus, 3)
  assert.ok(world.sim.quiet)
})

test('idle sleeps keep no world from being quiet, and pass like others', () => {
  const { world, process, log, say } = setup()
  spawn(process, function* () {
    for (;;) {
      yield* sleep(1000 * MS, { idle: true })
      say('tick')
    }
  })
  world.run()
  assert.equal(log, [])
  assert.ok(world.sim.quiet)
  world.run({ for: 2500 * MS })
  assert.equal(log, ['1000 tick', '2000 tick'])
  assert.ok(world.sim.quiet)
})

test('a program executes a command and has what it wrote', () => {
  const { world, process, log, say } = setup()
  spawn(process, function* () {
    const { status, stderr } = yield* exec(process, ['/sbin/ip', 'link', 'show', 'dev', 'eth7'], {
      netns: process.netns,
    })
    say(`${status} ${stderr}`)
    const sysctl = yield* exec(process, ['sysctl', '-n', 'net.ipv4.ip_forward'])
    say(`${sysctl.status} ${sysctl.stdout}`)
    const ping = yield* exec(process, ['ping', '-c', '1', '-W', '1', '10.9.9.9'])
    say(`${ping.status} ${ping.stderr.trim()}`)
  })
  world.run()
  assert.is(log[1], '0 0 0\n')
  assert.match(log[2]!, /Network is unreachable/)
})

test('a signal goes to the program when it handles signals', () => {
  const { process } = setup()
  process.onSignal = () => process.exit(2)
  process.kill()
  assert.is(process.exitStatus, 2)
})

test('programs end with their namespace', () => {
  const { world, process, log, say } = setup()
  spawn(process, function* () {
    for (;;) {
      yield* sleep(MS)
      say('still there')
    }
  })
  process.onSignal = () => say('asked')
  process.onExit(() => say(`${process.exitStatus}`))
  world.run({ for: MS })
  world.delNetns('h1')
  world.run({ for: 10 * MS })
  assert.equal(log, ['1 still there', '1 137'])
  assert.ok(world.sim.quiet)
})

test.run()
