/** How many ICMP errors are sent: the buckets of a destination, of all destinations, and of "no route". */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HostLab, icmpOf } from './lab.js'
import { icmpMessage, udpDatagram } from './octets.js'

const test = suite('ip/icmp-limit')

const FORWARDING = `ip -n t addr add 10.0.0.2/24 dev eth0
  ip netns exec t sysctl -qw net.ipv4.ip_forward=1
  ip -n t route add 10.55.0.0/16 via 10.0.0.1
  ip netns exec t sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0`

const hosts = (lab: HostLab, n: number): void => {
  for (let i = 0; i < n; i++) lab.know(`10.0.0.${i + 10}`)
}

/** Sends a datagram to a closed port from 10.0.0.`from`; true when it is answered. */
const knocks = (lab: HostLab, from = 1): boolean => {
  const src = `10.0.0.${from}`
  lab.ip(src, '10.0.0.2', 17, udpDatagram(src, '10.0.0.2', 5000, 9, [1]))
  return lab.sentIp().some(p => p[9] === 1 && icmpOf(p).type === 3)
}

const count = (n: number, one: () => boolean): number => Array.from({ length: n }, one).filter(Boolean).length

test('a destination is sent six errors at once, then one a second (icmp_ratelimit 1000, XRLIM_BURST_FACTOR 6)', () => {
  const lab = new HostLab()
  lab.know('10.0.0.1')
  assert.is(
    count(20, () => knocks(lab)),
    6,
  )
  lab.run(0.9)
  assert.is(
    count(5, () => knocks(lab)),
    0,
  )
  lab.run(0.2)
  assert.is(
    count(5, () => knocks(lab)),
    1,
  )
  lab.run(3.1)
  assert.is(
    count(9, () => knocks(lab)),
    3,
  )
  lab.run(60)
  assert.is(
    count(20, () => knocks(lab)),
    6,
  )
})

test('each destination has a bucket of its own', () => {
  const lab = new HostLab()
  hosts(lab, 4)
  for (const from of [10, 11, 12, 13])
    assert.is(
      count(10, () => knocks(lab, from)),
      6,
    )
})

test('icmp_ratelimit is the distance of errors in milliseconds; 0 is no limit', () => {
  const lab = new HostLab()
  lab.know('10.0.0.1')
  lab.sh('ip netns exec t sysctl -qw net.ipv4.icmp_ratelimit=200')
  assert.is(
    count(20, () => knocks(lab)),
    6,
  )
  lab.run(1.01)
  assert.is(
    count(20, () => knocks(lab)),
    5,
  )
  lab.sh('ip netns exec t sysctl -qw net.ipv4.icmp_ratelimit=0')
  assert.is(
    count(30, () => knocks(lab)),
    30,
  )
})

test('icmp_ratemask says which types are limited: echo replies are not, unless their bit is set', () => {
  const lab = new HostLab()
  lab.know('10.0.0.1')
  const echo = (): boolean => {
    lab.ip('10.0.0.1', '10.0.0.2', 1, icmpMessage(8, 0, 1))
    return lab.sentIp().length > 0
  }
  assert.is(count(40, echo), 40)
  lab.sh('ip netns exec t sysctl -qw net.ipv4.icmp_ratemask=1')
  assert.is(count(40, echo), 6)
  assert.is(
    count(40, () => knocks(lab)),
    40,
  )
})

test('"frag needed" is not limited', () => {
  const lab = new HostLab(`${FORWARDING}
    ip -n t route add 10.56.0.0/16 via 10.0.0.1 mtu 600`)
  lab.know('10.0.0.1')
  const tooBig = (): boolean => {
    lab.ip('10.0.0.1', '10.56.0.1', 253, new Array<number>(700).fill(0), { frag: 0x4000 })
    return lab.sentIp().some(p => p[9] === 1 && icmpOf(p).code === 4)
  }
  assert.is(count(30, tooBig), 30)
})

test('all destinations together are sent at most icmp_msgs_burst errors, twice that for chance, and icmp_msgs_per_sec', () => {
  const lab = new HostLab()
  hosts(lab, 200)
  lab.sh('ip netns exec t sysctl -qw net.ipv4.icmp_ratelimit=0')
  let n = 0
  while (n < 199 && knocks(lab, 10 + n)) n++
  // Each costs 0, 1 or 2 of the 50: icmp_global_consume.
  assert.ok(n >= 26 && n <= 100, `${n} errors`)
  assert.not(knocks(lab, 10))
  lab.run(0.016)
  assert.not(knocks(lab, 10), 'nothing is added within 20 ms')
  lab.run(0.008)
  assert.ok(knocks(lab, 10))
})

test('"no route" has a bucket of five in the same tokens: five at once, then one a second (ip_error)', () => {
  const lab = new HostLab(`${FORWARDING}
    ip netns exec t sysctl -qw net.ipv4.icmp_ratelimit=0`)
  lab.know('10.0.0.1')
  const lost = (): boolean => {
    lab.ip('10.0.0.1', '10.99.0.1', 253, [1, 2, 3, 4])
    return lab.sentIp().some(p => icmpOf(p).type === 3 && icmpOf(p).code === 0)
  }
  // With no limit of the destination's own its tokens are cut to 0 whenever time passes, so five are all there is.
  assert.is(count(20, lost), 5)
})

test('errors of one kind use up the tokens of another', () => {
  const lab = new HostLab(FORWARDING)
  lab.know('10.0.0.1')
  const expired = (): boolean => {
    lab.ip('10.0.0.1', '10.55.0.1', 253, [1, 2, 3, 4], { ttl: 1 })
    return lab.sentIp().some(p => icmpOf(p).type === 11)
  }
  assert.is(count(4, expired), 4)
  assert.is(
    count(9, () => knocks(lab)),
    2,
  )
  assert.is(count(9, expired), 0)
})

test('a redirect empties the bucket: the error after it is not sent (ip_rt_send_redirect)', () => {
  const lab = new HostLab(`ip -n t addr add 10.0.0.2/24 dev eth0
    ip netns exec t sysctl -qw net.ipv4.ip_forward=1
    ip -n t route add 10.55.0.0/16 via 10.0.0.11`)
  lab.know('10.0.0.1')
  lab.know('10.0.0.11')
  lab.ip('10.0.0.1', '10.55.0.1', 253, [1, 2, 3, 4])
  assert.equal(
    lab
      .sentIp()
      .filter(p => p[9] === 1)
      .map(p => icmpOf(p).type),
    [5],
  )
  assert.not(knocks(lab))
  lab.run(1.01)
  assert.ok(knocks(lab))
})

test('redirects to a host come at 20 ms, 40 ms, 80 ms ... and end after nine until it has been silent for 20.48 s', () => {
  const lab = new HostLab(`ip -n t addr add 10.0.0.2/24 dev eth0
    ip netns exec t sysctl -qw net.ipv4.ip_forward=1
    ip -n t route add 10.55.0.0/16 via 10.0.0.11`)
  lab.know('10.0.0.1')
  lab.know('10.0.0.11')
  const times: number[] = []
  const forward = (): void => {
    lab.ip('10.0.0.1', '10.55.0.1', 253, [1, 2, 3, 4])
    if (lab.sentIp().some(p => p[9] === 1 && icmpOf(p).type === 5)) times.push(Math.round(lab.kernel.now / 4e6))
  }
  const start = Math.round(lab.kernel.now / 4e6)
  for (let i = 0; i < 3000; i++) {
    forward()
    lab.run(0.004)
  }
  // A redirect is due when more than 5 jiffies of 4 ms, doubled with every one before, have gone by.
  const gaps = times.map((t, i) => t - (times[i - 1] ?? start))
  assert.equal(gaps, [0, 11, 21, 41, 81, 161, 321, 641, 1281])
  lab.run(20.5)
  forward()
  assert.is(times.length, 10)
})

test.run()
