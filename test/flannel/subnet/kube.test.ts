/**
 * The subnet manager on Kubernetes: leases as nodes and their annotations.
 *
 * Annotations and texts are those of flannel v0.20.2 (subnet/kube/kube.go, annotations_test.go).
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Process } from '../../../lib/app/process.js'
import { octetsOf } from '../../../lib/app/text.js'
import { Context, sleep, spawn, type Thread } from '../../../lib/app/thread.js'
import type { Netns } from '../../../lib/core/netns.js'
import { Klog } from '../../../lib/app/klog.js'
import { netText } from '../../../lib/flannel/ip4-net.js'
import { newAnnotations } from '../../../lib/flannel/subnet/kube/annotations.js'
import type { KubeSubnetOptions } from '../../../lib/flannel/subnet/kube/environment.js'
import { newKubeSubnetManager } from '../../../lib/flannel/subnet/kube/kube.js'
import { type LeaseAttrs, SubnetError, type SubnetManager } from '../../../lib/flannel/subnet/subnet.js'
import { fsOf } from '../../../lib/fs/file-system.js'
import type { Node } from '../../../lib/kubernetes/api/node.js'
import { formatIpv4, parseIpv4 } from '../../../lib/wire/ip.js'
import { Cluster, nodeNamed, SECOND, SERVER } from '../../kubernetes/lab.js'

const test = suite('flannel/subnet/kube')

const CONF = '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}'
const DATA = '{"VNI":1,"VtepMAC":"0a:5a:82:9c:2a:65"}'

const vxlan = (publicIp: string): LeaseAttrs => ({
  publicIp: parseIpv4(publicIp),
  backendType: 'vxlan',
  backendData: DATA,
})

const options = (env: Readonly<Record<string, string>>, more: Partial<KubeSubnetOptions> = {}): KubeSubnetOptions => ({
  kubeApiUrl: SERVER,
  kubeconfigFile: '',
  kubeAnnotationPrefix: 'flannel.alpha.coreos.com',
  netConfigPath: '/etc/kube-flannel/net-conf.json',
  setNodeNetworkUnavailable: true,
  env,
  ...more,
})

const netConf = (netns: Netns, text = CONF): void => {
  const fs = fsOf(netns)
  fs.mkdir('/etc/kube-flannel', { recursive: true })
  fs.writeFile('/etc/kube-flannel/net-conf.json', octetsOf(text))
}

/** A daemon's part that has to do with leases: acquires one, completes it, and notes what it hears of the others. */
class Daemon {
  readonly process: Process
  readonly log: string[] = []
  readonly ctx = new Context()
  error: string | null = null
  sm: SubnetManager | null = null

  constructor(
    netns: Netns,
    node: string,
    publicIp: string,
    more: Partial<KubeSubnetOptions> = {},
    env?: Record<string, string>,
  ) {
    this.process = new Process(netns, 'flanneld')
    const glog = new Klog(this.process, 0)
    const ctx = this.ctx
    const self = this
    const body = function* (): Thread {
      const sm = yield* newKubeSubnetManager(self.process, options(env ?? { NODE_NAME: node }, more), glog, ctx)
      self.sm = sm
      const lease = yield* sm.acquireLease(ctx, vxlan(publicIp))
      self.log.push(`lease ${netText(lease.subnet)}`)
      spawn(self.process, function* () {
        self.log.push(`complete ${yield* sm.completeLease(ctx, lease)}`)
      })
      const watch = sm.watchLeases(ctx)
      for (;;) {
        const { events } = yield* watch.next()
        for (const { type, lease: other } of events)
          self.log.push(
            `${type} ${netText(other.subnet)} ${formatIpv4(other.attrs.publicIp)} ${other.attrs.backendType} ${other.attrs.backendData}`,
          )
      }
    }
    spawn(this.process, function* () {
      try {
        yield* body()
      } catch (e) {
        if (!(e instanceof SubnetError)) throw e
        self.error = e.message
      }
    })
  }
}

const cluster = (count: number): Cluster => {
  const made = new Cluster(count)
  made.call(function* (_, { nodes }) {
    for (let i = 1; i <= count; i++) yield* nodes.create(nodeNamed(`n${i}`, `10.244.${i}.0/24`))
  })
  for (const netns of made.hosts) netConf(netns)
  return made
}

const nodeOf = (made: Cluster, name: string): Node =>
  made.call(function* (_, { nodes }) {
    return yield* nodes.get(name)
  })

test('the subnet is the podCIDR; annotations tell the others, the condition says that the network is there', () => {
  const made = cluster(1)
  const daemon = new Daemon(made.hosts[0]!, 'n1', '10.0.0.11')
  made.world.run({ for: 3 * SECOND })
  assert.equal(daemon.log, ['lease 10.244.1.0/24', `added 10.244.1.0/24 10.0.0.11 vxlan ${DATA}`, 'complete done'])
  const node = nodeOf(made, 'n1')
  assert.equal(node.metadata.annotations, {
    'flannel.alpha.coreos.com/backend-data': DATA,
    'flannel.alpha.coreos.com/backend-type': 'vxlan',
    'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
    'flannel.alpha.coreos.com/public-ip': '10.0.0.11',
  })
  const [condition] = node.status.conditions ?? []
  assert.equal(
    [condition?.type, condition?.status, condition?.reason, condition?.message],
    ['NetworkUnavailable', 'False', 'FlannelIsUp', 'Flannel is running on this node'],
  )
  assert.is(daemon.sm?.name, 'Kubernetes Subnet Manager - n1')
})

test('nodes that come, change and go are leases added and removed; other changes are none', () => {
  const made = cluster(2)
  const first = new Daemon(made.hosts[0]!, 'n1', '10.0.0.11')
  made.world.run({ for: 3 * SECOND })
  new Daemon(made.hosts[1]!, 'n2', '10.0.0.12')
  made.world.run({ for: 3 * SECOND })
  const added = `added 10.244.2.0/24 10.0.0.12 vxlan ${DATA}`
  assert.equal(first.log.slice(3), [added])
  made.call(function* (_, { nodes }) {
    yield* nodes.patch('n2', 'merge', { metadata: { labels: { a: 'b' } } })
    yield* nodes.patch('n2', 'merge', {
      metadata: { annotations: { 'flannel.alpha.coreos.com/public-ip': '10.0.0.99' } },
    })
    yield* nodes.delete('n2')
    yield* nodes.create(nodeNamed('n3', '10.244.3.0/24'))
  })
  made.world.run({ for: SECOND })
  const moved = `10.244.2.0/24 10.0.0.99 vxlan ${DATA}`
  assert.equal(first.log.slice(4), [`added ${moved}`, `removed ${moved}`])
})

test('public-ip-overwrite wins over the address of the host', () => {
  const made = cluster(1)
  made.call(function* (_, { nodes }) {
    const annotations = { 'flannel.alpha.coreos.com/public-ip-overwrite': '203.0.113.7' }
    yield* nodes.patch('n1', 'merge', { metadata: { annotations } })
  })
  const daemon = new Daemon(made.hosts[0]!, 'n1', '10.0.0.11')
  made.world.run({ for: 3 * SECOND })
  assert.is(nodeOf(made, 'n1').metadata.annotations?.['flannel.alpha.coreos.com/public-ip'], '203.0.113.7')
  assert.match(
    daemon.process.stderr,
    "kube.go:342] Overriding public ip with '203.0.113.7' from node annotation 'flannel.alpha.coreos.com/public-ip-overwrite'",
  )
})

test('a prefix of its own for the annotations', () => {
  const made = cluster(1)
  new Daemon(made.hosts[0]!, 'n1', '10.0.0.11', { kubeAnnotationPrefix: 'example.com/a' })
  made.world.run({ for: 3 * SECOND })
  assert.is(nodeOf(made, 'n1').metadata.annotations?.['example.com/a-public-ip'], '10.0.0.11')
})

test('prefixes of annotations, as flannel’s own test has them', () => {
  const CASES = [
    ['flannel.alpha.coreos.com', 'flannel.alpha.coreos.com/'],
    ['flannel.alpha.coreos.com/', 'flannel.alpha.coreos.com/'],
    ['flannel.alpha.coreos.com/prefix', 'flannel.alpha.coreos.com/prefix-'],
    ['flannel.alpha.coreos.com/prefix-', 'flannel.alpha.coreos.com/prefix-'],
    ['org.com', 'org.com/'],
    ['org9.com', 'org9.com/'],
    ['org.com/9', 'org.com/9-'],
  ] as const
  for (const [given, prefix] of CASES) assert.is(newAnnotations(given).backendType, `${prefix}backend-type`)
  for (const given of ['org', 'org/', 'org/prefix', 'org.COM', 'org.com/PREFIX', 'a.b/c/d'])
    assert.throws(
      () => newAnnotations(given),
      (e: unknown) => e instanceof SubnetError,
      given,
    )
})

const FAILURES: readonly [string, (made: Cluster) => Daemon, string][] = [
  [
    'a node without podCIDR',
    made => {
      made.call(function* (_, { nodes }) {
        yield* nodes.create(nodeNamed('bare'))
      })
      return new Daemon(made.hosts[0]!, 'bare', '10.0.0.11')
    },
    'node "bare" pod cidr not assigned',
  ],
  ['a node that is not there', made => new Daemon(made.hosts[0]!, 'x', '10.0.0.11'), 'node "x" not found'],
  [
    'a podCIDR outside of the network',
    made => {
      netConf(made.hosts[0]!, '{"Network":"10.99.0.0/16"}')
      return new Daemon(made.hosts[0]!, 'n1', '10.0.0.11')
    },
    'subnet "10.99.0.0/16" specified in the flannel net config doesn\'t contain "10.244.1.0/24" PodCIDR of the "n1" node',
  ],
  [
    'no name of a node',
    made => new Daemon(made.hosts[0]!, '', '10.0.0.11', {}, {}),
    'env variables POD_NAME and POD_NAMESPACE must be set',
  ],
  [
    'the name of a pod, where the server has no pods',
    made => new Daemon(made.hosts[0]!, '', '10.0.0.11', {}, { POD_NAME: 'p', POD_NAMESPACE: 'kube-flannel' }),
    "error retrieving pod spec for 'kube-flannel/p': the server could not find the requested resource",
  ],
  [
    'no configuration',
    made => new Daemon(made.hosts[0]!, 'n1', '10.0.0.11', { netConfigPath: '/etc/x.json' }),
    'failed to read net conf: open /etc/x.json: no such file or directory',
  ],
  [
    'a configuration that is wrong',
    made => {
      netConf(made.hosts[0]!, 'hello')
      return new Daemon(made.hosts[0]!, 'n1', '10.0.0.11')
    },
    "error parsing subnet config: invalid character 'h' looking for beginning of value",
  ],
  [
    'a prefix that is wrong',
    made => new Daemon(made.hosts[0]!, 'n1', '10.0.0.11', { kubeAnnotationPrefix: 'org' }),
    'error creating network manager: subnet/kube: prefix must be in a format: fqdn/[0-9a-z-_]*',
  ],
  [
    'no server named',
    made => new Daemon(made.hosts[0]!, 'n1', '10.0.0.11', { kubeApiUrl: '' }),
    'fail to create kubernetes config: invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable',
  ],
]

test('what is wrong at the start is said in flannel’s words', () => {
  for (const [what, start, text] of FAILURES) {
    const made = cluster(1)
    const daemon = start(made)
    made.world.run({ for: 5 * SECOND })
    assert.is(daemon.error, text, what)
  }
})

test('without a server the start waits ten minutes', () => {
  const made = cluster(1)
  made.api.process.exit(0)
  const daemon = new Daemon(made.hosts[0]!, 'n1', '10.0.0.11')
  made.world.run({ for: 590 * SECOND })
  assert.is(daemon.error, null)
  made.world.run({ for: 20 * SECOND })
  assert.is(daemon.error, 'error waiting for nodeController to sync state: timed out waiting for the condition')
  assert.match(daemon.process.stderr, 'Waiting 10m0s for node controller to sync')
})

test('a node that is managed and has no address is told, and is no lease', () => {
  const made = cluster(1)
  const daemon = new Daemon(made.hosts[0]!, 'n1', '10.0.0.11')
  made.world.run({ for: 3 * SECOND })
  made.call(function* (_, { nodes }) {
    const annotations = { 'flannel.alpha.coreos.com/kube-subnet-manager': 'true' }
    yield* nodes.create({ metadata: { name: 'n9', annotations }, spec: { podCIDR: '10.244.9.0/24' } })
    yield* sleep(SECOND)
  })
  assert.match(daemon.process.stderr, 'kube.go:222] Error turning node "n9" to lease: Invalid IP address format')
  assert.is(daemon.log.length, 3)
})

test.run()
