/**
 * VLANs by the typed calls and by the shell. The reference kernel has none: the texts follow the source of iproute2 6.1,
 * the captures are read by tshark and tcpdump.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type Netns, type World } from '../../lib/index.js'
import { findProgram } from '../conformance/requirements.js'

const test = suite('lab/vlan')

interface Site {
  readonly world: World
  readonly sw: Netns
  readonly hosts: readonly Netns[]
}

/** A switch with VLAN filtering and hosts h1 ... by cables eth0 - p1 .... */
const site = (count: number): Site => {
  const world = createWorld({ seed: 1 })
  const sw = world.addNetns('sw')
  sw.link.add({ kind: 'bridge', name: 'br0', address: '02:00:00:00:f0:00', mcastSnooping: false, up: true })
  const hosts = Array.from({ length: count }, (_, i) => {
    const host = world.addNetns(`h${i + 1}`)
    const peer = { name: `p${i + 1}`, netns: sw, address: `02:00:00:00:f0:0${i + 1}` }
    host.link.add({ kind: 'veth', name: 'eth0', address: `02:00:00:00:00:0${i + 1}`, peer })
    host.link.set('eth0', { up: true })
    sw.link.set(`p${i + 1}`, { master: 'br0', up: true })
    return host
  })
  return { world, sw, hosts }
}

const run = (world: World, command: string): string => {
  const { stdout, stderr } = world.sh(command, { mayFail: true, tailNs: 0 })
  return stdout + stderr
}

test('access ports, a trunk, a router on a stick: hosts of two VLANs reach one another by the router only', () => {
  const { world, sw, hosts } = site(3)
  const [h1, h2, router] = hosts
  sw.link.set('br0', { kind: 'bridge', vlanFiltering: true })
  for (const [port, vid] of [
    ['p1', 10],
    ['p2', 20],
  ] as const) {
    sw.bridgeVlan.del(port, { vid: 1 })
    sw.bridgeVlan.add(port, { vid, pvid: true, untagged: true })
  }
  sw.bridgeVlan.add('p3', { vid: 10 })
  sw.bridgeVlan.add('p3', { vid: 20 })
  for (const id of [10, 20]) {
    router!.link.add({ kind: 'vlan', link: 'eth0', name: `eth0.${id}`, id, up: true })
    router!.addr.add(`10.0.${id}.254/24`, { dev: `eth0.${id}` })
  }
  h1!.addr.add('10.0.10.1/24', { dev: 'eth0' })
  h2!.addr.add('10.0.20.1/24', { dev: 'eth0' })
  h1!.route.add('default', { via: '10.0.10.254' })
  h2!.route.add('default', { via: '10.0.20.254' })
  world.run({ for: 2e9 })
  const before = h1!.ping('10.0.20.1', { count: 1 })
  world.run({ for: 3e9 })
  assert.is(before.received, 0, 'no router yet')
  router!.sysctl.set('net.ipv4.ip_forward', '1')
  const seen = world.capture({ dev: sw.dev('p3') })
  const ping = h1!.ping('10.0.20.1', { count: 1 })
  world.run({ for: 3e9 })
  assert.is(ping.received, 1)
  const tags = seen.toText({ linkLevel: true }).match(/vlan \d+/g)
  assert.equal([...new Set(tags)].sort(), ['vlan 10', 'vlan 20'])
  assert.is(sw.fdb.get('02:00:00:00:00:03', { br: 'br0', vlan: 20 })?.dev, 'p3')
  assert.is(sw.fdb.get('02:00:00:00:00:03', { br: 'br0' }), null)
  sw.fdb.flush('br0', { vlan: 20 })
  assert.is(sw.fdb.get('02:00:00:00:00:03', { br: 'br0', vlan: 20 }), null)
  assert.is(sw.fdb.get('02:00:00:00:00:03', { br: 'br0', vlan: 10 })?.dev, 'p3')
})

test('lists memberships and attributes with words, refuses what it does not know', () => {
  const { sw, hosts } = site(1)
  const [h1] = hosts
  assert.equal(sw.bridgeVlan.list(), [])
  sw.bridgeVlan.add('p1', { vid: 5, vidEnd: 6, untagged: true })
  sw.bridgeVlan.set('p1', { vid: 6, state: 'blocking' })
  assert.equal(
    sw.bridgeVlan.list('p1').map(v => [v.vid, v.pvid, v.untagged, v.state]),
    [
      [1, true, true, 'forwarding'],
      [5, false, true, 'forwarding'],
      [6, false, true, 'blocking'],
    ],
  )
  sw.link.set('br0', { kind: 'bridge', vlanProtocol: '802.1ad' })
  assert.is(sw.dev('br0').info().attrs['vlanProtocol'], '802.1ad')
  h1!.link.add({ kind: 'vlan', link: 'eth0', name: 'v', id: 7, protocol: '802.1ad', looseBinding: true })
  h1!.link.set('v', { kind: 'vlan', ingressQosMap: [{ from: 1, to: 2 }] })
  const { attrs } = h1!.dev('v').info()
  assert.equal([attrs['id'], attrs['protocol'], attrs['looseBinding']], [7, '802.1ad', true])
  assert.throws(
    () => h1!.link.add({ kind: 'vlan', link: 'eth0', id: 8, protocol: 'x' as '802.1Q' }),
    /known are 802.1Q/,
  )
  assert.throws(() => h1!.link.add({ kind: 'vlan', link: 'eth0', vid: 8 } as never), /unknown option "vid"/)
  assert.throws(() => sw.bridgeVlan.add('p1', { vid: 8, tagged: true } as never), /unknown option "tagged"/)
  assert.throws(() => sw.bridgeVlan.set('p1', { vid: 5, state: 'up' as 'blocking' }), /known are disabled/)
})

test('ip and bridge print VLANs as iproute2 6.1 does (ip/iplink_vlan.c, bridge/vlan.c)', () => {
  const { world, sw } = site(2)
  const is = (command: string, text: string): void => assert.is(run(world, command), text, command)
  run(world, 'ip -n h1 link add link eth0 name eth0.5 type vlan id 5 ingress-qos-map 1:2 3:4 egress-qos-map 0:3')
  assert.match(
    run(world, 'ip -n h1 -d link show eth0.5'),
    / minmtu 0 maxmtu 65535 \n {4}vlan protocol 802\.1Q id 5 <REORDER_HDR> \n {6}ingress-qos-map \{ 1:2 3:4 \} \n {6}egress-qos-map \{ 0:3 \} addrgenmode/,
  )
  assert.match(
    run(world, 'ip -n h1 -d -j link show eth0.5'),
    /"info_data":\{"protocol":"802\.1Q","id":5,"flags":\["REORDER_HDR"\],"ingress_qos":\[\{"from":1,"to":2\},\{"from":3,"to":4\}\],"egress_qos":\[\{"from":0,"to":3\}\]\}/,
  )
  run(world, 'ip -n h1 link set eth0.5 type vlan reorder_hdr off')
  assert.match(run(world, 'ip -n h1 -d link show eth0.5'), /vlan protocol 802\.1Q id 5 \n/)
  run(world, 'ip -n h1 link set eth0.5 type vlan reorder_hdr on loose_binding on')
  assert.match(run(world, 'ip -n h1 -d link show eth0.5'), /id 5 <REORDER_HDR,LOOSE_BINDING> \n/)
  is('ip -n h1 link add link eth0 name x type vlan id 5', 'Error: 8021q: VLAN device already exists.\n')
  is(
    'ip -n h1 link add link eth0 name x type vlan id 6 egress-qos-map 1:y',
    'Error: argument "1" is wrong: invalid egress-qos-map\n',
  )
  is('bridge -n sw vlan', 'port              vlan-id  \n')
  run(world, 'ip -n sw link set br0 type bridge vlan_filtering 1')
  run(world, 'bridge -n sw vlan add dev p1 vid 2-4')
  run(world, 'bridge -n sw vlan add dev p1 vid 7 untagged')
  run(world, 'bridge -n sw vlan del dev p2 vid 1')
  is(
    'bridge -n sw vlan show',
    'port              vlan-id  \nbr0               1 PVID Egress Untagged\np1                1 PVID Egress Untagged\n' +
      '                  2\n                  3\n                  4\n                  7 Egress Untagged\n',
  )
  is(
    'bridge -n sw -c vlan show dev p1',
    'port              vlan-id  \np1                1 PVID Egress Untagged\n                  2-4\n' +
      '                  7 Egress Untagged\n',
  )
  is('bridge -n sw -c vlan show dev p1 vid 3', 'port              vlan-id  \np1                2-4\n')
  is(
    'bridge -n sw -c -j vlan show dev p1',
    '[{"ifname":"p1","vlans":[{"vlan":1,"flags":["PVID","Egress Untagged"]},{"vlan":2,"vlanEnd":4},' +
      '{"vlan":7,"flags":["Egress Untagged"]}]}]\n',
  )
  is(
    'bridge -n sw -d vlan show dev p1 vid 1',
    'port              vlan-id  \np1                1 PVID Egress Untagged\n' +
      '                    state forwarding mcast_router 1 \n',
  )
  is(
    'bridge -n sw -s vlan show dev p1 vid 7',
    'port              vlan-id\np1                7 Egress Untagged\n                    RX: 0 bytes 0 packets\n' +
      '                    TX: 0 bytes 0 packets\n',
  )
  is('bridge -n sw fdb show vlan 7', '02:00:00:00:f0:01 dev p1 vlan 7 master br0 permanent\n')
  is('bridge -n sw vlan add dev p1 vid 4095', 'Error: bridge: Vlan id is invalid.\n')
  is('bridge -n sw vlan add dev p1 vid 4096', 'Invalid VLAN ID "4096"\n')
  is('bridge -n sw vlan add dev p1 vid 9-7', 'Invalid VLAN range "9-7"\n')
  is('bridge -n sw vlan add dev p1 vid 7-9 pvid', 'pvid cannot be configured for a vlan range\n')
  is('bridge -n sw vlan add vid 7', 'Device and VLAN ID are required arguments.\n')
  is('bridge -n sw vlan set dev p1 vid 7 state nowhere', 'Error: invalid STP state\n')
  assert.match(
    run(world, 'ip -n sw -d link show br0'),
    / vlan_filtering 1 vlan_protocol 802\.1Q bridge_id .* gc_timer +[0-9.]+ vlan_default_pvid 1 vlan_stats_enabled 0 vlan_stats_per_port 0 group_fwd_mask/,
  )
  assert.is(sw.bridgeVlan.list('p2').length, 0)
})

const withPcap = <T>(pcap: Uint8Array, use: (file: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'netloom-vlan-'))
  try {
    const file = join(folder, 'c.pcap')
    writeFileSync(file, pcap)
    return use(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const TOOLS = ['tshark', 'tcpdump'].filter(name => findProgram(name) !== null)

if (TOOLS.length === 2)
  test('tshark and tcpdump read frames with one and two tags as netloom prints them', () => {
    const { world, sw, hosts } = site(2)
    sw.link.set('br0', { kind: 'bridge', vlanFiltering: true })
    for (const p of ['p1', 'p2']) sw.bridgeVlan.add(p, { vid: 5 })
    for (const [i, h] of hosts.entries()) {
      h.link.add({ kind: 'vlan', link: 'eth0', name: 'v5', id: 5, egressQosMap: [{ from: 0, to: 5 }], up: true })
      h.link.add({ kind: 'vlan', link: 'v5', name: 'q7', id: 7, protocol: '802.1ad', up: true })
      h.addr.add(`10.0.5.${i + 1}/24`, { dev: 'v5' })
      h.addr.add(`10.0.7.${i + 1}/24`, { dev: 'q7' })
    }
    world.run({ for: 2e9 })
    const seen = world.capture({ dev: sw.dev('p1') })
    hosts[0]!.ping('10.0.5.2', { count: 1 })
    hosts[0]!.ping('10.0.7.2', { count: 1, size: 1468 })
    world.run({ for: 2e9 })
    withPcap(seen.pcap(), file => {
      const fields = ['vlan.id', 'vlan.priority', 'ieee8021ad.id', '_ws.malformed', 'icmp.type']
      const shark = spawnSync('tshark', ['-n', '-r', file, '-T', 'fields', ...fields.flatMap(f => ['-e', f])], {
        encoding: 'utf8',
      })
      const rows = shark.stdout.split('\n').filter(line => line.trim() !== '')
      assert.is(rows.filter(row => row === '5\t5\t\t\t8').length, 1)
      assert.is(rows.filter(row => row === '5\t5\t7\t\t0').length, 1)
      assert.is(
        rows.every(row => row.startsWith('5\t5\t') && row.split('\t')[3] === ''),
        true,
      )
      const dump = spawnSync('tcpdump', ['-e', '-nn', '-t', '-r', file], { encoding: 'utf8' })
      assert.is(seen.toText({ linkLevel: true, time: false }), dump.stdout)
    })
  })

test.run()
