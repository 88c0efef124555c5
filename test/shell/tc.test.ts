/** What the shell makes of `tc` and `type link`, beyond the transcripts: where it works, what it refuses, what frames do. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, ms, type World } from '../../lib/index.js'

const test = suite('shell/tc')

const SETUP = `ip netns add h1
ip netns add h2
ip -n h1 link set lo up
ip -n h1 link add eth0 type KIND peer name eth0 netns h2
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
sleep 2`

const lab = (kind: string, seed = 1): World => {
  const world = createWorld({ seed })
  world.sh(SETUP.replace('KIND', kind))
  world.sh('ip netns exec h1 ping -c 1 10.0.0.2')
  return world
}

/** Round-trip times as ping prints them. */
const times = (world: World, count = 1): string[] =>
  [
    ...world
      .sh(`ip netns exec h1 ping -c ${count} -W 1 -s 58 10.0.0.2`, { mayFail: true })
      .stdout.matchAll(/time=(\S+) ms/g),
  ].map(m => m[1]!)

test('tc works with -n NS and behind ip netns exec NS', () => {
  const world = lab('veth')
  world.sh('tc -n h1 qdisc add dev eth0 root netem delay 10ms')
  world.sh('ip netns exec h2 tc qdisc add dev eth0 root netem delay 5ms')
  assert.equal(times(world), ['15.0'])
  world.sh('tc -n h1 qdisc change dev eth0 root netem delay 1ms rate 1mbit')
  // 100 octets with the header take 800 microseconds.
  assert.equal(times(world), ['6.80'])
  world.sh('tc -n h1 qdisc del dev eth0 root')
  assert.equal(times(world), ['5.00'])
})

test('a delay is in ticks of 64 ns, as tc tells the kernel', () => {
  const world = lab('veth')
  world.sh('tc -n h1 qdisc add dev eth0 root netem delay 100us')
  assert.equal((world.netns('h1').qdisc.list('eth0')[0]!.attrs as { latency: number }).latency, 99_968)
})

test('tc -s counts what passed and what was lost', () => {
  const world = lab('veth')
  world.sh('tc -n h1 qdisc add dev eth0 root handle 1: netem loss 100%')
  assert.equal(times(world, 2), [])
  const text = world.sh('tc -n h1 -s qdisc show dev eth0').stdout
  assert.match(text, / Sent 0 bytes 0 pkt \(dropped 2, overlimits 0 requeues 0\) \n backlog 0b 0p requeues 0\n$/)
})

test('tc -s shows what waits', () => {
  const world = lab('veth')
  world.sh('tc -n h1 qdisc add dev eth0 root handle 1: netem delay 1s')
  const text = world.sh('ip netns exec h1 ping -c 1 10.0.0.2 &\nsleep 0.5\ntc -n h1 -s qdisc show dev eth0').stdout
  assert.match(text, /backlog 98b 1p requeues 0/)
})

test('classes, filters, and qdiscs that netloom has not are refused by name', () => {
  const world = lab('veth')
  const cases: [string, RegExp][] = [
    ['tc -n h1 class show dev eth0', /tc: `class` is not supported by netloom; supported: qdisc/],
    ['tc -n h1 filter add dev eth0 parent 1: u32', /tc: `filter` is not supported/],
    [
      'tc -n h1 qdisc add dev eth0 root htb default 1',
      /tc qdisc: `htb` is not supported by netloom; supported: .*netem/,
    ],
    ['tc -n h1 qdisc add dev eth0 root fq_codel', /tc qdisc: `fq_codel` is not supported/],
    ['tc -n h1 qdisc add dev eth0 ingress', /tc qdisc: `ingress` is not supported/],
    ['tc -n h1 qdisc add dev eth0 stab overhead 4 root pfifo', /tc qdisc: `stab` is not supported/],
    ['tc -n h1 -raw qdisc', /tc: `-raw` is not supported/],
    ['tc qdisc', /nothing runs outside a namespace: use tc -n NS qdisc/],
  ]
  for (const [command, message] of cases) assert.throws(() => world.sh(command), message, command)
  assert.is(world.netns('h1').qdisc.list('eth0')[0]!.kind, 'noqueue')
})

test('type link takes tc’s words for both directions, or for one', () => {
  const world = lab('link delay 5ms rate 1mbit')
  assert.equal(times(world), ['11.6'])
  world.sh('ip -n h1 link set eth0 type link delay 1ms out rate 10mbit')
  // 1 + 0.08 ms there, 1 + 0.8 ms back.
  assert.equal(times(world), ['2.88'])
  world.sh('ip -n h2 link set eth0 type link loss 100%')
  assert.equal(times(world), [])
  world.sh('ip -n h1 link set eth0 type link loss 0% delay 2ms 0ms in delay 3ms queue 10 rate 0')
  assert.equal(times(world), ['5.08'])
  const { attrs } = world.netns('h1').dev('eth0').info()
  assert.match(String(attrs['in']), /"delay":3000000.*"rate":0.*"queue":10/)
})

test('type link knows netem’s models and its own words', () => {
  const world = lab(
    'link overhead 24 loss gemodel 1% 10% duplicate 1% corrupt 1% 25% delay 10ms 1ms distribution normal',
  )
  const info = JSON.parse(String(world.netns('h1').dev('eth0').info().attrs['out'])) as { [key: string]: unknown }
  const { overhead, duplicate, corruptCorr, jitter, distribution } = info
  assert.equal(
    [overhead, duplicate, corruptCorr, jitter, distribution],
    [24, Math.round(0.01 * 0xffffffff), Math.round(0.25 * 0xffffffff), ms(1), 'normal'],
  )
  const wrong: [string, RegExp][] = [
    ['foo', /link: unknown option "foo"\?\nUsage: ... link \[ both/],
    ['delay x', /Illegal "latency"/],
    ['queue x', /Illegal "queue"/],
    ['loss 101%', /Illegal "loss percent"/],
  ]
  for (const [words, text] of wrong) {
    const result = world.sh(`ip -n h1 link set eth0 type link ${words}`, { mayFail: true })
    assert.match(result.stderr, text, words)
    assert.is(result.exits[0]!.exit, 1)
  }
  assert.equal(JSON.parse(String(world.netns('h1').dev('eth0').info().attrs['out'])), info)
})

test('a link is a card to ip link: a kind is nowhere to be seen', () => {
  const text = lab('link').sh('ip -n h1 -d link show eth0').stdout
  assert.match(text, /^2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP mode DEFAULT/)
  assert.match(
    text,
    / promiscuity 0 {2}allmulti 0 minmtu 68 maxmtu 65535 addrgenmode eui64 numtxqueues 1 numrxqueues 1 /,
  )
})

test('ethtool tells the rate of a cable as the speed of its card', () => {
  const speed = (words: string): string =>
    /Speed: (.*)/.exec(lab(words).sh('ip netns exec h1 ethtool eth0').stdout)![1]!
  assert.equal(['link', 'link rate 1gbit', 'link rate 100mbit'].map(speed), ['Unknown!', '1000Mb/s', '100Mb/s'])
  const world = lab('link rate 1gbit')
  assert.equal(world.netns('h1').ethtool.settings('eth0'), { speed: 1000, duplex: 'full', linkDetected: true })
})

test('a rate in percent is one of the card’s speed', () => {
  const world = lab('link rate 100mbit')
  world.sh('tc -n h1 qdisc add dev eth0 root tbf rate 10% burst 10kb latency 10ms')
  assert.match(world.sh('tc -n h1 qdisc show dev eth0').stdout, /rate 10Mbit/)
})

test('the same as calls: netns.qdisc and link.add', () => {
  const world = createWorld({ seed: 1 })
  const [h1, h2] = [world.addNetns('h1'), world.addNetns('h2')]
  h1.link.add({
    kind: 'link',
    name: 'eth0',
    peer: { name: 'eth0', netns: h2, up: true },
    delay: ms(5),
    rate: 1e6,
    out: { rate: 2e6, loss: 0.5 },
    up: true,
  })
  h1.qdisc.add('eth0', { kind: 'tbf', rate: 1e6, burst: 10_240, latency: ms(50), handle: '1:' })
  h1.qdisc.add('eth0', {
    kind: 'netem',
    delay: ms(10),
    jitter: ms(2),
    delayCorrelation: 0.25,
    loss: 0.01,
    parent: '1:1',
  })
  assert.is(
    world.sh('tc -n h1 qdisc show dev eth0').stdout,
    `qdisc tbf 1: root refcnt 2 rate 1Mbit burst 10Kb lat 50ms 
qdisc netem 8001: parent 1:1 limit 1000 delay 10ms  2ms 25% loss 1%
`,
  )
  assert.equal(
    h1.qdisc.list('eth0').map(q => [q.kind, q.handle, q.parent, q.qlen]),
    [
      ['tbf', '1:', 'root', 0],
      ['netem', '8001:', '1:1', 0],
    ],
  )
  h1.qdisc.del('eth0', { parent: '1:1' })
  h1.qdisc.replace('eth0', { kind: 'pfifo', limit: 5 })
  assert.equal(
    h1.qdisc.list().map(q => q.kind),
    ['pfifo'],
  )
  const wrong: [() => void, RegExp][] = [
    [() => h1.qdisc.add('eth0', { kind: 'netem', loss: 2 }), /loss: 2 is not a probability/],
    [() => h1.qdisc.add('eth0', { kind: 'netem', reorder: 0.1 }), /reordering not possible without/],
    [() => h1.qdisc.add('eth0', { kind: 'tbf', rate: 1, burst: 1 }), /either limit or latency/],
    [() => h1.qdisc.add('eth0', { kind: 'pfifo', foo: 1 } as never), /unknown option "foo"; known are limit/],
    [() => h1.qdisc.add('eth0', { kind: 'pfifo', handle: 'x' }), /handle: "x" is not MAJOR:MINOR/],
    [() => h1.qdisc.del('eth0', { parent: '9:1' }), /Failed to find qdisc with specified classid/],
    [() => h1.link.set('eth0', { kind: 'link', delay: -1 }), /delay: -1 is not a whole number/],
    [() => h1.link.set('eth0', { kind: 'link', out: { foo: 1 } as never }), /unknown option "foo"/],
  ]
  for (const [run, text] of wrong) assert.throws(run, text)
  assert.equal(
    h1.qdisc.list().map(q => q.kind),
    ['pfifo'],
  )
})

test('marks packets with ECN in the place of losing them, and their checksum stays right', () => {
  const world = lab('veth')
  world.sh('tc -n h1 qdisc add dev eth0 root netem loss 100% ecn')
  const seen = world.capture({ dev: world.netns('h2').dev('eth0'), filter: 'udp' })
  const got: number[] = []
  world.netns('h2').udp.bind({ port: 7 }, d => got.push(d.tos))
  for (const tos of [0, 1, 2, 3, 0xb8, 0xba])
    world.netns('h1').udp.bind({ tos }).sendTo('x', { address: '10.0.0.2', port: 7 })
  assert.is(world.netns('h1').qdisc.list('eth0')[0]!.drops, 6)
  world.run()
  assert.equal([got, seen.count], [[3, 3, 3, 0xbb], 4])
})

test.run()
