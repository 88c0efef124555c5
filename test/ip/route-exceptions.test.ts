/** What a host learns about single destinations: path MTUs (RFC 1191) and redirects (RFC 1122 3.2.2.2). */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rawSocket, type RawSocket } from '../../lib/ip/raw.js'
import { udpSocket } from '../../lib/ip/udp.js'
import { HostLab } from './lab.js'
import { icmpMessage, int32, ipv4Packet, udpDatagram } from './octets.js'

const test = suite('ip/route-exceptions')

const ME = '10.0.0.2'
const GATEWAY = '10.0.0.11'
const BETTER = '10.0.0.12'
const FAR = '10.9.0.1'
const PROTO = 253

const host = (more = ''): { lab: HostLab; sk: RawSocket } => {
  const lab = new HostLab(`ip -n t addr add 10.0.0.2/24 dev eth0
    ip -n t route add 10.9.0.0/16 via ${GATEWAY}
    ${more}`)
  lab.know(GATEWAY)
  lab.sh(`ip -n t neigh replace ${BETTER} lladdr 02:00:00:00:00:12 dev eth0`)
  return { lab, sk: rawSocket(lab.t, PROTO) }
}

const QUOTED = ipv4Packet(ME, FAR, PROTO, [1, 2, 3, 4, 5, 6, 7, 8])

/** "Frag needed" about a packet of t, by default one of the raw socket. */
const tooBig = (lab: HostLab, mtu: number, quoted: readonly number[] = QUOTED): void =>
  lab.ip(GATEWAY, ME, 1, icmpMessage(3, 4, mtu, quoted))

const redirect = (
  lab: HostLab,
  gateway: string,
  { from = GATEWAY, code = 1, quoted = QUOTED as readonly number[] } = {},
): void => lab.ip(from, ME, 1, icmpMessage(5, code, int32(gateway) >>> 0, quoted))

/** Lines of `ip route get` about the cache, without the seconds. */
const cache = (lab: HostLab): string =>
  lab
    .text(`ip -n t route get ${FAR}`)
    .split('\n')[1]!
    .trim()
    .replace(/expires \d+sec/, 'expires')
    .trim()

const sizes = (lab: HostLab, sk: RawSocket): (readonly [number, boolean])[] => {
  sk.sendTo(new Uint8Array(1480), int32(FAR))
  return lab.sentIp().map(p => [p.length, (p[6]! & 0x40) !== 0] as const)
}

test('a path MTU is learned for its destination and kept for 600 s; packets are cut to it', () => {
  const { lab, sk } = host()
  assert.equal(sizes(lab, sk), [[1500, true]])
  tooBig(lab, 1000)
  assert.is(cache(lab), 'cache expires mtu 1000')
  assert.equal(sizes(lab, sk), [
    [996, false],
    [524, false],
  ])
  sk.sendTo(new Uint8Array(1480), int32('10.9.0.2'))
  assert.equal(
    lab.sentIp().map(p => p.length),
    [1500],
  )
  lab.run(599)
  assert.is(cache(lab), 'cache expires mtu 1000')
  lab.run(2)
  assert.is(cache(lab), 'cache')
  assert.equal(sizes(lab, sk), [[1500, true]])
})

test('a larger MTU than the known one is not believed, a smaller one is', () => {
  const { lab } = host()
  for (const [mtu, expected] of [
    [9000, 'cache'],
    [1400, 'cache expires mtu 1400'],
    [1450, 'cache expires mtu 1400'],
    [900, 'cache expires mtu 900'],
  ] as const) {
    tooBig(lab, mtu)
    assert.is(cache(lab), expected)
  }
})

test('below min_pmtu the host settles on that and sends without DF, whatever was said', () => {
  for (const mtu of [0, 67, 300, 551]) {
    const { lab, sk } = host()
    tooBig(lab, mtu)
    assert.is(cache(lab), 'cache expires mtu lock 552')
    assert.equal(
      sizes(lab, sk).map(([, df]) => df),
      [false, false, false],
    )
    sk.sendTo(new Uint8Array(100), int32(FAR))
    assert.equal(
      lab.sentIp().map(p => p[6]),
      [0],
    )
    tooBig(lab, 500)
    assert.is(cache(lab), 'cache expires mtu lock 552')
  }
})

test('a locked MTU of the route is not lowered', () => {
  const { lab } = host()
  lab.sh(`ip -n t route replace 10.9.0.0/16 via ${GATEWAY} mtu lock 1200`)
  tooBig(lab, 900)
  assert.is(cache(lab), 'cache mtu lock 1200')
})

test('only an error about a packet of a socket of this host, or about an echo reply, is believed', () => {
  const { lab } = host()
  const udp = (sport: number): number[] => ipv4Packet(ME, FAR, 17, udpDatagram(ME, FAR, sport, 9, [1]))
  tooBig(lab, 1000, udp(7000))
  assert.is(cache(lab), 'cache')
  tooBig(lab, 1000, ipv4Packet(ME, FAR, 252, [1, 2, 3, 4, 5, 6, 7, 8]))
  tooBig(lab, 1000, ipv4Packet('10.0.0.77', FAR, PROTO, [1, 2, 3, 4, 5, 6, 7, 8]))
  tooBig(lab, 1000, ipv4Packet(ME, FAR, 1, icmpMessage(8, 0, 1)))
  tooBig(lab, 1000, QUOTED.slice(0, 27))
  assert.is(cache(lab), 'cache')
  tooBig(lab, 1300, ipv4Packet(ME, FAR, 1, icmpMessage(0, 0, 1)))
  assert.is(cache(lab), 'cache expires mtu 1300')
  udpSocket(lab.t).bind({ port: 7000 })
  tooBig(lab, 1000, udp(7000))
  assert.is(cache(lab), 'cache expires mtu 1000')
})

test('ip_no_pmtu_disc: 1 takes no MTU from the error, 2 takes no notice of it', () => {
  for (const [value, expected] of [
    [1, 'cache expires mtu lock 552'],
    [2, 'cache'],
  ] as const) {
    const { lab } = host(`ip netns exec t sysctl -qw net.ipv4.ip_no_pmtu_disc=${value}`)
    tooBig(lab, 1000)
    assert.is(cache(lab), expected)
  }
})

test('a redirect of the gateway in use is believed for 300 s, for its destination only', () => {
  const { lab, sk } = host()
  redirect(lab, BETTER)
  assert.is(cache(lab), 'cache <redirected> expires')
  const macs = (): string[] => {
    sk.sendTo(Uint8Array.of(1), int32(FAR))
    sk.sendTo(Uint8Array.of(1), int32('10.9.0.2'))
    return lab.sent().map(f => Buffer.from(f.bytes.subarray(4, 6)).toString('hex'))
  }
  assert.equal(macs(), ['0012', '0001'])
  lab.run(301)
  assert.equal(macs(), ['0001', '0001'])
})

/** What makes a redirect incredible; each with what is otherwise than in the one that is believed. */
const INCREDIBLE: readonly (readonly [string, string, (lab: HostLab) => void])[] = [
  ['from another than the gateway', '', lab => redirect(lab, BETTER, { from: '10.0.0.13' })],
  ['to the gateway itself', '', lab => redirect(lab, GATEWAY)],
  ['to a group', '', lab => redirect(lab, '224.0.0.5')],
  ['to nobody', '', lab => redirect(lab, '0.0.0.0')],
  ['to all', '', lab => redirect(lab, '255.255.255.255')],
  ['to a broadcast address', '', lab => redirect(lab, '10.0.0.255')],
  ['to the host itself', '', lab => redirect(lab, ME)],
  ['of an unknown kind', '', lab => redirect(lab, BETTER, { code: 4 })],
  [
    'about a packet of nobody',
    '',
    lab => redirect(lab, BETTER, { quoted: ipv4Packet(ME, FAR, 252, [1, 2, 3, 4, 5, 6, 7, 8]) }),
  ],
  [
    'about a neighbour',
    '',
    lab => redirect(lab, BETTER, { quoted: ipv4Packet(ME, '10.0.0.1', PROTO, [1, 2, 3, 4, 5, 6, 7, 8]) }),
  ],
  [
    'not accepted',
    'ip netns exec t sysctl -qw net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.eth0.accept_redirects=0',
    lab => redirect(lab, BETTER),
  ],
  ['for a router', 'ip netns exec t sysctl -qw net.ipv4.ip_forward=1', lab => redirect(lab, BETTER)],
  [
    'not known as gateway',
    'ip netns exec t sysctl -qw net.ipv4.conf.all.shared_media=0 net.ipv4.conf.eth0.shared_media=0',
    lab => redirect(lab, BETTER),
  ],
]

test('a redirect that Linux would not believe changes nothing', () => {
  for (const [what, settings, send] of INCREDIBLE) {
    const { lab } = host(settings)
    send(lab)
    assert.is(cache(lab), 'cache', what)
  }
})

test('with shared_media off a gateway of another route is believed (secure_redirects)', () => {
  const { lab } = host(`ip netns exec t sysctl -qw net.ipv4.conf.all.shared_media=0 net.ipv4.conf.eth0.shared_media=0
    ip -n t route add 10.77.0.0/16 via ${BETTER}`)
  redirect(lab, BETTER)
  assert.is(cache(lab), 'cache <redirected> expires')
})

test('an unknown gateway is asked for first, and the next redirect is believed (icmp-redirect)', () => {
  const { lab } = host()
  lab.sh(`ip -n t neigh del ${BETTER} dev eth0`)
  redirect(lab, BETTER)
  assert.is(cache(lab), 'cache')
  assert.equal(
    lab.sentHex().map(f => f.slice(-8)),
    ['0a00000c'],
  )
  lab.arp(2, BETTER, ME, { tha: '02:00:00:00:00:02', to: '02:00:00:00:00:02' })
  redirect(lab, BETTER)
  assert.is(cache(lab), 'cache <redirected> expires')
})

test('what was learned goes with the route, and by a flush of the cache', () => {
  const { lab } = host()
  tooBig(lab, 1000)
  lab.sh('ip -n t route flush cache')
  assert.is(cache(lab), 'cache')
  tooBig(lab, 1000)
  lab.sh(`ip -n t route del 10.9.0.0/16
    ip -n t route add 10.9.0.0/16 via ${GATEWAY}`)
  assert.is(cache(lab), 'cache')
})

test('forwarded packets keep to the link unless ip_forward_use_pmtu says otherwise', () => {
  const { lab } = host(`ip netns exec t sysctl -qw net.ipv4.ip_forward=1
    ip netns exec t sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0`)
  tooBig(lab, 1000)
  const forward = (): number[] => {
    lab.ip('10.0.0.1', FAR, PROTO, new Array<number>(1480).fill(0))
    return lab.sentIp().map(p => p.length)
  }
  assert.equal(forward(), [1500])
  lab.sh('ip netns exec t sysctl -qw net.ipv4.ip_forward_use_pmtu=1')
  assert.equal(forward(), [996, 524])
})

test.run()
