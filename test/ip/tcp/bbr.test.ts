/**
 * BBR beside the kernel's formulas (net/ipv4/tcp_bbr.c): its modes by their gains, the rate of pacing and the window that
 * follow from bandwidth and round-trip time, and what comes out of that on a cable.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createWorld,
  LINUX_6_18,
  type LinkOptions,
  type Netns,
  type TcpSocket,
  type World,
} from '../../../lib/index.js'
import { minmaxRunningMax, type Minmax } from '../../../lib/ip/tcp/win-minmax.js'

const test = suite('BBR')

const MS = 1_000_000
/** Bits a second. */
const RATE = 10_000_000
const MSS = 1448
/** What of the cable's rate is payload: Ethernet's, IPv4's and TCP's headers are not. */
const PAYLOAD: number = MSS / (MSS + 66)
/** Gains times 256, as the kernel works them out in integers. */
const HIGH_GAIN = 739
const DRAIN_GAIN = 88
const MARGIN = 0.99

interface Sender {
  readonly world: World
  readonly a: Netns
  readonly socket: TcpSocket
  readonly received: () => number
}

/** A sender that always has something to send, over a router's cable of 10 ms. */
const sender = (cable: LinkOptions, seed = 1): Sender => {
  const world = createWorld({ seed, profile: { ...LINUX_6_18, tcpCongestionControl: 'bbr' } })
  const a = world.addNetns('a')
  const r = world.addNetns('r')
  const b = world.addNetns('b')
  a.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'eth0', netns: r } })
  r.link.add({ kind: 'link', name: 'eth1', delay: 10 * MS, ...cable, peer: { name: 'eth0', netns: b } })
  world.sh(`
    ip -n a addr add 10.0.0.1/24 dev eth0
    ip -n a link set eth0 up
    ip -n r addr add 10.0.0.254/24 dev eth0
    ip -n r addr add 10.0.1.254/24 dev eth1
    ip -n r link set eth0 up
    ip -n r link set eth1 up
    ip -n b addr add 10.0.1.2/24 dev eth0
    ip -n b link set eth0 up
    ip -n a route add default via 10.0.0.254
    ip -n b route add default via 10.0.1.254
    ip netns exec r sysctl -qw net.ipv4.ip_forward=1`)
  let octets = 0
  b.tcp.listen({ port: 7 }, { onData: data => void (octets += data.length) })
  const chunk = new Uint8Array(65536)
  const pump = (s: TcpSocket): void => {
    while (s.send(chunk) === chunk.length);
  }
  const socket = a.tcp.connect({ address: '10.0.1.2', port: 7 }, { onConnect: pump, onDrain: pump })
  return { world, a, socket, received: () => octets }
}

interface Sample {
  readonly ms: number
  readonly bw: number
  readonly minRtt: number
  readonly pacingGain: number
  readonly cwndGain: number
  readonly cwnd: number
  readonly unacked: number
  readonly pacingRate: number
}

/** Model, window and rate every millisecond until `ms`. */
const watch = ({ world, a, socket }: Sender, ms: number): Sample[] => {
  const out: Sample[] = []
  for (let i = 1; i <= ms; i++) {
    world.run({ for: MS })
    const cc = a.ss().find(s => s.congestionInfo !== null)?.congestionInfo
    if (cc === undefined || cc === null || cc['pacingGain'] === 0) continue
    const { sndCwnd, unacked, pacingRate } = socket.info()
    const { bw, minRtt, pacingGain, cwndGain } = cc as Record<string, number>
    out.push({
      ms: i,
      bw: bw!,
      minRtt: minRtt!,
      pacingGain: pacingGain!,
      cwndGain: cwndGain!,
      cwnd: sndCwnd,
      unacked,
      pacingRate,
    })
  }
  return out
}

/** The gains one after the other, and how long each was set, in milliseconds. */
const phases = (samples: readonly Sample[]): { gain: number; ms: number }[] => {
  const out: { gain: number; ms: number }[] = []
  for (const { pacingGain } of samples) {
    const last = out.at(-1)
    if (last?.gain === pacingGain) last.ms++
    else out.push({ gain: pacingGain, ms: 1 })
  }
  return out
}

test('startup sends 2.885 times the bandwidth, which doubles each round trip, until it does not grow for three rounds', () => {
  const samples = watch(sender({ rate: 100_000_000 }), 1000)
  const startup = samples.filter(s => s.pacingGain === HIGH_GAIN)
  assert.is(startup[0]!.ms, samples[0]!.ms, 'it begins with that')
  assert.ok(startup.every(s => s.cwndGain === HIGH_GAIN))
  // The first rounds carry the initial window, whatever the rate.
  for (const s of startup.filter(t => t.ms >= 80)) {
    const later = startup.find(t => t.ms >= s.ms + 42)!
    if (later.bw > 0.7 * PAYLOAD * (100_000_000 / 8)) break
    // The sample of a round is of what was sent in the one before, at a rate that grew all the time.
    assert.ok(later.bw >= 2.5 * s.bw, `${s.ms} ms: ${s.bw} octets/s, ${later.bw} two round trips later`)
  }
  const full = startup.at(-1)!
  assert.ok(Math.abs(full.bw / ((PAYLOAD * 100_000_000) / 8) - 1) < 0.03, `${full.bw} octets/s`)
  const reached = startup.find(s => s.bw > 0.8 * full.bw)!
  assert.ok(full.ms - reached.ms >= 3 * 20 && full.ms < 600, `full at ${reached.ms} ms, noticed at ${full.ms} ms`)
})

test('the queue of startup is drained at the inverse gain, then the cycle of 5/4, 3/4 and six times 1 begins', () => {
  const all = phases(watch(sender({ rate: RATE }), 6000))
  assert.equal(
    all.slice(0, 2).map(p => p.gain),
    [HIGH_GAIN, DRAIN_GAIN],
  )
  const cycle = all.slice(2)
  const first = cycle.findIndex(p => p.gain === 320)
  assert.ok(first >= 0 && first <= 1 && cycle[0]!.gain !== 192, 'it begins anywhere but with draining')
  const whole = cycle.slice(first, -1)
  assert.ok(whole.length >= 24)
  whole.forEach(({ gain, ms }, i) => {
    assert.is(gain, [320, 192, 256][i % 3], `phase ${i}`)
    if (gain === 320) assert.ok(ms >= 20, `probed for ${ms} ms, a round trip at least`)
    if (gain === 192) assert.ok(ms <= 26, `drained for ${ms} ms, a round trip at most`)
    if (gain === 256) assert.ok(ms >= 6 * 20 && ms <= 6 * 30, `cruised for ${ms} ms, six round trips`)
  })
})

test('rate of pacing and window follow from bandwidth, round-trip time and gains', () => {
  const samples = watch(sender({ rate: RATE }), 5000)
  const steady = samples.filter(s => s.ms > 2000)
  for (const { ms, bw, minRtt, pacingGain, cwndGain, pacingRate, cwnd } of steady) {
    assert.ok(Math.abs(bw / ((PAYLOAD * RATE) / 8) - 1) < 0.05, `${ms} ms: bandwidth ${bw}`)
    assert.ok(minRtt >= 20_000 && minRtt < 23_000, `${ms} ms: round trip ${minRtt} us`)
    const rate = (bw * pacingGain * MARGIN) / 256
    assert.ok(Math.abs(pacingRate - rate) <= 2 * 3, `${ms} ms: paced at ${pacingRate}, formula ${rate}`)
    // Room for three packets of two segments, an even number, two more while it probes; and bunches of acknowledgements.
    const bdp = (bw * minRtt * cwndGain) / 256 / 1e6 / MSS
    assert.ok(cwnd >= Math.floor(bdp) + 6 && cwnd <= bdp + 6 + 4 + 10, `${ms} ms: window ${cwnd}, formula ${bdp}`)
  }
})

test('after ten seconds without a shorter round trip it sends four packets at a time for 200 ms and a round trip', () => {
  // Cross traffic is not needed: its own queue makes round trips longer than the first one.
  const samples = watch(sender({ rate: RATE }), 12_500)
  const probe = samples.filter(s => s.pacingGain === 256 && s.cwndGain === 256)
  assert.ok(probe.length > 0, 'it probed')
  const [first] = probe
  assert.ok(first!.ms >= 10_000, `at ${first!.ms} ms`)
  assert.ok(probe.every(s => s.cwnd <= 4))
  const few = probe.filter(s => s.unacked <= 4).length
  assert.ok(few >= 200 && few <= 200 + 2 * 24, `four packets for ${few} ms`)
  const after = samples.find(s => s.ms > probe.at(-1)!.ms)!
  const before = samples.find(s => s.ms === first!.ms - 1)!
  assert.ok(after.cwndGain === 512 && after.cwnd >= before.cwnd - 4, 'the window is given back')
})

/** Part of the cable's payload that arrived in ten seconds. */
const goodput = (cable: LinkOptions, seed = 1): number => {
  const s = sender({ rate: RATE, ...cable }, seed)
  s.world.run({ for: 10_000 * MS })
  return s.received() / ((10 * PAYLOAD * RATE) / 8)
}

test('a cable is filled to nine tenths and more, and with hardly a queue', () => {
  const part = goodput({})
  assert.ok(part >= 0.9 && part <= 1, `${part}`)
  const small = goodput({ queue: 30 })
  assert.ok(small >= 0.9 && small <= 1, `with a short queue ${small}`)
})

test('one per cent of loss, at which CUBIC starves, takes little', () => {
  for (const seed of [1, 2]) {
    const part = goodput({ loss: 0.01 }, seed)
    assert.ok(part >= 0.85, `seed ${seed}: ${part}`)
  }
})

test('without pauses of its own it paces: no more than a packet of two segments leaves at once', () => {
  const s = sender({ rate: RATE })
  s.world.run({ for: 3000 * MS })
  let most = 0
  for (let i = 0; i < 5_000; i++) {
    const before = s.socket.info().dataSegsOut
    s.world.run({ for: 0.1 * MS })
    most = Math.max(most, s.socket.info().dataSegsOut - before)
  }
  assert.ok(most >= 1 && most <= 2, `${most} segments in 0.1 ms`)
})

test('`ss -ti` tells bandwidth, round-trip time and gains where the tool does', () => {
  const { world } = sender({ rate: RATE })
  world.run({ for: 3000 * MS })
  const { files } = world.sh('ip netns exec a ss -tni > out')
  const text = new TextDecoder().decode(files.get('out'))
  assert.match(
    text,
    / bbr wscale:.* data_segs_out:\d+ bbr:\(bw:\d+bps,mrtt:2[0-9.]+,pacing_gain:(1|1\.25|0\.75),cwnd_gain:2\) send \d+bps /,
  )
})

test('a namespace starts with the algorithm of the profile, and lists what there is as the kernel does', () => {
  const read = (profile?: string): string[] => {
    const world = createWorld(
      profile === undefined ? {} : { profile: { ...LINUX_6_18, tcpCongestionControl: profile } },
    )
    const { sysctl } = world.addNetns('a')
    return ['congestion_control', 'available_congestion_control', 'allowed_congestion_control'].map(key =>
      String(sysctl.get(`net.ipv4.tcp_${key}`)),
    )
  }
  assert.equal(read('bbr'), ['bbr', 'reno bbr cubic', 'reno bbr'])
  assert.equal(read(), ['cubic', 'reno bbr cubic', 'reno bbr cubic'])
  assert.throws(() => read('vegas'), /vegas/)
})

test('the windowed maximum is never below the last value and never above the largest of the window', () => {
  const m: Minmax = { t: [0, 0, 0], v: [0, 0, 0] }
  const values: number[] = []
  for (let t = 1; t < 2000; t++) {
    const v = (t * 7919) % 1009
    values.push(v)
    minmaxRunningMax(m, 10, t, v)
    const recent = values.slice(-11)
    assert.ok(m.v[0] >= v && m.v[0] <= Math.max(...recent), `${t}: ${m.v[0]}`)
    assert.ok(t - m.t[0] <= 10)
  }
})

test.run()
