/**
 * etcd through the typed API and over HTTP: with curl the gateway answers as recorded from etcd 3.4.23 (test/data/etcd/gateway.txt),
 * heads included; its clock is another one.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { processesOf } from '../../lib/app/process.js'
import { createWorld, type Netns } from '../../lib/index.js'

const test = suite('etcd/lab')
const S = 1_000_000_000

const setup = () => {
  const world = createWorld()
  world.sh(`
    ip netns add h1
    ip netns add store
    ip -n h1 link add eth0 type veth peer name eth0 netns store
    ip -n h1 link set eth0 up
    ip -n store link set eth0 up
    ip -n h1 addr add 10.0.0.1/24 dev eth0
    ip -n store addr add 10.0.0.2/24 dev eth0
  `)
  const [h1, store] = [world.netns('h1'), world.netns('store')]
  const etcd = store.etcd({ listenClientUrls: ['http://0.0.0.0:2379'], dataDir: '/var/lib/etcd' })
  return { world, h1, store, etcd }
}

test('a client puts, reads, watches and leases; a dead member makes calls wait', () => {
  const { world, h1, store, etcd } = setup()
  const client = h1.etcdClient({ endpoints: ['http://10.0.0.2:2379'] })
  const events: string[] = []
  client.watch('/', { prefix: true }, told => {
    for (const { type, kv } of told) events.push(`${type} ${kv.key}`)
  })
  const lease = client.grant(5)
  world.run({ for: S })
  const id = lease.response!.id
  client.put('/a', 'ä', { lease: id })
  const refused = client.put('/b', '', { lease: '77' })
  world.run({ for: S })
  assert.is(refused.error, 'etcdserver: requested lease not found')
  const got = client.get('/', { prefix: true })
  world.run({ for: S })
  assert.equal(got.response!.kvs, [{ key: '/a', value: 'ä', createRevision: 2, modRevision: 2, version: 1, lease: id }])
  etcd.killHard()
  assert.is(etcd.exitStatus, 137)
  const waiting = client.put('/c', '')
  world.run({ for: S })
  assert.is(waiting.isDone, false)
  store.etcd({ listenClientUrls: ['http://0.0.0.0:2379'], dataDir: '/var/lib/etcd' })
  world.run({ for: 3 * S })
  assert.equal(waiting.response, { revision: 3, prevKv: null })
  world.run({ for: 5 * S })
  assert.equal(events, ['PUT /a', 'PUT /c', 'DELETE /a'])
  assert.throws(() => store.etcd({ listenClientUrls: ['https://0.0.0.0:1'] }), /no TLS/)
  assert.throws(() => store.etcd({ listenClientUrls: ['http://0.0.0.0:2379'] }), /Address already in use/)
  assert.throws(() => h1.etcdClient({ endpoints: ['etcd.local:2379'] }), /no names/)
})

test('an etcd that cannot start leaves nothing that listens', () => {
  const { world, h1 } = setup()
  h1.files.write('/data', '')
  h1.link.set('lo', { up: true })
  const start = (dataDir: string) => () => h1.etcd({ listenClientUrls: ['http://127.0.0.1:2379'], dataDir })
  assert.throws(start('etcd.data'), /^etcd: data-dir: etcd.data must begin with \/: there is no working directory$/)
  assert.throws(start('/data/x'), /^etcd: error listing data dir: \/data\/x$/)
  h1.files.write('/broken/member/wal/0.wal', 'no log at all, but long enough for a record')
  assert.throws(
    start('/broken'),
    /^etcd: read wal error: \/broken\/member\/wal\/0.wal: .*; remove \/broken to start without its data$/,
  )
  const { stderr } = world.sh('# may-fail\nip netns exec h1 etcd --data-dir /data/x')
  assert.match(stderr, /C \| etcdmain: error listing data dir: \/data\/x$/m)
  assert.equal(h1.ss({ state: 'listening' }), [])
  h1.etcd({ listenClientUrls: ['http://127.0.0.1:2379'], dataDir: '/other' })
  world.run({ for: S })
})

test('options of etcd of a wrong kind are refused by name', () => {
  const { h1 } = setup()
  const refused: readonly (readonly [object, RegExp])[] = [
    [{ name: 5 }, /^etcd: name: 5 is not a text$/],
    [{ listenClientUrls: 'http://127.0.0.1:1' }, /^etcd: listenClientUrls: http:.* is not a list of texts$/],
    [{ listenClientUrls: ['http://127.0.0.1:70000'] }, /^etcd: listen-client-urls: .*: port 70000 is above 65535$/],
    [
      { listenClientUrls: ['http://192.0.2.1:1'] },
      /^etcd: listen-client-urls: http:\/\/192.0.2.1:1: Cannot assign requested address$/,
    ],
  ]
  for (const [options, text] of refused) assert.throws(() => h1.etcd(options), text)
  const client = h1.etcdClient({ endpoints: ['http://10.0.0.2:2379'] })
  assert.throws(() => client.put('a', { x: 1 } as never), /^etcdClient.put: value: .* is not a text$/)
})

test('of a connection without a word the client is probed every 30 s and etcd every 15 s, as recorded', () => {
  const { world, h1, store } = setup()
  h1.etcdClient({ endpoints: ['http://10.0.0.2:2379'] }).watch('/', {}, () => {})
  world.run({ for: S })
  const [toEtcd, toClient] = ['dst port 2379', 'src port 2379'].map(filter =>
    world.capture({ dev: store.dev('eth0'), filter }),
  )
  const probesOf = (seconds: number): number[] => {
    const before = [toEtcd, toClient].map(seen => seen!.frames.length)
    world.run({ for: seconds * S })
    return [toEtcd, toClient].map((seen, i) => seen!.frames.length - before[i]!)
  }
  // each probe and its answer
  assert.equal(probesOf(13), [0, 0])
  assert.equal(probesOf(2), [1, 1])
  assert.equal(probesOf(13), [0, 0])
  assert.equal(probesOf(2), [2, 2])
  assert.equal(probesOf(13), [0, 0])
  assert.equal(probesOf(2), [1, 1])
})

const RECORDED = readFileSync(new URL('../data/etcd/gateway.txt', import.meta.url), 'utf8')

test('curl hears from the gateway what it heard from etcd', () => {
  const { world, h1, etcd } = setup()
  const [endpoint] = etcd.endpoints
  assert.is(endpoint, '0.0.0.0:2379')
  const leases: string[][] = [[], []]
  const mask = (text: string, side: number): string =>
    text
      .replace(/^Date: .*$/m, 'Date: NOW')
      .replace(/"TTL":"5\d","g/, '"TTL":"LEFT","g')
      .replace(/7587\d{15}/g, id => {
        if (!leases[side]!.includes(id)) leases[side]!.push(id)
        return `LEASE${leases[side]!.indexOf(id)}`
      })
  for (const entry of RECORDED.split(/^## /m).slice(1)) {
    const [first = '', ...rest] = entry.split('\n')
    const [, path = '', data] = /^(\S+) ?(.*)$/.exec(first)!
    const curl = h1.curl(`http://10.0.0.2:2379${path}`, data === '' ? {} : { data: data!, method: 'POST' })
    world.run({ for: S })
    const expected = rest.join('\n')
    // A transfer that goes on has told its body only.
    const isOpen = curl.isRunning
    const told = isOpen ? curl.text : `${curl.headers.join('\n')}\n\n${curl.text}`
    const wanted = isOpen ? expected.slice(expected.indexOf('\n\n') + 2) : expected
    const length = (text: string): string => text.replace(/^Content-Length: .*$/m, '')
    assert.is(length(mask(told, 1)).trimEnd(), length(mask(wanted, 0)).trimEnd(), first)
    curl.kill()
  }
})

const REFUSED: readonly {
  readonly name: string
  readonly call: (netns: Netns) => unknown
  readonly says: RegExp
}[] = [
  {
    name: 'an unknown option of etcd',
    call: h => h.etcd({ listenClientURLs: [] } as object),
    says: /^etcd: unknown option "listenClientURLs"; known are name, /,
  },
  {
    name: 'an address that the host does not have',
    call: h => h.etcd({ listenClientUrls: ['http://9.9.9.9:2379'] }),
    says: /^etcd: listen-client-urls: http:.*: Cannot assign requested address$/,
  },
  {
    name: 'a client without endpoints',
    call: h => h.etcdClient({} as { endpoints: string[] }),
    says: /^etcdClient: endpoints: undefined is not a list of texts$/,
  },
  {
    name: 'an empty list of endpoints',
    call: h => h.etcdClient({ endpoints: [] }),
    says: /no available endpoints/,
  },
  {
    name: 'an endpoint of another protocol',
    call: h => h.etcdClient({ endpoints: ['ftp://x'] }),
    says: /^etcd endpoint ftp:\/\/x: netloom's etcd client has no ftp; use http:\/\/$/,
  },
]

for (const { name, call, says } of REFUSED)
  test(`${name} is refused, and no program is left`, () => {
    const netns = createWorld({ seed: 1 }).addNetns('h')
    netns.link.set('lo', { up: true })
    assert.throws(() => call(netns), says)
    assert.equal(processesOf(netns.kernel), [])
    assert.equal(netns.files.toJSON(), {})
  })

test('an unknown option of a call is refused, and nothing is sent', () => {
  const world = createWorld({ seed: 1 })
  const client = world.addNetns('h').etcdClient({ endpoints: ['127.0.0.1:2379'] })
  assert.throws(() => client.get('a', { prefx: true } as object), /^etcdClient.get: unknown option "prefx"/)
  assert.throws(() => client.put('a', 'b', { ttl: 3 } as object), /^etcdClient.put: unknown option "ttl"/)
  assert.throws(() => client.watch('a', { from: 3 } as object, () => {}), /^etcdClient.watch: unknown option "from"/)
})

test.run()
