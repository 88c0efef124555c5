/**
 * The store, transactions, leases and watches against what etcd 3.4.23 answered: random requests to its JSON gateway, recorded
 * with the answers (test/data/etcd/operations.jsonl), and random changes with watches of the past and the present, with all
 * that each watch was told, response by response (watches.jsonl).
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { World } from '../../lib/core/world.js'
import { marshalJson, unmarshalJson } from '../../lib/etcd/embed/jsonpb.js'
import { UNARY_ROUTES } from '../../lib/etcd/embed/routes.js'
import { clusterIdOf, memberIdOf } from '../../lib/etcd/etcdserver/id.js'
import { EtcdServer } from '../../lib/etcd/etcdserver/v3-server.js'
import { ServerWatchStream } from '../../lib/etcd/etcdserver/watch-stream.js'
import { WATCH_REQUEST, WATCH_RESPONSE } from '../../lib/etcd/rpc-proto.js'
import { EtcdError } from '../../lib/etcd/rpctypes.js'

const test = suite('etcd/store')
const MS = 1_000_000

type Json = Record<string, unknown>

const linesOf = (name: string): unknown[] =>
  readFileSync(new URL(`../data/etcd/${name}.jsonl`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as unknown)

const setup = (): { world: World; server: EtcdServer } => {
  const world = new World()
  const memberId = memberIdOf(['http://localhost:2380'], 'etcd-cluster')
  const clusterId = clusterIdOf([memberId])
  const server = new EtcdServer(world, {
    memberId,
    clusterId,
    member: { name: 'default', peerUrls: [], clientUrls: [] },
    raftTerm: 2,
    startMs: 0,
    label: 'etcd',
  })
  server.start([], { append() {} })
  return { world, server }
}

/** What the gateway answers. */
const ask = (server: EtcdServer, path: string, request: Json): Json => {
  const route = UNARY_ROUTES.find(({ paths }) => paths.includes(path))!
  try {
    const message = unmarshalJson<object>(route.request, JSON.stringify(request))
    return JSON.parse(marshalJson(route.response, route.call(server, message))) as Json
  } catch (e) {
    if (!(e instanceof EtcdError)) throw e
    return { error: e.message, message: e.message, code: e.code }
  }
}

test('random requests are answered as etcd did', () => {
  const { server } = setup()
  for (const line of linesOf('operations')) {
    const [path, request, expected] = line as [string, Json, Json]
    const answer = ask(server, path, request)
    // Which of the attached keys comes first, and how much time has passed, is another matter in each run.
    if (Array.isArray(answer['keys'])) answer['keys'] = answer['keys'].sort()
    if ('grantedTTL' in answer) answer['TTL'] = '*'
    assert.equal(answer, expected, JSON.stringify(request))
  }
})

test('watches are told what etcd told them, in the same responses', () => {
  const { world, server } = setup()
  const told: Json[][] = []
  const expected: Json[][] = []
  for (const line of linesOf('watches')) {
    if (!Array.isArray(line)) {
      expected.push((line as { told: Json[] }).told)
      continue
    }
    const [path, request] = line as [string, Json]
    if (path === '/v3/watch') {
      const own: Json[] = []
      told.push(own)
      const stream = new ServerWatchStream(world, world.rng, server, response => {
        own.push(JSON.parse(marshalJson(WATCH_RESPONSE, response)) as Json)
      })
      stream.recv(unmarshalJson(WATCH_REQUEST, JSON.stringify({ create_request: request })))
      world.run({ for: 260 * MS })
    } else {
      ask(server, path, request)
      world.run({ for: MS })
    }
  }
  world.run({ for: 300 * MS })
  assert.is(told.length, expected.length)
  for (const [i, responses] of expected.entries()) assert.equal(told[i], responses, `watch ${i}`)
})

test('identifiers of members and clusters are those of etcd', () => {
  // Of a member with etcd's defaults, and of the recorded one of the flannel cases.
  const standard = memberIdOf(['http://localhost:2380'], 'etcd-cluster')
  assert.is(standard, 10276657743932975437n)
  assert.is(clusterIdOf([standard]), 14841639068965178418n)
  const recorded = memberIdOf(['http://127.0.0.1:2380'], 'etcd-cluster')
  // Leases of that member were called 6a6c...: the lowest 16 bits of its identifier without the sign.
  assert.is(recorded & 0x7fffn, 0x6a6cn)
})

test.run()
