/**
 * Three nodes with three pods each in every backend: all pairs reach each other, tshark has nothing to complain about in any
 * capture, and what a backend costs is read off the frames.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, decodeFrame, type FlannelCluster, flannel, ms, s } from '../../../lib/index.js'
import { tsharkMissing } from '../../conformance/tshark.js'

const test = suite('lab/flannel/pairs')

interface Cost {
  readonly backend: string
  /** Octets of the packet on the underlay without those of the pod's packet. */
  readonly overhead: number
  /** Largest packet of a pod that arrives in one piece. */
  readonly mtu: number
}

/** How a frame of the underlay is read: what tshark is told, and the protocols of one with a pod's packet in it. */
const READ: Readonly<Record<string, { readonly decodeAs: readonly string[]; readonly protocols: string }>> = {
  vxlan: {
    decodeAs: ['-d', 'udp.port==8472,vxlan'],
    protocols: 'eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:icmp:data',
  },
  udp: { decodeAs: ['-d', 'udp.port==8285,ip'], protocols: 'eth:ethertype:ip:udp:ip:icmp:data' },
  'host-gw': { decodeAs: [], protocols: 'eth:ethertype:ip:icmp:data' },
  'aws-vpc': { decodeAs: [], protocols: 'eth:ethertype:ip:icmp:data' },
  gce: { decodeAs: [], protocols: 'eth:ethertype:ip:icmp:data' },
}

const makeCluster = (backend: string): FlannelCluster =>
  flannel(createWorld({ seed: 3 }), { backend, nodes: 3, pods: 3 })

/** Largest packet that a pod of h1 gets to one of h2 with the don't-fragment bit, found by halving. */
const effectiveMtu = (cluster: FlannelCluster): number => {
  const [from, to] = [cluster.pod('h1-pod2'), cluster.pod('h2-pod2')]
  const passes = (octets: number): boolean => {
    const ping = from.netns.ping(to.address, { size: octets - 28, pmtuDisc: 'do' })
    cluster.world.run({ for: s(1) })
    return ping.received === 1
  }
  let [low, high] = [100, 1600]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (passes(middle)) low = middle
    else high = middle
  }
  return low
}

/** Total length of the first IPv4 packet of a frame. */
const ipLength = (frame: Uint8Array): number => new DataView(frame.buffer, frame.byteOffset).getUint16(16)

const costOf = (backend: string): Cost => {
  const cluster = makeCluster(backend)
  const { world } = cluster
  const [from, to] = [cluster.pod('h1-pod1'), cluster.pod('h2-pod1')]
  const isIcmp = 'icmp or udp port 8472 or udp port 8285'
  const inner = world.capture({ dev: from.netns.dev('eth0'), filter: 'icmp' })
  const outer = world.capture({ dev: cluster.node('h1').netns.dev('eth0'), filter: isIcmp })
  from.netns.ping(to.address)
  world.run({ for: s(1) })
  const overhead = ipLength(outer.frames[0]!.data) - ipLength(inner.frames[0]!.data)
  return { backend, overhead, mtu: effectiveMtu(cluster) }
}

for (const [backend, { decodeAs, protocols }] of Object.entries(READ)) {
  test(`${backend}: every pod reaches every pod, and tshark reads every frame`, () => {
    const cluster = makeCluster(backend)
    const { world, pods } = cluster
    const all = world.captureAll()
    const pings = pods.flatMap(a => pods.map(b => a.netns.ping(b.address)))
    world.run({ for: s(2) })
    assert.is(pings.length, 81)
    assert.is(pings.filter(ping => ping.received === 1).length, 81)
    assert.ok(world.accounting().every(a => a.isBalanced))
    if (tsharkMissing() !== null) return
    const folder = mkdtempSync(join(tmpdir(), 'netloom-flannel-'))
    try {
      const file = join(folder, 'all.pcapng')
      writeFileSync(file, all.pcapng())
      const fields = ['_ws.malformed', '_ws.expert.message', 'frame.protocols'].flatMap(field => ['-e', field])
      const checks = ['ip', 'udp'].flatMap(protocol => ['-o', `${protocol}.check_checksum:TRUE`])
      const args = ['-n', '-r', file, ...decodeAs, '-d', 'tcp.port==2379,http2', ...checks, '-T', 'fields', ...fields]
      const { stdout } = spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 28 })
      const rows = stdout.split('\n').filter(line => line !== '')
      assert.equal(
        rows.filter(row => !row.startsWith('\t\t')),
        [],
      )
      // Requests and answers between hosts pass the underlay on four devices: eth0 of both, and the two ports of the switch, twice.
      assert.ok(rows.filter(row => row.endsWith(`\t${protocols}`)).length >= 54 * 2 * 4, rows.at(-1))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

test('what each backend costs', () => {
  const costs = Object.keys(READ).map(costOf)
  console.log(costs.map(c => `${c.backend.padEnd(8)} overhead ${`${c.overhead}`.padStart(2)}  MTU ${c.mtu}`).join('\n'))
  assert.equal(costs, [
    { backend: 'vxlan', overhead: 50, mtu: 1450 },
    { backend: 'udp', overhead: 28, mtu: 1472 },
    { backend: 'host-gw', overhead: 0, mtu: 1500 },
    { backend: 'aws-vpc', overhead: 0, mtu: 1500 },
    { backend: 'gce', overhead: 0, mtu: 1460 },
  ])
})

test('TTL: a packet between pods passes two routers, and the udp proxies count too', () => {
  for (const [backend, ttl] of [
    ['vxlan', 62],
    ['udp', 60],
    ['host-gw', 62],
    ['aws-vpc', 62],
    ['gce', 62],
  ] as const) {
    const cluster = makeCluster(backend)
    const [from, to] = [cluster.pod('h1-pod1'), cluster.pod('h3-pod3')]
    const seen = cluster.world.capture({ dev: to.netns.dev('eth0'), filter: 'icmp' })
    from.netns.ping(to.address)
    cluster.world.run({ for: ms(500) })
    assert.is(decodeFrame(seen.frames[0]!.data).ipv4?.ttl, ttl, backend)
  }
})

test.run()
