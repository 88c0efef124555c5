/**
 * Slips of who makes a cluster: each is refused with the name of what is wrong, before anything is made, or works.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type FlannelCluster, type FlannelOptions, flannel, NetloomError, s } from '../../../lib/index.js'

const test = suite('lab/flannel/mistakes')

/** What a call is refused with. */
const refusal = (call: () => unknown): string => {
  try {
    call()
  } catch (e) {
    if (e instanceof NetloomError) return `${e.code} ${e.message}`
    throw e
  }
  return 'nothing refused'
}

const cluster = (options: Partial<FlannelOptions> = {}): FlannelCluster =>
  flannel(createWorld({ seed: 1 }), { nodes: 2, ...options })

const REFUSED: readonly (readonly [Partial<FlannelOptions>, string])[] = [
  [
    { backend: { Type: 'vxlan', Vni: 5 } as never },
    'EINVAL flannel: backend vxlan: unknown option "Vni"; known are Type, VNI, Port, GBP, Learning, DirectRouting',
  ],
  [
    { backend: { Type: 'host-gw', Port: 5 } as never },
    'EINVAL flannel: backend host-gw: unknown option "Port"; known are Type',
  ],
]

for (const [options, text] of REFUSED)
  test(`a refused cluster leaves the world as it was: ${text}`, () => {
    const world = createWorld({ seed: 1 })
    const before = world.listNetns().length
    assert.is(
      refusal(() => flannel(world, { nodes: 2, ...options })),
      text,
    )
    assert.is(world.listNetns().length, before)
    assert.is(world.now, 0)
  })

test('a second cluster in a world is refused by the name that both would have', () => {
  const { world } = cluster()
  assert.is(
    refusal(() => flannel(world, { nodes: 2 })),
    'EEXIST flannel: host of the cluster router: there is a namespace router',
  )
})

test('nodes may have names that are longer than those of devices, and be parted by them', () => {
  const made = cluster({ nodes: ['ip-10-0-0-1.ec2.internal', 'kubernetes-worker-2', 'b'], pods: 1 })
  assert.equal(
    made.underlay.switches[0]!.devices.map(dev => dev.name).filter(name => /^p/.test(name)),
    ['p-router', 'p-etcd', 'port11', 'port12', 'p-b'],
  )
  const [from, to] = [made.pod('kubernetes-worker-2-pod1'), made.pod('b-pod1')]
  const answers = (): number => {
    const ping = from.netns.ping(to.address)
    made.world.run({ until: () => ping.exitStatus !== null })
    return ping.received
  }
  assert.is(answers(), 1)
  made.partition(['b'], ['kubernetes-worker-2'])
  assert.is(answers(), 0)
  made.heal()
  assert.is(answers(), 1)
  made.node('kubernetes-worker-2').crash()
  made.node('kubernetes-worker-2').boot()
  made.converge()
  assert.ok(made.isConverged)
})

test('a whole command line in one word is refused, and says how it is given', () => {
  assert.is(
    refusal(() => cluster().etcdctl('get --prefix /coreos.com')),
    `EINVAL etcdctl: "get --prefix /coreos.com" is no command; each word on its own: etcdctl('get', '--prefix', '/coreos.com')`,
  )
})

test('a cluster that does not come together says what flanneld says', () => {
  const text = refusal(() => cluster({ backend: { Type: 'vxlan', VNI: 1 << 25 } }))
  assert.match(text, /^EPENDING flannel: after 60\.0+ s h1 has no subnet: .+/)
  assert.match(
    refusal(() => cluster({ network: '10.244.0.0/23', subnetLen: 25, nodes: 6 })),
    /has no subnet: .*out of subnets/,
  )
})

test('a cluster of Kubernetes without room says so, whenever its flanneld was started again', () => {
  assert.match(
    refusal(() => cluster({ network: '10.244.0.0/23', nodes: 6, subnetManager: 'kube' })),
    /h5 has no subnet: .*node "h5" pod cidr not assigned$/,
  )
})

test('a node that joins while etcd is down is waited for in vain, and the reason is named', () => {
  const made = cluster()
  made.killStore()
  made.addNode()
  assert.is(
    refusal(() => made.removeNode('h2')),
    'EHOSTDOWN h2 cannot leave, etcd has stopped: startStore(), or crash() the node',
  )
  assert.ok(made.node('h2').isUp)
  assert.is(
    refusal(() => made.converge({ withinNs: s(5) })),
    'EPENDING flannel: after 5.000000000 s h3 has no subnet; etcd has stopped: startStore()',
  )
  made.startStore()
  made.converge()
  assert.ok(made.isConverged)
})

test('a name that is not there is answered with those that are', () => {
  const made = cluster({ pods: 1 })
  assert.is(
    refusal(() => made.node('h9')),
    'ENOENT there is no node h9; there are h1, h2',
  )
  assert.is(
    refusal(() => made.pod('x')),
    'ENOENT there is no pod x; there are h1-pod1, h2-pod1',
  )
  assert.match(
    refusal(() => made.partition(['h9'])),
    /^ENOENT partition: there is no host h9; there are .*etcd, h1, h2$/,
  )
})

test('a pod before its node has a subnet is refused with the way out, and the name stays free', () => {
  const made = cluster()
  made.addNode('h3')
  assert.is(
    refusal(() => made.addPod('h3', 'x')),
    'EIO pod x: open /run/flannel/subnet.env: no such file or directory (h3 has no subnet yet: converge() first)',
  )
  made.converge()
  assert.is(made.addPod('h3', 'x').name, 'x')
  assert.is(
    refusal(() => made.addPod('h1', 'x')),
    'EEXIST flannel: there is a pod x',
  )
  assert.is(
    refusal(() => made.addPod('h1', 'x', { hostNetwork: true })),
    'EEXIST flannel: there is a pod x',
  )
})

test('a pod that has ended, and one of a node that is down, are refused by name', () => {
  const made = cluster({ pods: 1 })
  const [first, second] = made.pods
  first!.delete()
  assert.is(
    refusal(() => first!.delete()),
    'ENOENT flannel: pod h1-pod1 of h1 has ended',
  )
  made.node('h2').crash()
  assert.is(
    refusal(() => second!.delete()),
    'ENOENT flannel: pod h2-pod1 of h2 has ended',
  )
  assert.is(
    refusal(() => made.addPod('h2', 'x')),
    'EHOSTDOWN h2 is down: boot() it',
  )
  assert.not(made.world.hasNetns('x'))
})

test('pods and nodes without a name get the next free one', () => {
  const made = cluster({ nodes: ['h2', 'h3'], pods: 2 })
  made.pod('h2-pod1').delete()
  assert.is(made.addPod('h2').name, 'h2-pod1')
  assert.is(made.addNode().name, 'h4')
})

test('a node that cannot be made leaves nothing behind', () => {
  const made = cluster()
  made.world.addNetns('taken')
  assert.is(
    refusal(() => made.addNode('taken')),
    'EEXIST flannel: node taken: there is a namespace taken',
  )
  assert.match(
    refusal(() => made.addNode({ name: 'h3', flanneld: { ipmasq: true } as never })),
    /^EINVAL flanneld: unknown option "ipmasq"/,
  )
  assert.equal(
    made.nodes.map(({ name }) => name),
    ['h1', 'h2'],
  )
  assert.not(made.world.hasNetns('h3'))
  made.world.run({ for: s(10) })
  assert.ok(made.isConverged)
})

/** Answers to one ping from the first pod to the last. */
const answers = ({ world, pods }: FlannelCluster): number => {
  const ping = pods[0]!.netns.ping(pods.at(-1)!.address)
  world.run({ until: () => ping.exitStatus !== null })
  return ping.received
}

test('keys of leases may be below another prefix, and leave with their node', () => {
  const made = cluster({ pods: 1, flanneld: { etcdPrefix: '/here//there/' } })
  assert.is(answers(made), 1)
  const keys = (): string[] => made.etcdctl('get', '--prefix', '--keys-only', '').split('\n').filter(Boolean)
  const subnets = made.nodes.map(node => `/here/there/subnets/${node.subnet!.replace('/', '-')}`)
  assert.equal(keys(), ['/here/there/config', ...subnets.toSorted()])
  made.removeNode('h1')
  assert.equal(keys(), ['/here/there/config', subnets[1]])
})

test('the lease of a node with a public address of its own leaves with it', () => {
  const made = cluster({ nodes: [{ flanneld: { publicIp: '192.0.2.1' } }, 'b'] })
  assert.match(made.etcdctl('get', '--prefix', '/coreos.com/network/subnets/'), /"PublicIP":"192.0.2.1"/)
  made.removeNode('h1')
  assert.not.match(made.etcdctl('get', '--prefix', '/coreos.com/network/subnets/'), /192.0.2.1/)
})

test("the pods' plugin reads the subnet file where flanneld writes it", () => {
  const made = cluster({ pods: 1, flanneld: { subnetFile: '/var/lib/flannel/env' } })
  assert.is(answers(made), 1)
  const { netns } = made.node('h1')
  assert.match(netns.files.read('/etc/cni/net.d/10-flannel.conflist'), /"subnetFile": "\/var\/lib\/flannel\/env"/)
  assert.not.match(
    cluster().node('h1').netns.files.read('/etc/cni/net.d/10-flannel.conflist'),
    /subnetFile/,
    "flannel's manifest names none",
  )
})

test("a cloud's backend in capital letters has its cloud", () => {
  assert.is(answers(cluster({ pods: 1, backend: 'AWS-VPC' })), 1)
})

test('kubectl on the host of the API server finds it without being told', () => {
  const made = cluster({ subnetManager: 'kube' })
  assert.is(made.kubectl('get', 'nodes', '-o', 'name'), 'node/h1\nnode/h2\n')
  assert.match(
    made.world.sh('ip netns exec master kubectl get nodes').stdout,
    /^NAME +STATUS +ROLES +AGE +VERSION\nh1 /,
  )
  assert.is(
    refusal(() => made.kubectl('get', 'node', 'h9')),
    'EIO kubectl get node h9: Error from server (NotFound): nodes "h9" not found',
  )
  assert.is(
    refusal(() => cluster().kubectl('get', 'nodes')),
    "ENOENT flannel: the leases are in etcd; make the cluster with subnetManager: 'kube'",
  )
})

for (const [what, call] of [
  ['ping', (c: FlannelCluster) => c.router.ping('192.168.0.2', { pmtudisc: 'do' } as never)],
  ['nc', (c: FlannelCluster) => c.router.nc({ lisen: true } as never)],
  ['arping', (c: FlannelCluster) => c.router.arping('192.168.0.2', { dev: 'eth0' } as never)],
  ['etcd', (c: FlannelCluster) => c.router.etcd({ dataDirectory: '/x' } as never)],
] as const)
  test(`an option that ${what} does not know is refused`, () => {
    assert.match(
      refusal(() => call(cluster())),
      new RegExp(`^EINVAL ${what}: unknown option "\\w+"; known are `),
    )
  })

test.run()
