/** ARP: what is asked, answered, learned and passed over (RFC 826, net/ipv4/arp.c); see answers.test.ts for many more. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BROADCAST_MAC, HostLab, T_MAC, X_MAC } from './lab.js'
import { arpPacket, ethFrame, hex } from './octets.js'

const test = suite('ip/arp')

const PEER = '10.0.0.1'
const ME = '10.0.0.2'
const NONE = '00:00:00:00:00:00'

const frame = (to: string, op: number, sha: string, spa: string, tha: string, tpa: string): string =>
  hex(ethFrame(to, T_MAC, 0x0806, arpPacket(op, sha, spa, tha, tpa)))

/** MAC and state of a neighbour, or nothing. */
const known = (lab: HostLab, address = PEER): string =>
  lab
    .text(`ip -n t neigh show to ${address}`)
    .trim()
    .replace(/^\S+ dev eth0 (lladdr )?/, '')

const sysctl = (lab: HostLab, key: string, value: number): void => lab.t.sysctl.set(`net.ipv4.${key}`, value)

test('a request for an own address is answered by unicast, and its sender is learned', () => {
  const lab = new HostLab()
  lab.arp(1, PEER, ME)
  assert.equal(lab.sentHex(), [frame(X_MAC, 2, T_MAC, ME, X_MAC, PEER)])
  assert.is(known(lab), `${X_MAC} STALE`)
})

test('duplicate detection is answered, and nothing is learned from it', () => {
  const lab = new HostLab()
  lab.arp(1, '0.0.0.0', ME)
  assert.equal(lab.sentHex(), [frame(X_MAC, 2, T_MAC, ME, X_MAC, '0.0.0.0')])
  assert.is(lab.text('ip -n t neigh show nud all dev eth0'), '')
})

/** Requests that get no answer, and why. */
const UNANSWERED: readonly (readonly [string, (lab: HostLab) => void])[] = [
  ['for another host', lab => lab.arp(1, PEER, '10.0.0.3')],
  ['a reply', lab => lab.arp(2, PEER, ME)],
  ['another operation', lab => lab.arp(8, PEER, ME)],
  ["from the host's own address", lab => lab.arp(1, ME, ME)],
  ['from a group', lab => lab.arp(1, '224.0.0.5', ME)],
  ['for a group', lab => lab.arp(1, PEER, '224.0.0.1')],
  ['for loopback', lab => lab.arp(1, PEER, '127.0.0.1')],
  ['for the broadcast address', lab => lab.arp(1, PEER, '10.0.0.255')],
  ['to another MAC', lab => lab.arp(1, PEER, ME, { to: '02:00:00:00:00:99' })],
  [
    'cut short',
    lab => lab.inject(ethFrame(BROADCAST_MAC, X_MAC, 0x0806, arpPacket(1, X_MAC, PEER, NONE, ME).slice(0, 27))),
  ],
  [
    'of another link layer',
    lab =>
      lab.inject(
        ethFrame(
          BROADCAST_MAC,
          X_MAC,
          0x0806,
          arpPacket(1, X_MAC, PEER, NONE, ME).map((b, i) => (i === 1 ? 7 : b)),
        ),
      ),
  ],
  [
    'of another protocol',
    lab =>
      lab.inject(
        ethFrame(
          BROADCAST_MAC,
          X_MAC,
          0x0806,
          arpPacket(1, X_MAC, PEER, NONE, ME).map((b, i) => (i === 3 ? 1 : b)),
        ),
      ),
  ],
  [
    'of other address lengths',
    lab =>
      lab.inject(
        ethFrame(
          BROADCAST_MAC,
          X_MAC,
          0x0806,
          arpPacket(1, X_MAC, PEER, NONE, ME).map((b, i) => (i === 4 ? 8 : b)),
        ),
      ),
  ],
]

test('what is not a request for an own address is not answered, and teaches nothing', () => {
  for (const [what, send] of UNANSWERED) {
    const lab = new HostLab()
    send(lab)
    assert.equal(lab.sentHex(), [], what)
    assert.is(lab.text('ip -n t neigh show nud all dev eth0'), '', what)
  }
})

test('IEEE 802 hardware (6) is Ethernet as well', () => {
  const lab = new HostLab()
  lab.inject(
    ethFrame(
      BROADCAST_MAC,
      X_MAC,
      0x0806,
      arpPacket(1, X_MAC, PEER, NONE, ME).map((b, i) => (i === 1 ? 6 : b)),
    ),
  )
  assert.is(lab.sent().length, 1)
})

/** arp_ignore, sender, target that is an address of: and whether it is answered. */
const IGNORE = [
  [0, PEER, 'eth0', true],
  [0, PEER, 'lo', true],
  [1, PEER, 'eth0', true],
  [1, PEER, 'lo', false],
  [2, PEER, 'eth0', true],
  [2, '10.9.9.9', 'eth0', false],
  [3, PEER, 'host', false],
  [3, PEER, 'lo', true],
  [4, PEER, 'lo', true],
  [8, PEER, 'eth0', false],
] as const

test('arp_ignore: 1 own device, 2 own subnet, 3 not of host scope, 8 never; the larger of all and device', () => {
  const lab = new HostLab(`ip -n t addr add 10.0.0.2/24 dev eth0
    ip -n t addr add 10.44.0.1/32 dev lo
    ip -n t addr add 10.45.0.1/32 dev eth0 scope host`)
  const target = { eth0: ME, lo: '10.44.0.1', host: '10.45.0.1' }
  for (const where of ['all', 'eth0'])
    for (const [mode, spa, kind, expected] of IGNORE) {
      sysctl(lab, `conf.${where}.arp_ignore`, mode)
      lab.arp(1, spa, target[kind])
      assert.is(lab.sent().length > 0, expected, `${where} ${mode} ${spa} ${kind}`)
      sysctl(lab, `conf.${where}.arp_ignore`, 0)
    }
})

test("arp_announce: the sender of a request is the packet's source, one of the target's subnet, or one of the device", () => {
  const asked = (mode: number, source: string): string => {
    const lab = new HostLab(`ip -n t addr add 10.0.0.2/24 dev eth0
      ip -n t addr add 10.0.0.3/24 dev eth0
      ip -n t addr add 10.44.0.1/32 dev lo`)
    sysctl(lab, 'conf.eth0.arp_announce', mode)
    lab.sh(`ip netns exec t ping -c 1 -W 0.1 -I ${source} ${PEER}`)
    return [...lab.sent()[0]!.bytes.subarray(28, 32)].join('.')
  }
  assert.equal(
    [0, 1, 2].map(mode => asked(mode, '10.44.0.1')),
    ['10.44.0.1', ME, ME],
  )
  assert.equal(
    [0, 1, 2].map(mode => asked(mode, '10.0.0.3')),
    ['10.0.0.3', '10.0.0.3', ME],
  )
})

test('arp_filter: answered only where the way back leaves by the same device', () => {
  const lab = new HostLab('ip -n t addr add 10.0.0.2/24 dev eth0\nip -n t route add 10.77.0.0/16 dev lo')
  sysctl(lab, 'conf.eth0.arp_filter', 1)
  lab.arp(1, PEER, ME)
  assert.is(lab.sent().length, 1)
  lab.arp(1, '10.77.0.1', ME)
  assert.is(lab.sent().length, 0)
})

/** arp_accept, operation, sender, target, and whether an entry is made. Gratuitous ones have sender = target. */
const ACCEPT = [
  [0, 1, PEER, PEER, false],
  [1, 1, PEER, PEER, true],
  [1, 2, PEER, PEER, true],
  [1, 1, PEER, '10.0.0.9', false],
  [1, 2, PEER, '10.0.0.9', true],
  [1, 1, '10.9.9.9', '10.9.9.9', true],
  [2, 1, PEER, PEER, true],
  [2, 1, '10.9.9.9', '10.9.9.9', false],
] as const

test('arp_accept makes entries of gratuitous ARP and of answers that nobody asked for; 2 only of the own subnets', () => {
  for (const [mode, op, spa, tpa, expected] of ACCEPT) {
    const lab = new HostLab()
    sysctl(lab, 'conf.eth0.arp_accept', mode)
    lab.arp(op, spa, tpa, { tha: X_MAC })
    assert.is(known(lab, spa), expected ? `${X_MAC} STALE` : '', `${mode} ${op} ${spa} ${tpa}`)
  }
})

test('a gratuitous answer names its sender as target too; another one is held back by the lock time', () => {
  for (const [tha, expected] of [
    [NONE, '02:00:00:00:00:77 STALE'],
    [X_MAC, `${X_MAC} STALE`],
  ] as const) {
    const lab = new HostLab()
    lab.sh(`ip -n t neigh add ${PEER} lladdr 02:00:00:00:00:77 dev eth0 nud stale`)
    lab.arp(2, PEER, PEER, { tha })
    assert.is(known(lab), expected)
  }
})

test('drop_gratuitous_arp passes over what announces itself', () => {
  const lab = new HostLab()
  lab.sh(`ip -n t neigh add ${PEER} lladdr 02:00:00:00:00:77 dev eth0 nud stale`)
  sysctl(lab, 'conf.eth0.drop_gratuitous_arp', 1)
  lab.arp(1, PEER, PEER)
  assert.is(known(lab), '02:00:00:00:00:77 STALE')
})

test('arp_notify announces every address when the MAC changes, in their order', () => {
  const lab = new HostLab('ip -n t addr add 10.0.0.2/24 dev eth0\nip -n t addr add 10.0.0.3/24 dev eth0')
  sysctl(lab, 'conf.eth0.arp_notify', 1)
  const mac = '02:00:00:00:00:22'
  lab.sh(`ip -n t link set eth0 address ${mac}`)
  const announced = (a: string): string => hex(ethFrame(BROADCAST_MAC, mac, 0x0806, arpPacket(1, mac, a, NONE, a)))
  assert.equal(lab.sentHex(), [announced(ME), announced('10.0.0.3')])
})

const PROXY = `ip -n t addr add 10.0.0.2/24 dev eth0
  ip netns exec t sysctl -qw net.ipv4.ip_forward=1
  ip -n t route add 10.77.0.0/16 dev lo`

test('proxy ARP answers for what is routed to another device, with forwarding, and learns the asker', () => {
  const lab = new HostLab(PROXY)
  sysctl(lab, 'conf.eth0.proxy_arp', 1)
  sysctl(lab, 'neigh.eth0.proxy_delay', 0)
  lab.arp(1, PEER, '10.77.0.9')
  assert.equal(lab.sentHex(), [frame(X_MAC, 2, T_MAC, '10.77.0.9', X_MAC, PEER)])
  lab.arp(1, PEER, '10.0.0.9')
  lab.arp(1, PEER, '10.99.0.9')
  sysctl(lab, 'ip_forward', 0)
  lab.arp(1, PEER, '10.77.0.9')
  assert.equal(lab.sent(), [])
})

test('proxied answers are late by up to proxy_delay, at once to unicast; no more than proxy_qlen and one wait', () => {
  const lab = new HostLab(PROXY)
  sysctl(lab, 'conf.eth0.proxy_arp', 1)
  lab.arp(1, PEER, '10.77.0.9', { to: T_MAC })
  assert.is(lab.sent().length, 1)
  const start = lab.now
  for (let i = 0; i < 100; i++) lab.arp(1, PEER, `10.77.1.${i}`)
  lab.run(1)
  const sent = lab.sent()
  assert.is(sent.length, 65)
  assert.ok(sent.every(f => f.time / 1e9 - start <= 0.8))
  assert.is(lab.t.drops().find(d => d.reason === 'NEIGH_QUEUEFULL')?.count, 35)
})

test('what waits for a proxied answer goes when the link goes', () => {
  const lab = new HostLab(PROXY)
  sysctl(lab, 'conf.eth0.proxy_arp', 1)
  for (let i = 0; i < 20; i++) lab.arp(1, PEER, `10.77.1.${i}`)
  const before = lab.sent().length
  lab.sh('ip -n t link set eth0 down')
  lab.run(2)
  assert.ok(before + lab.sent().length < 20)
  assert.is(lab.kernel.skbs.live, 0)
})

test('proxy_arp_pvlan answers for others on the same link, but not for the asker itself', () => {
  const lab = new HostLab(PROXY)
  sysctl(lab, 'conf.eth0.proxy_arp_pvlan', 1)
  sysctl(lab, 'neigh.eth0.proxy_delay', 0)
  lab.arp(1, PEER, '10.0.0.9')
  assert.is(lab.sent().length, 1)
  lab.arp(1, PEER, PEER)
  assert.is(lab.sent().length, 0)
})

test('a device without ARP neither asks nor answers', () => {
  const lab = new HostLab()
  lab.sh('ip -n t link set eth0 arp off')
  lab.arp(1, PEER, ME)
  lab.sh(`ip netns exec t ping -c 1 -W 0.1 ${PEER}`)
  assert.equal(
    lab.sent().map(f => (f.bytes[12]! << 8) | f.bytes[13]!),
    [0x0800],
  )
})

test.run()
