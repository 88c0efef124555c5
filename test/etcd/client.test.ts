/**
 * A client of etcd over the network, and what becomes of it when the member is killed and started again. What is expected
 * is what clientv3 and etcd 3.4.23 do on a real host.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Process } from '../../lib/app/process.js'
import { Context, spawn, sleep, type Thread } from '../../lib/app/thread.js'
import { type ClientWatchResponse, EtcdClient } from '../../lib/etcd/clientv3.js'
import { type EtcdProcess, startEtcd } from '../../lib/etcd/server.js'
import { Lab } from '../app/lab.js'

const test = suite('etcd/client')
const S = 1_000_000_000
const MS = 1_000_000
const text = (octets: Uint8Array): string => Buffer.from(octets).toString()

const setup = () => {
  const lab = new Lab()
  const start = (): EtcdProcess =>
    startEtcd(lab.h2, { listenClientUrls: ['http://10.0.0.2:2379'], dataDir: '/var/lib/etcd' })
  const program = new Process(lab.h1, 'program')
  const client = new EtcdClient(program, { endpoints: ['http://10.0.0.2:2379'] })
  const log: string[] = []
  const say = (line: string): void => {
    log.push(line)
  }
  const run = (body: () => Thread): void => {
    spawn(program, body)
  }
  return { lab, start, program, client, log, say, run, world: lab.world }
}

/** `PUT key=value@revision` or `DELETE key@revision`. */
const eventText = ({ events }: ClientWatchResponse): string =>
  events
    .map(
      ({ type, kv }) =>
        (type === 0 ? `PUT ${text(kv.key)}=${text(kv.value)}` : `DELETE ${text(kv.key)}`) + `@${kv.modRevision}`,
    )
    .join(' ')

test('keys are put, read, deleted; a transaction creates a key once', () => {
  const { start, client, world, log, say, run } = setup()
  start()
  const create = (value: string) =>
    client.txn({
      compare: [{ key: '/s/1', target: 'version', result: '=', value: 0 }],
      success: [{ op: 'put', key: '/s/1', value }],
    })
  run(function* () {
    const put = yield* client.put('/config', 'x')
    say(`put ${put.header.revision}`)
    const got = yield* client.get('/config')
    say(`${got.count} ${text(got.kvs[0]!.key)}=${text(got.kvs[0]!.value)} v${got.kvs[0]!.version}`)
    say(`${(yield* create('a')).succeeded}`)
    say(`${(yield* create('b')).succeeded}`)
    yield* client.put('/s/2', 'y')
    const all = yield* client.get('/s/', { prefix: true })
    say(all.kvs.map(kv => `${text(kv.key)}=${text(kv.value)}@${kv.modRevision}`).join(' '))
    const deleted = yield* client.delete('/s', { prefix: true, prevKv: true })
    say(`deleted ${deleted.deleted} ${deleted.prevKvs.length} @${deleted.header.revision}`)
  })
  world.run()
  assert.equal(log, ['put 2', '1 /config=x v1', 'true', 'false', '/s/1=a@3 /s/2=y@4', 'deleted 2 2 @5'])
})

test('errors have the texts of etcd', () => {
  const { start, client, world, log, say, run } = setup()
  start()
  const fails = function* (call: Thread<unknown>): Thread {
    try {
      yield* call
      say('no error')
    } catch (e) {
      say((e as Error).message)
    }
  }
  run(function* () {
    yield* client.put('a', '1')
    yield* client.put('a', '2')
    yield* client.compact(3)
    yield* fails(client.get('a', { rev: 2 }))
    yield* fails(client.get('a', { rev: 9 }))
    yield* fails(client.get(''))
    yield* fails(client.put('a', '3', { lease: 77 }))
    yield* fails(client.revoke(77))
    yield* fails(client.keepAliveOnce(77))
    yield* fails(
      client.txn({
        success: [
          { op: 'put', key: 'a', value: '' },
          { op: 'delete', key: 'a' },
        ],
      }),
    )
    yield* fails(client.put('b', '', { ignoreValue: true }))
  })
  world.run()
  assert.equal(log, [
    'etcdserver: mvcc: required revision has been compacted',
    'etcdserver: mvcc: required revision is a future revision',
    'etcdserver: key is not provided',
    'etcdserver: requested lease not found',
    'etcdserver: requested lease not found',
    'etcdserver: requested lease not found',
    'etcdserver: duplicate key given in txn request',
    'etcdserver: key not found',
  ])
})

test('a transaction that is refused has changed nothing', () => {
  const { start, client, world, log, say, run } = setup()
  start()
  run(function* () {
    yield* client.put('z', '1')
    try {
      yield* client.txn({
        success: [
          { op: 'put', key: 'a', value: '' },
          { op: 'delete', key: 'b', fromKey: true },
          { op: 'put', key: 'z', value: '', ignoreValue: true },
        ],
      })
    } catch (e) {
      say((e as Error).message)
    }
    const all = yield* client.get('', { prefix: true })
    say(`${all.header.revision} ${all.kvs.map(kv => text(kv.key))}`)
  })
  world.run()
  assert.equal(log, ['etcdserver: key not found', '2 z'])
})

test('a watch tells the past from its revision on and then the present; what is compacted ends it', () => {
  const { start, client, world, log, say, run } = setup()
  start()
  run(function* () {
    yield* client.put('/s/1', 'a')
    yield* client.put('/t', 'b')
    yield* client.put('/s/2', 'c')
    yield* client.delete('/s/1')
    const watch = client.watch('/s', { prefix: true, rev: 2 })
    const past = yield* watch.responses.recv()
    say(`past ${eventText(past!)}`)
    yield* client.txn({
      success: [
        { op: 'put', key: '/s/3', value: 'd' },
        { op: 'put', key: '/s/4', value: 'e' },
      ],
    })
    say(`now ${eventText((yield* watch.responses.recv())!)}`)
    watch.cancel()
    yield* client.compact(4)
    const late = client.watch('/s', { prefix: true, rev: 2 })
    const ended = (yield* late.responses.recv())!
    say(`${ended.canceled} ${ended.compactRevision} ${ended.error!.message}`)
    say(`${yield* late.responses.recv()}`)
  })
  world.run()
  assert.equal(log, [
    'past PUT /s/1=a@2 PUT /s/2=c@4 DELETE /s/1@5',
    'now PUT /s/3=d@6 PUT /s/4=e@6',
    'true 4 etcdserver: mvcc: required revision has been compacted',
    'null',
  ])
})

test('a lease of 4 s takes its key with it 4.0 to 4.5 s later, at the next look of the lessor', () => {
  const { start, client, world, log, say, run } = setup()
  start()
  const times: number[] = []
  client.watch('/s', { prefix: true }, response => {
    say(eventText(response))
    times.push(world.now)
  })
  run(function* () {
    const { ID, TTL } = yield* client.grant(4)
    yield* client.put('/s/1', 'a', { lease: ID })
    const left = yield* client.timeToLive(ID, { keys: true })
    say(`TTL ${TTL}, ${left.TTL} of ${left.grantedTTL}, ${left.keys.map(text)}`)
    yield* sleep(6 * S)
    say(`TTL ${(yield* client.timeToLive(ID)).TTL}`)
  })
  world.run({ for: 8 * S })
  assert.equal(log, ['PUT /s/1=a@2', 'TTL 4, 3 of 4, /s/1', 'DELETE /s/1@3', 'TTL -1'])
  const after = (times[1]! - times[0]!) / S
  assert.ok(after >= 3.9 && after <= 4.6, `${after}`)
})

test('a killed member has its data, leases and revisions again; a watch goes on where it was', () => {
  const { start, client, world, log, say, run } = setup()
  const first = start()
  let lease: number | bigint = 0
  client.watch('/s', { prefix: true }, response => say(eventText(response)))
  run(function* () {
    lease = (yield* client.grant(10)).ID
    yield* client.put('/s/1', 'a', { lease })
    yield* client.put('/s/2', 'b')
  })
  world.run({ for: S })
  const term = first.server.raftTerm
  first.killHard()
  world.run({ for: 3 * S })
  const second = start()
  assert.is(second.server.raftTerm, term + 1)
  assert.is(second.server.memberId, first.server.memberId)
  run(function* () {
    const all = yield* client.get('/s', { prefix: true })
    say(all.kvs.map(kv => `${text(kv.key)}=${text(kv.value)}@${kv.modRevision} ${kv.lease === lease}`).join(' '))
    yield* client.put('/s/3', 'c')
  })
  world.run({ for: 3 * S })
  assert.equal(log, ['PUT /s/1=a@2', 'PUT /s/2=b@3', '/s/1=a@2 true /s/2=b@3 false', 'PUT /s/3=c@4'])
  // The new leader gives every lease its whole time again, and its election timeout on top.
  world.run({ for: 5 * S })
  assert.is(log.length, 4)
  world.run({ for: 5 * S })
  assert.is(log[4], 'DELETE /s/1@5')
})

test('without a member calls wait until there is one, and attempts to connect are 1, 1.6, 2.56 s apart, give or take a fifth', () => {
  const { start, client, lab, world, say, log, run } = setup()
  run(function* () {
    say(`get ${(yield* client.get('x')).count}`)
  })
  const syns: number[] = []
  const tap = lab.h2
  const before = tap.accounting().entered
  for (let t = 0; t < 6000; t += 50) {
    const was = tap.accounting().entered
    world.run({ for: 50 * MS })
    if (tap.accounting().entered > was) syns.push(t)
  }
  assert.ok(tap.accounting().entered > before)
  assert.equal(log, [])
  start()
  world.run({ for: 6 * S })
  assert.equal(log, ['get 0'])
  const gaps = syns
    .filter(t => t > 100)
    .map((t, i, all) => (i === 0 ? t : t - all[i - 1]!))
    .filter(gap => gap > 100)
  for (const [i, base] of [1000, 1600, 2560].entries()) {
    if (gaps[i] !== undefined) assert.ok(gaps[i]! >= base * 0.8 - 50 && gaps[i]! <= base * 1.2 + 50, `${gaps}`)
  }
})

test('a killed program is gone: its connection ends, nothing is tried again, its watches are forgotten', () => {
  const { start, client, program, lab, world, run } = setup()
  const etcd = start()
  run(function* () {
    client.watch('/', { prefix: true })
    yield* client.put('/a', '')
  })
  world.run({ for: S })
  program.killHard()
  world.run({ for: S })
  const before = lab.h2.accounting().entered
  etcd.server.put({ key: Buffer.from('/b') })
  world.run({ for: 30 * S })
  assert.is(lab.h2.accounting().entered, before)
})

test('one of several endpoints is enough; a data directory belongs to one member at a time', () => {
  const { start, lab, program, log, say, run, world } = setup()
  start()
  const client = new EtcdClient(program, { endpoints: ['10.0.0.2:1', 'http://10.0.0.2:2379'] })
  run(function* () {
    for (let i = 0; i < 3; i++) say(`${(yield* client.put('/a', '')).header.revision}`)
  })
  world.run()
  assert.equal(log, ['2', '3', '4'])
  assert.throws(
    () => startEtcd(lab.h2, { listenClientUrls: ['http://10.0.0.2:2380'], dataDir: '/var/lib/etcd' }),
    /another etcd process is using "\/var\/lib\/etcd\/member\/snap\/db" and holds the file lock/,
  )
})

test('a context gives up a call, and so does a limit of time', () => {
  const { client, world, log, say, run } = setup()
  const ctx = new Context()
  const began = world.now
  run(function* () {
    try {
      yield* client.get('x', { ctx })
    } catch (e) {
      say((e as Error).message)
    }
    try {
      yield* client.get('x', { timeoutNs: 5 * S })
    } catch (e) {
      say(`${(e as Error).message} ${(world.now - began) / S}`)
    }
  })
  run(function* () {
    yield* sleep(S)
    ctx.cancel()
  })
  world.run({ for: 10 * S })
  assert.equal(log, ['context canceled', 'context deadline exceeded 6'])
})

test('a lease that is kept alive outlives its time, and ends when nobody keeps it', () => {
  const { start, client, world, log, say, run } = setup()
  start()
  run(function* () {
    const { ID } = yield* client.grant(3)
    let n = 0
    const kept = client.keepAlive(
      ID,
      () => n++,
      () => say('closed'),
    )
    yield* sleep(10 * S)
    say(`left ${(yield* client.timeToLive(ID)).TTL >= 1} renewed ${n >= 6 && n <= 11}`)
    kept.cancel()
    yield* sleep(5 * S)
    say(`left ${(yield* client.timeToLive(ID)).TTL}`)
  })
  world.run({ for: 20 * S })
  assert.equal(log, ['left true renewed true', 'left -1'])
})

test.run()
