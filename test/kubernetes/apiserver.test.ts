/**
 * The API server over the emulated network: answers octet for octet in the form of documented transcripts of the real one.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Process } from '../../lib/app/process.js'
import { connectStream } from '../../lib/app/stream.js'
import { octetText } from '../../lib/app/octet-text.js'
import { octetsOf } from '../../lib/app/text.js'
import { kubeApiserver } from '../../lib/kubernetes/apiserver/kube-apiserver.js'
import { Cluster, nodeNamed, SECOND } from './lab.js'

const test = suite('kubernetes/apiserver')

/** Sends a request as it stands, and returns all that comes in the next seconds. */
const raw = (cluster: Cluster, request: string, seconds = 1): string => {
  let got = ''
  const process = new Process(cluster.hosts[0]!, 'nc')
  const stream = connectStream(process, '10.0.0.1', 6443, {
    onData: octets => {
      got += octetText(octets)
    },
  })
  stream?.write(octetsOf(request))
  cluster.world.run({ for: seconds * SECOND })
  process.exit(0)
  return got
}

const get = (path: string, ...headers: string[]): string =>
  `${['GET', path, 'HTTP/1.1'].join(' ')}\r\nHost: 10.0.0.1:6443\r\n${headers.map(h => `${h}\r\n`).join('')}\r\n`

const withBody = (method: string, path: string, type: string, body: unknown): string => {
  const text = JSON.stringify(body)
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${text.length}\r\n\r\n${text}`
}

const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4)
const statusOf = (answer: string): string => answer.slice(0, answer.indexOf('\r\n'))

test('an answer has the header lines of the real server in Go’s order', () => {
  const answer = raw(new Cluster(), get('/version', 'Accept: application/json'))
  const head = answer.slice(0, answer.indexOf('\r\n\r\n')).split('\r\n')
  assert.is(head[0], 'HTTP/1.1 200 OK')
  assert.equal(
    head.slice(1).map(line => line.split(':')[0]),
    ['Audit-Id', 'Cache-Control', 'Content-Type', 'Date', 'Content-Length'],
  )
  assert.match(head[1]!, /^Audit-Id: [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.is(head[2], 'Cache-Control: no-cache, private')
  assert.is(head[4], 'Date: Thu, 01 Jan 1970 00:00:02 GMT')
  assert.is(JSON.parse(bodyOf(answer)).gitVersion, 'v1.32.4')
})

test('a node that is not there is a Status in one line; curl gets it indented (kubernetes API concepts)', () => {
  const cluster = new Cluster()
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'nodes "x" not found',
    reason: 'NotFound',
    details: { name: 'x', kind: 'nodes' },
    code: 404,
  }
  const plain = raw(cluster, get('/api/v1/nodes/x'))
  assert.is(statusOf(plain), 'HTTP/1.1 404 Not Found')
  assert.is(bodyOf(plain), `${JSON.stringify(status)}\n`)
  assert.is(bodyOf(raw(cluster, get('/api/v1/nodes/x', 'User-Agent: curl/7.88.1'))), JSON.stringify(status, null, 2))
})

test('what the server has not: a page for other paths, a Status below api/v1, methods are refused', () => {
  const cluster = new Cluster()
  assert.is(bodyOf(raw(cluster, get('/apis/apps/v1/deployments'))), '404 page not found\n')
  const pods = JSON.parse(bodyOf(raw(cluster, get('/api/v1/pods'))))
  assert.equal([pods.code, pods.message, pods.details], [404, 'the server could not find the requested resource', {}])
  const put = JSON.parse(bodyOf(raw(cluster, withBody('PUT', '/api/v1/nodes', 'application/json', {}))))
  assert.equal([put.code, put.reason], [405, 'MethodNotAllowed'])
  const type = JSON.parse(bodyOf(raw(cluster, withBody('POST', '/api/v1/nodes', 'application/yaml', {}))))
  assert.equal([type.code, type.reason], [415, 'UnsupportedMediaType'])
  assert.is(bodyOf(raw(cluster, get('/healthz'))), 'ok')
})

test('a created node has uid, version, time, the taint of one that is not ready, and the fields that Go writes always', () => {
  const cluster = new Cluster()
  const answer = raw(cluster, withBody('POST', '/api/v1/nodes', 'application/json', nodeNamed('n1', '10.244.1.0/24')))
  assert.is(statusOf(answer), 'HTTP/1.1 201 Created')
  const { uid, ...metadata } = JSON.parse(bodyOf(answer)).metadata
  assert.match(uid, /^[0-9a-f-]{36}$/)
  assert.equal(metadata, { name: 'n1', resourceVersion: '2', creationTimestamp: '1970-01-01T00:00:02Z' })
  const text = bodyOf(answer).replace(uid, 'UID')
  assert.is(
    text,
    '{"kind":"Node","apiVersion":"v1","metadata":{"name":"n1","uid":"UID","resourceVersion":"2","creationTimestamp":"1970-01-01T00:00:02Z"},' +
      '"spec":{"podCIDR":"10.244.1.0/24","podCIDRs":["10.244.1.0/24"],"taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}]},' +
      '"status":{"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"","osImage":"","containerRuntimeVersion":"","kubeletVersion":"","kubeProxyVersion":"","operatingSystem":"","architecture":""}}}\n',
  )
})

test('a list names its kind and version, its items do not', () => {
  const cluster = new Cluster()
  cluster.api.registries.get('nodes')!.create(cluster.api.registries.get('nodes')!.decode(nodeNamed('n1')).object)
  const list = JSON.parse(bodyOf(raw(cluster, get('/api/v1/nodes'))))
  assert.equal([list.kind, list.apiVersion, list.metadata], ['NodeList', 'v1', { resourceVersion: '2' }])
  assert.equal(Object.keys(list.items[0]), ['metadata', 'spec', 'status'])
})

const REFUSED: readonly [string, string, unknown, number, string][] = [
  [
    'a name that is none',
    'POST /api/v1/nodes',
    nodeNamed('A_b'),
    422,
    "Node \"A_b\" is invalid: metadata.name: Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ],
  [
    'no name',
    'POST /api/v1/nodes',
    { metadata: {} },
    422,
    'Node "" is invalid: metadata.name: Required value: name or generateName is required',
  ],
  ['a name that is taken', 'POST /api/v1/nodes', nodeNamed('n1'), 409, 'nodes "n1" already exists'],
  [
    'a podCIDR that is none',
    'POST /api/v1/nodes',
    nodeNamed('n2', '10.0.0.0'),
    422,
    'Node "n2" is invalid: spec.podCIDRs[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    'another podCIDR',
    'PUT /api/v1/nodes/n1',
    nodeNamed('n1', '10.1.0.0/24'),
    422,
    'Node "n1" is invalid: spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
  ],
  [
    'an older version',
    'PUT /api/v1/nodes/n1',
    { metadata: { name: 'n1', resourceVersion: '1' } },
    409,
    'Operation cannot be fulfilled on nodes "n1": the object has been modified; please apply your changes to the latest version and try again',
  ],
  [
    'another name than the URL’s',
    'PUT /api/v1/nodes/n1',
    nodeNamed('n2'),
    400,
    'the name of the object (n2) does not match the name on the URL (n1)',
  ],
  [
    'a value of another type',
    'POST /api/v1/nodes',
    { metadata: { name: 5 } },
    400,
    'Node in version "v1" cannot be handled as a Node: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string',
  ],
]

test('what is wrong is refused in the words of the real server, and changes nothing', () => {
  const cluster = new Cluster()
  const registry = cluster.api.registries.get('nodes')!
  registry.create(registry.decode(nodeNamed('n1', '10.244.1.0/24')).object)
  for (const [what, line, body, code, message] of REFUSED) {
    const [method = '', path = ''] = line.split(' ')
    const status = JSON.parse(bodyOf(raw(cluster, withBody(method, path, 'application/json', body))))
    assert.equal([status.code, status.message], [code, message], what)
  }
  assert.is(registry.revision, 2)
})

test('a watch answers in chunks, one event in each', () => {
  const cluster = new Cluster()
  const registry = cluster.api.registries.get('nodes')!
  const create = (name: string): void => {
    registry.create(registry.decode(nodeNamed(name)).object)
  }
  create('n1')
  cluster.world.sim.schedule(SECOND / 2, () => create('n2'), null)
  cluster.world.sim.schedule(SECOND / 2, () => registry.delete('n1'), null)
  const answer = raw(cluster, get('/api/v1/nodes?watch=1&resourceVersion=1&timeoutSeconds=2'), 3)
  assert.match(answer, /Transfer-Encoding: chunked\r\n\r\n/)
  const chunks = [...bodyOf(answer).matchAll(/([0-9a-f]+)\r\n([^\r]*)\r\n/g)].map(([, size, text]) => {
    assert.is(Number.parseInt(size!, 16), text!.length)
    return text!
  })
  assert.is(chunks.pop(), '', 'ends with an empty chunk after two seconds')
  const events = chunks.map(text => JSON.parse(text))
  assert.equal(
    events.map(e => [e.type, e.object.metadata.name, e.object.metadata.resourceVersion]),
    [
      ['ADDED', 'n1', '2'],
      ['ADDED', 'n2', '3'],
      ['DELETED', 'n1', '4'],
    ],
  )
  assert.ok(chunks.every(text => text.endsWith('\n')))
})

test('a bookmark comes after a minute, with nothing but kind and version', () => {
  const answer = raw(new Cluster(), get('/api/v1/nodes?watch=1&resourceVersion=1&allowWatchBookmarks=true'), 61)
  assert.match(
    answer,
    '{"type":"BOOKMARK","object":{"kind":"Node","apiVersion":"v1","metadata":{"resourceVersion":"1","creationTimestamp":null}',
  )
})

test('a version that is gone: 410 as an event, as the watch itself has been accepted', () => {
  const cluster = new Cluster()
  const registry = cluster.api.registries.get('nodes')!
  registry.create(registry.decode(nodeNamed('n1')).object)
  cluster.api.process.exit(0)
  cluster.api = kubeApiserver(cluster.m)
  const answer = raw(cluster, get('/api/v1/nodes?watch=1&resourceVersion=1'))
  assert.is(statusOf(answer), 'HTTP/1.1 200 OK')
  assert.match(
    answer,
    '{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (2)","reason":"Expired","code":410}}\n',
  )
  assert.match(raw(cluster, get('/api/v1/nodes')), '"name":"n1"', 'objects outlive the server')
})

test('a list of a version that is still to come waits three seconds, then ends with 504', () => {
  const cluster = new Cluster()
  assert.is(raw(cluster, get('/api/v1/nodes?resourceVersion=9'), 2), '')
  const answer = raw(cluster, get('/api/v1/nodes?resourceVersion=9'), 4)
  assert.is(statusOf(answer), 'HTTP/1.1 504 Gateway Timeout')
  assert.match(answer, '"message":"Too large resource version: 9, current: 1"')
})

test('chunks of a list are of one version, whatever happens meanwhile', () => {
  const cluster = new Cluster()
  const registry = cluster.api.registries.get('nodes')!
  for (let i = 1; i <= 5; i++) registry.create(registry.decode(nodeNamed(`n${i}`)).object)
  const names: string[] = []
  let path = '/api/v1/nodes?limit=2'
  for (;;) {
    const list = JSON.parse(bodyOf(raw(cluster, get(path))))
    assert.is(list.metadata.resourceVersion, '6')
    names.push(...list.items.map((i: { metadata: { name: string } }) => i.metadata.name))
    if (names.length === 2) {
      assert.is(list.metadata.remainingItemCount, 3)
      registry.delete('n4')
    }
    if (list.metadata.continue === undefined) break
    path = `/api/v1/nodes?limit=2&continue=${list.metadata.continue}`
  }
  assert.equal(names, ['n1', 'n2', 'n3', 'n4', 'n5'])
})

test('selectors: by labels and by fields', () => {
  const cluster = new Cluster()
  const registry = cluster.api.registries.get('nodes')!
  const create = (name: string, labels: Record<string, string>): void => {
    registry.create(registry.decode({ metadata: { name, labels } }).object)
  }
  create('a', { app: 'web', tier: 'front' })
  create('b', { app: 'db' })
  create('c', {})
  const names = (query: string): string[] =>
    JSON.parse(bodyOf(raw(cluster, get(`/api/v1/nodes?${query}`)))).items.map(
      (i: { metadata: { name: string } }) => i.metadata.name,
    )
  assert.equal(names('labelSelector=app%3Dweb'), ['a'])
  assert.equal(names('labelSelector=app%21%3Dweb'), ['b', 'c'])
  assert.equal(names('labelSelector=app+in+%28web%2Cdb%29%2C%21tier'), ['b'])
  assert.equal(names('labelSelector=app+notin+%28web%29'), ['b', 'c'])
  assert.equal(names('labelSelector=app'), ['a', 'b'])
  assert.equal(names('fieldSelector=metadata.name%3Db'), ['b'])
  assert.equal(names('fieldSelector=metadata.name%21%3Db'), ['a', 'c'])
})

test('two servers on one port: the second one is refused', () => {
  const cluster = new Cluster()
  assert.throws(
    () => kubeApiserver(cluster.m),
    (e: { code?: string }) => e.code === 'EADDRINUSE',
  )
})

test.run()
