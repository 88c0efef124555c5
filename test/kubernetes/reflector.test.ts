/**
 * Watches and reflectors over the emulated network: what a program knows from events is what a list says, whatever happens to
 * links, servers and connections.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Process } from '../../lib/app/process.js'
import { Context } from '../../lib/app/thread.js'
import type { Node } from '../../lib/kubernetes/api/node.js'
import { kubeApiserver } from '../../lib/kubernetes/apiserver/kube-apiserver.js'
import { isReason } from '../../lib/kubernetes/apimachinery/status.js'
import { KubeClient } from '../../lib/kubernetes/client/client.js'
import { NetworkError } from '../../lib/app/go-net.js'
import { kubeconfigServer, serverOf } from '../../lib/kubernetes/client/kubeconfig.js'
import { Informer } from '../../lib/kubernetes/client/reflector.js'
import { fsOf } from '../../lib/fs/file-system.js'
import { octetsOf } from '../../lib/app/text.js'
import { linkSet } from '../../lib/rtnl/link.js'
import { Cluster, nodeNamed, SECOND, SERVER } from './lab.js'

const test = suite('kubernetes/reflector')

const follow = (cluster: Cluster, resyncNs?: number) => {
  const process = new Process(cluster.hosts[0]!, 'watcher')
  const client = new KubeClient(process, serverOf(SERVER))
  const log: string[] = []
  const warnings: string[] = []
  const folded = new Map<string, Node>()
  const say = (what: string, node: Node): void => {
    log.push(`${what} ${node.metadata.name}`)
  }
  const ctx = new Context()
  const informer = new Informer<Node>(
    process,
    client.nodes,
    {
      onAdd: node => {
        say('add', node)
        assert.not(folded.has(node.metadata.name), 'added once')
        folded.set(node.metadata.name, node)
      },
      onUpdate: (old, node) => {
        say('update', node)
        assert.equal(folded.get(node.metadata.name), old)
        folded.set(node.metadata.name, node)
      },
      onDelete: node => {
        say('delete', node)
        assert.ok(folded.delete(node.metadata.name), 'deleted what was there')
      },
    },
    {
      typeName: '*v1.Node',
      onWarning: (_what, text) => warnings.push(text),
      ...(resyncNs === undefined ? {} : { resyncNs }),
    },
    ctx,
  )
  informer.start()
  return { informer, log, warnings, folded, process, ctx }
}

const versions = (nodes: Iterable<Node>): string[] =>
  [...nodes].map(n => `${n.metadata.name}@${n.metadata.resourceVersion}`).sort()

test('a reflector lists, then watches; the world comes to rest beside it', () => {
  const cluster = new Cluster()
  cluster.call(function* (_, { nodes }) {
    yield* nodes.create(nodeNamed('n1'))
  })
  const { log, informer } = follow(cluster)
  cluster.world.run()
  assert.ok(informer.hasSynced)
  cluster.call(function* (_, { nodes }) {
    yield* nodes.create(nodeNamed('n2'))
    yield* nodes.patch('n1', 'merge', { metadata: { labels: { a: 'b' } } })
    yield* nodes.delete('n2')
  })
  cluster.world.run()
  assert.equal(log, ['add n1', 'add n2', 'update n1', 'delete n2'])
  assert.is(informer.resourceVersion, '5')
})

test('a reflector starts before its server, and says in Go’s words why it has nothing', () => {
  const cluster = new Cluster()
  cluster.api.process.exit(0)
  const { warnings, informer } = follow(cluster)
  cluster.world.run({ for: 5 * SECOND })
  const why = `Get "${SERVER}/api/v1/nodes?limit=500&resourceVersion=0": dial tcp 10.0.0.1:6443: connect: connection refused`
  assert.equal(warnings.slice(0, 2), [
    `failed to list *v1.Node: ${why}`,
    `Failed to watch *v1.Node: failed to list *v1.Node: ${why}`,
  ])
  // 0.8 to 1.6 s, then 1.6 to 3.2 s, ...
  assert.ok(warnings.length >= 4 && warnings.length <= 8, `${warnings.length}`)
  cluster.api = kubeApiserver(cluster.m)
  cluster.world.run({ for: 20 * SECOND })
  assert.ok(informer.hasSynced)
})

test('what was missed while a link was down comes when it is up again', () => {
  const cluster = new Cluster(2)
  const { log } = follow(cluster)
  cluster.world.run({ for: SECOND })
  const port = cluster.world.netns('sw').dev('h1')
  linkSet(port, { up: false })
  cluster.call(function* (_, { nodes }) {
    yield* nodes.create(nodeNamed('n1'))
  }, cluster.hosts[1])
  cluster.world.run({ for: 60 * SECOND })
  assert.equal(log, [])
  linkSet(port, { up: true })
  cluster.world.run({ for: 130 * SECOND })
  assert.equal(log, ['add n1'])
})

test('everything is said again after the time of a resync', () => {
  const cluster = new Cluster()
  cluster.call(function* (_, { nodes }) {
    yield* nodes.create(nodeNamed('n1'))
  })
  const { log } = follow(cluster, 300 * SECOND)
  cluster.world.run({ for: 301 * SECOND })
  assert.equal(log, ['add n1', 'update n1'])
})

test('calls: refusals are the server’s Status, and what can’t be reached is Go’s text', () => {
  const cluster = new Cluster()
  cluster.call(function* (_, client) {
    const { nodes } = client
    const created = yield* nodes.create(nodeNamed('n1', '10.244.1.0/24'))
    try {
      yield* nodes.get('x')
      assert.unreachable()
    } catch (e) {
      assert.ok(isReason(e, 'NotFound'))
      assert.is((e as Error).message, 'nodes "x" not found')
    }
    const status = { conditions: [{ type: 'Ready', status: 'True' }] }
    const changed = yield* nodes.updateStatus({ ...created, spec: {}, status } as Node)
    assert.is(changed.spec.podCIDR, '10.244.1.0/24', 'the status path leaves the spec alone')
    try {
      yield* nodes.update({ ...created, metadata: { ...created.metadata, labels: { a: 'b' } } })
      assert.unreachable()
    } catch (e) {
      assert.ok(isReason(e, 'Conflict'))
    }
    const again = yield* nodes.patch(
      'n1',
      'strategic',
      { status: { conditions: [{ type: 'NetworkUnavailable', status: 'False' }] } },
      { subresource: 'status' },
    )
    assert.equal(
      again.status.conditions?.map(c => `${c.type}=${c.status}`),
      ['Ready=True', 'NetworkUnavailable=False'],
    )
    assert.equal(
      (yield* nodes.list()).items.map(n => n.metadata.name),
      ['n1'],
    )
    assert.is((yield* nodes.delete('n1'))['status'], 'Success')
  })
  cluster.api.process.exit(0)
  try {
    cluster.call(function* (_, { nodes }) {
      yield* nodes.get('x')
    })
    assert.unreachable()
  } catch (e) {
    assert.ok(e instanceof NetworkError && e.isConnectionRefused)
    assert.is(e.message, `Get "${SERVER}/api/v1/nodes/x": dial tcp 10.0.0.1:6443: connect: connection refused`)
  }
})

test('a kubeconfig in JSON names the server; TLS, names and other YAML are refused', () => {
  const cluster = new Cluster()
  const fs = fsOf(cluster.m)
  const config = (server: string) => ({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: '' } }],
    clusters: [{ name: 'k', cluster: { server } }],
  })
  const write = (text: string): void => fs.writeFile('/etc/kubeconfig', octetsOf(text))
  write(JSON.stringify(config(SERVER)))
  assert.equal(kubeconfigServer(fs, '/etc/kubeconfig'), { url: SERVER, address: '10.0.0.1', port: 6443 })
  write(JSON.stringify(config('https://10.0.0.1:6443')))
  assert.throws(() => kubeconfigServer(fs, '/etc/kubeconfig'), /no TLS/)
  write('apiVersion: v1\n')
  assert.throws(() => kubeconfigServer(fs, '/etc/kubeconfig'), /JSON/)
  assert.throws(() => serverOf('http://api.example.com:6443'), /resolves no names/)
})

const EVENT = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('create', 'label', 'delete'), node: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('down', 'up', 'restart'), node: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), node: fc.integer({ min: 1, max: 20 }) }) },
)

test('events folded over a list are a later list, through partitions and restarts of the server (seed 1)', () => {
  fc.assert(
    fc.property(fc.array(EVENT, { minLength: 5, maxLength: 40 }), events => {
      const cluster = new Cluster(2, 7)
      const { informer, folded, process } = follow(cluster)
      const port = cluster.world.netns('sw').dev('h1')
      for (const [i, event] of events.entries()) {
        const registry = cluster.api.registries.get('nodes')!
        const name = `n${event.node}`
        const exists = registry.list().some(n => n.metadata.name === name)
        if (event.do === 'create' && !exists) registry.create(registry.decode(nodeNamed(name)).object)
        else if (event.do === 'delete' && exists) registry.delete(name)
        else if (event.do === 'label' && exists)
          registry.patch(name, 'application/merge-patch+json', { metadata: { labels: { i: `${i}` } } })
        else if (event.do === 'down' || event.do === 'up') linkSet(port, { up: event.do === 'up' })
        else if (event.do === 'restart') {
          cluster.api.process.exit(0)
          cluster.world.run({ for: 3 * SECOND })
          cluster.api = kubeApiserver(cluster.m)
        } else if (event.do === 'wait') cluster.world.run({ for: event.node * SECOND })
        cluster.world.run({ for: 100_000_000 })
      }
      linkSet(port, { up: true })
      cluster.world.run({ for: 400 * SECOND })
      const listed = versions(cluster.api.registries.get('nodes')!.list() as Node[])
      assert.equal(versions(informer.list()), listed)
      assert.equal(versions(folded.values()), listed)
      process.exit(0)
    }),
    { seed: 1, numRuns: 60 },
  )
})

test.run()
