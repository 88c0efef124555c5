/**
 * kubectl against the API server over the emulated network, and the recorded transcript of the real kubectl 1.32 against the
 * same server: texts, tables, JSON, YAML and exit statuses.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { octetsOf } from '../../lib/app/text.js'
import { fsOf } from '../../lib/fs/file-system.js'
import { kubectl } from '../../lib/kubernetes/kubectl/kubectl.js'
import { Cluster, SECOND, SERVER } from './lab.js'

const test = suite('kubernetes/kubectl')
const DATA = new URL('../data/kubernetes/', import.meta.url)
const data = (name: string): string => readFileSync(new URL(name, DATA), 'utf8')

interface Recorded {
  readonly words: string[]
  readonly stdout: string
  readonly stderr: string
  readonly status: number
}

/** Words of a command as bash's printf %q wrote them. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/((?:\\.|[^\s\\])+|'')/g)].map(([word]) => word.replace(/\\(.)/g, '$1'))

const recorded = (): Recorded[] =>
  data('kubectl-1.32.txt')
    .split(/^\$ kubectl /m)
    .slice(1)
    .map(block => {
      const at = block.indexOf('\n')
      const end = block.lastIndexOf('= ')
      const lines = block.slice(at + 1, end).split('\n')
      const own = lines.filter(line => !line.startsWith('!')).join('\n')
      const stderr = lines.filter(line => line.startsWith('!')).map(line => `${line.slice(1)}\n`)
      return {
        words: wordsOf(block.slice(0, at)),
        stdout: own,
        stderr: stderr.join(''),
        status: Number(block.slice(end + 2)),
      }
    })

/** What another run does not repeat: identities, times and ages; and the number of the recorded client's own release. */
const masked = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/1970-01-01T\d\d:\d\d:\d\dZ/g, 'TIME')
    .replace(/(?<= )\d+s +/g, 'AGE ')
    .replace('Client Version: v1.32.5', 'Client Version: v1.32.4')

const prepare = (): Cluster => {
  const cluster = new Cluster()
  const fs = fsOf(cluster.hosts[0]!)
  for (const name of ['node.json', 'node2.json', 'list.json', 'pod.json', 'bad.json'])
    fs.writeFile(`/tmp/${name}`, octetsOf(data(name)))
  return cluster
}

const run = (cluster: Cluster, words: readonly string[], env: Record<string, string> = {}, stdin = '') => {
  const process = kubectl(cluster.hosts[0]!, words, { stdin: octetsOf(stdin), env })
  cluster.world.run({ until: () => process.exitStatus !== null, within: 300 * SECOND })
  return { stdout: process.stdout, stderr: process.stderr, status: process.exitStatus! }
}

test('says and leaves what the real kubectl said and left, command by command', () => {
  const cluster = prepare()
  const commands = recorded()
  assert.ok(commands.length > 120, `${commands.length}`)
  for (const { words, stdout, stderr, status } of commands) {
    const line = `kubectl ${words.join(' ')}`
    const got = run(cluster, ['--server', SERVER, ...words])
    assert.is(masked(got.stdout), masked(stdout), line)
    assert.is(masked(got.stderr), masked(stderr), line)
    assert.is(got.status, status, line)
  }
})

test('nobody listens: five attempts to learn what the server has, then one line (recorded from kubectl 1.32)', () => {
  const cluster = prepare()
  cluster.api.process.exit(0)
  const { stderr, status } = run(cluster, ['get', 'nodes', '-s', SERVER])
  const lines = stderr.trimEnd().split('\n')
  assert.is(lines.length, 6)
  for (const line of lines.slice(0, 5)) {
    assert.match(
      line,
      /^E0101 00:00:02\.\d{6} +\d+ memcache\.go:265\] "Unhandled Error" err="couldn't get current server API group list: Get /,
    )
    assert.match(
      line,
      'Get \\"http://10.0.0.1:6443/api?timeout=32s\\": dial tcp 10.0.0.1:6443: connect: connection refused"',
    )
  }
  assert.is(
    lines[5],
    'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?',
  )
  assert.is(status, 1)
})

test('where the server is: the option, KUBECONFIG, the own file, localhost', () => {
  const cluster = prepare()
  const [h1] = cluster.hosts
  const config = {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k' } }],
    clusters: [{ name: 'k', cluster: { server: SERVER } }],
  }
  assert.match(run(cluster, ['get', 'nodes']).stderr, 'The connection to the server localhost:8080 was refused')
  const fs = fsOf(h1!)
  fs.writeFile('/etc/kubeconfig', octetsOf(JSON.stringify(config)))
  assert.is(run(cluster, ['get', 'nodes'], { KUBECONFIG: '/etc/kubeconfig' }).stderr, 'No resources found\n')
  assert.is(run(cluster, ['get', 'nodes', '--kubeconfig=/etc/kubeconfig']).stderr, 'No resources found\n')
  assert.is(run(cluster, ['get', 'nodes', '--kubeconfig', '/x']).stderr, 'error: stat /x: no such file or directory\n')
  fs.mkdir('/root/.kube', { recursive: true })
  fs.rename('/etc/kubeconfig', '/root/.kube/config')
  assert.is(run(cluster, ['get', 'nodes']).stderr, 'No resources found\n')
  assert.throws(() => run(cluster, ['get', 'nodes', '-s', 'https://10.0.0.1:6443']), /no TLS/)
})

test('commands and formats that netloom has not are refused by name', () => {
  const cluster = prepare()
  assert.throws(
    () => run(cluster, ['describe', 'node', 'n1']),
    /`describe` is not supported by netloom; supported: get, create/,
  )
  assert.is(run(cluster, ['-s', SERVER, 'get', 'nodes', '-o', 'go-template={{.items}}']).status, 1)
})

test('an object from standard input; unknown fields are refused', () => {
  const cluster = prepare()
  const text = '{"kind":"Node","apiVersion":"v1","metadata":{"name":"n1"},"spec":{"podCIDRS":[]}}'
  const strict = run(cluster, ['-s', SERVER, 'create', '-f', '-'], {}, text)
  assert.is(
    strict.stderr,
    'Error from server (BadRequest): error when creating "STDIN": Node in version "v1" cannot be handled as a Node: strict decoding error: unknown field "spec.podCIDRS"\n',
  )
  assert.is(
    run(cluster, ['-s', SERVER, 'create', '--validate=ignore', '-f', '-'], {}, text).stdout,
    'node/n1 created\n',
  )
})

test('get -w prints what changes, in columns that keep their width (recorded from kubectl 1.32)', () => {
  const cluster = prepare()
  run(cluster, ['-s', SERVER, 'create', '-f', '/tmp/node.json'])
  const process = kubectl(cluster.hosts[0]!, ['-s', SERVER, 'get', 'nodes', '-w'], { stdin: null, env: {} })
  cluster.world.run({ for: SECOND })
  run(cluster, ['-s', SERVER, 'cordon', 'n1'])
  run(cluster, ['-s', SERVER, 'delete', 'node', 'n1'])
  cluster.world.run({ for: SECOND })
  process.kill()
  assert.equal(
    process.stdout.split('\n').map(line => line.replace(/\d+s/, 'Ns').trimEnd()),
    [
      'NAME   STATUS    ROLES           AGE   VERSION',
      'n1     Unknown   control-plane   Ns',
      'n1     Unknown,SchedulingDisabled   control-plane   Ns',
      'n1     Unknown,SchedulingDisabled   control-plane   Ns',
      '',
    ],
  )
})

test.run()
