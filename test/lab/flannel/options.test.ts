/**
 * What a cluster refuses, before it has changed anything in the world.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, flannel, type FlannelOptions, NetloomError, s } from '../../../lib/index.js'

const test = suite('lab/flannel/options')

const CASES: readonly { readonly given: object; readonly says: RegExp; readonly code?: string }[] = [
  { given: {}, says: /^flannel: nodes: undefined is neither a number nor a list of nodes$/ },
  { given: { nodes: '3' }, says: /^flannel: nodes: 3 is neither/ },
  { given: { nodes: [null] }, says: /^flannel: node: null is not an object; known options are name, / },
  { given: { nodes: 1, pods: 'abc' }, says: /^flannel: pods: abc is not a list of texts$/ },
  { given: { nodes: 1, underlay: 5 }, says: /^flannel: underlay: 5 is not an object; known options are segments, / },
  {
    given: { nodes: 1, backend: { Type: 5 } },
    says: /cannot unmarshal number into Go struct field .Type of type string/,
  },
  { given: { nodes: -1 }, says: /^nodes: -1 is not an integer/ },
  { given: { nodes: ['a', 'a'] }, says: /^flannel: node a: the name is that of another node$/, code: 'EEXIST' },
  {
    given: { nodes: ['router'] },
    says: /node router: the name is that of another host of the cluster$/,
    code: 'EEXIST',
  },
  { given: { nodes: ['etcd'] }, says: /node etcd: the name is that of another host/, code: 'EEXIST' },
  { given: { nodes: ['mine'] }, says: /node mine: there is a namespace/, code: 'EEXIST' },
  { given: { nodes: ['a', 'a-pod1'], pods: 1 }, says: /pod a-pod1: the name is that of another node$/, code: 'EEXIST' },
  { given: { nodes: ['a/b'] }, says: /node "a\/b": not the name of a namespace$/ },
  { given: { nodes: [{ segment: 3 }] }, says: /node h1: segment 3 is not one of 0 to 0$/ },
  { given: { nodes: [{ subnet: '10.9.0.0/24' }] }, says: /node h1: subnet 10.9.0.0\/24 is not one of 10.244.1.0 to/ },
  {
    given: { nodes: [{ subnet: '10.244.1.0/24' }, { subnet: '10.244.1.0/24' }] },
    says: /node h2: subnet 10.244.1.0\/24 is that of node h1$/,
  },
  {
    given: { nodes: [{ subnet: '10.9.0.0/24' }], subnetManager: 'kube' },
    says: /^flannel: node h1: subnet 10.9.0.0\/24 is not within the network 10.244.0.0\/16$/,
  },
  {
    given: { nodes: [{ subnet: '10.244.0.0/15' }], subnetManager: 'kube' },
    says: /^flannel: node h1: subnet 10.244.0.0\/15 is not within the network 10.244.0.0\/16$/,
  },
  {
    given: { nodes: 1, subnetManager: 'kube', network: '10.0.0.0/8', subnetLen: 25 },
    says: /^flannel: subnetLen: podCIDRs of \/25 are more than 16 bits longer than the network 10.0.0.0\/8/,
  },
  { given: { nodes: 1, underlay: { mtu: 40 } }, says: /^flannel: underlay.mtu: 40 is not an integer of 68 to 65535$/ },
  { given: { nodes: 1, underlay: { network: 'x' } }, says: /^flannel: underlay.network: / },
  { given: { nodes: 250, underlay: { network: '10.0.0.0/24' } }, says: /10.0.0.0\/24 has room for 244 nodes/ },
  { given: { nodes: 1, underlay: { routesQuota: 5 } }, says: /routesQuota: only a cloud has one/ },
  {
    given: { nodes: 1, backend: 'wireguard' },
    says: /^flannel: backend type wireguard is flannel's, and not built in netloom; there are udp, vxlan/,
  },
  { given: { nodes: 1, backend: 'vlan' }, says: /^flannel: unknown backend type: vlan; there are udp, vxlan/ },
  { given: { nodes: 1, subnetLen: 31 }, says: /SubnetLen must be less than \/31/ },
  { given: { nodes: 1, flanneld: { ipMask: true } }, says: /^flanneld: unknown option "ipMask"/ },
  { given: { nodes: 1, flanneld: { ipMasq: 'yes' } }, says: /^flanneld: ipMasq: yes is not a boolean$/ },
  { given: { nodes: 1, flanneld: { v: Number.NaN } }, says: /^flanneld: v: NaN is not an integer$/ },
  { given: { nodes: 1, flanneld: { iface: 5 } }, says: /^flanneld: iface: 5 is not a text or a list of texts$/ },
  { given: { nodes: 1, flanneld: { envError: null } }, says: /^flanneld: unknown option "envError"/ },
  { given: { nodes: 1, ipMasq: 'yes' }, says: /^flannel: ipMasq: yes is not a boolean$/ },
  { given: { nodes: 1, restartSec: -1 }, says: /^flannel: restartSec: -1 is not a number of seconds/ },
  { given: { nodes: 1, withinNs: Number.NaN }, says: /^flannel: withinNs: NaN is not a number of nanoseconds$/ },
]

for (const { given, says, code = 'EINVAL' } of CASES)
  test(`refuses ${JSON.stringify(given)} and leaves the world as it was`, () => {
    const world = createWorld({ seed: 1 })
    world.addNetns('mine')
    assert.throws(
      () => flannel(world, given as FlannelOptions),
      (e: unknown) => e instanceof NetloomError && e.code === code && says.test(e.message),
    )
    assert.equal(
      world.listNetns().map(netns => netns.name),
      ['mine'],
    )
    assert.is(world.now, 0)
  })

test('a node without a subnet is named with what its flanneld has complained of', () => {
  const world = createWorld({ seed: 1 })
  assert.throws(
    () => flannel(world, { nodes: 1, backend: { Type: 'vxlan', VNI: 2 ** 24 }, withinNs: s(2) }),
    /h1 has no subnet: Error registering network: numerical result out of range/,
  )
})

test('a node that was refused is not there, and its number is given to the next', () => {
  const cluster = flannel(createWorld({ seed: 1 }), { nodes: 2, underlay: { segments: 2 } })
  assert.throws(() => cluster.addNode('a/b'), /not the name of a namespace/)
  assert.throws(() => cluster.addNode('router'), /there is a namespace router/)
  assert.throws(() => cluster.addNode({ subnet: '10.9.0.0/24' }), /node h3: subnet 10.9.0.0\/24 is not one of/)
  assert.throws(() => cluster.addNode({ pods: 2 }), /pods: the node has no subnet yet/)
  assert.is(cluster.nodes.length, 2)
  const added = [cluster.addNode(), cluster.addNode()]
  assert.equal(
    added.map(node => `${node.name} ${node.address}`),
    ['h3 192.168.0.12', 'h4 192.168.16.12'],
  )
})

test('a pod takes the first name that is free, and no name twice', () => {
  const cluster = flannel(createWorld({ seed: 1 }), { nodes: 1, pods: 2 })
  cluster.pod('h1-pod1').delete()
  assert.is(cluster.addPod('h1').name, 'h1-pod1')
  assert.throws(() => cluster.addPod('h1', 'h1-pod2', { hostNetwork: true }), /there is a pod h1-pod2/)
})

test('with a node that is down its lease leaves the store too', () => {
  const cluster = flannel(createWorld({ seed: 1 }), { nodes: 2 })
  cluster.node('h1').crash()
  cluster.removeNode('h1')
  const left = cluster.etcdctl('get', '--prefix', '/coreos.com/network/subnets', '--keys-only')
  assert.is(left.trim().split('\n').length, 1)
})

test.run()
