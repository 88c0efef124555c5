/**
 * CUBIC's window over time, beside RFC 9438's formula
 *
 *     W_cubic(t) = C * (t - K)^3 + W_max,  K = cbrt((W_max - cwnd_epoch) / C),  C = 0.4, beta_cubic = 0.7
 *
 * on connections over a link whose queue overflows; and its integer cube root beside the real one.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type TcpSocket, type World } from '../../../lib/index.js'
import { cubicRoot } from '../../../lib/ip/tcp/tcp-cubic.js'

const test = suite('CUBIC')

const C = 0.4
const BETA = 0.7
const MS = 1_000_000
const SEC = 1_000_000_000
const CA_OPEN = 0
const CA_RECOVERY = 3

/**
 * A sender that always has something to send, over a router whose 10 Mbit/s and 50 ms have a queue of 90 packets. The
 * queue that overflows is a router's: a sender's own does not, for TCP leaves no more than two packets in it.
 */
const sender = (cc: string, seed: number): { world: World; socket: TcpSocket } => {
  const world = createWorld({ seed })
  const a = world.addNetns('a')
  const r = world.addNetns('r')
  const b = world.addNetns('b')
  a.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'eth0', netns: r } })
  r.link.add({
    kind: 'link',
    name: 'eth1',
    delay: 50 * MS,
    rate: 10_000_000,
    queue: 90,
    peer: { name: 'eth0', netns: b },
  })
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
    ip -n b route add default via 10.0.1.254`)
  r.sysctl.set('net.ipv4.ip_forward', '1')
  a.sysctl.set('net.ipv4.tcp_congestion_control', cc)
  b.tcp.listen({ port: 7 }, { onData: () => {} })
  const chunk = new Uint8Array(65536)
  const pump = (s: TcpSocket): void => {
    while (s.send(chunk) === chunk.length);
  }
  const socket = a.tcp.connect({ address: '10.0.1.2', port: 7 }, { onConnect: pump, onDrain: pump })
  return { world, socket }
}

interface Sample {
  readonly t: number
  readonly cwnd: number
  readonly ca: number
  readonly rtt: number
}

/** The window every 10 ms for `seconds`. */
const watch = (world: World, socket: TcpSocket, seconds: number): Sample[] => {
  const out: Sample[] = []
  for (let i = 0; i < seconds * 100; i++) {
    world.run({ for: 10 * MS })
    const { sndCwnd, caState, rtt } = socket.info()
    out.push({ t: world.now / SEC, cwnd: sndCwnd, ca: caState, rtt: rtt / 1e6 })
  }
  return out
}

interface Epoch {
  /** The window at which the loss was found out. */
  readonly before: number
  /** From the end of the recovery to the next loss. */
  readonly samples: readonly Sample[]
}

/** The times between losses, after the slow start. */
const epochs = (samples: readonly Sample[]): Epoch[] => {
  const out: Epoch[] = []
  let at = samples.findIndex(s => s.ca === CA_RECOVERY)
  while (at > 0) {
    let opened = at
    while (opened > 0 && samples[opened - 1]!.ca !== CA_OPEN) opened--
    const before = samples[opened - 1]!.cwnd
    const start = samples.findIndex((s, i) => i > at && s.ca === CA_OPEN)
    const end = start < 0 ? -1 : samples.findIndex((s, i) => i > start && s.ca !== CA_OPEN)
    if (end < 0) break
    out.push({ before, samples: samples.slice(start, end) })
    at = samples.findIndex((s, i) => i > end && s.ca === CA_RECOVERY)
  }
  return out
}

/** Every sample of an epoch beside the formula; how long behind the plateau the epoch went on, in seconds. */
const besideFormula = ({ samples }: Epoch, wMax: number): number => {
  const { t: t0, cwnd: epoch } = samples[0]!
  const k = Math.cbrt((wMax - epoch) / C)
  for (const { t, cwnd, rtt } of samples) {
    const at = t - t0 - k
    const w = C * at ** 3 + wMax
    // A window is whole packets, and a round trip late, for what it grows by is counted in acknowledgements.
    const slack = 2 + 3 * C * at ** 2 * rtt
    assert.ok(Math.abs(cwnd - w) <= slack, `${(t - t0).toFixed(2)} s: ${cwnd}, RFC 9438 ${w.toFixed(1)}`)
  }
  return samples[samples.length - 1]!.t - t0 - k
}

test('after a loss the window follows C(t-K)^3 + W_max, concave up to the plateau and convex behind it', () => {
  const { world, socket } = sender('cubic', 1)
  const all = epochs(watch(world, socket, 36))
  assert.ok(all.length >= 5, `${all.length} epochs`)
  let last = 0
  const behind: number[] = []
  for (const epoch of all) {
    const { before, samples } = epoch
    // Fast convergence, RFC 9438 4.7: who lost earlier than the last time leaves room for others.
    const wMax = before < last ? (before * (1 + BETA)) / 2 : before
    last = wMax
    assert.ok(Math.abs(samples[0]!.cwnd - BETA * before) <= 2, `reduced from ${before} to ${samples[0]!.cwnd}`)
    behind.push(besideFormula(epoch, wMax))
  }
  assert.ok(Math.min(...behind) < -1 && Math.max(...behind) > 3, `s behind the plateau: ${behind}`)
})

test('Reno halves the window and adds a packet each round trip', () => {
  const { world, socket } = sender('reno', 1)
  const all = epochs(watch(world, socket, 50))
  assert.ok(all.length >= 3, `${all.length} epochs`)
  for (const { before, samples } of all) {
    const from = samples[0]!
    assert.ok(Math.abs(from.cwnd - before / 2) <= 2, `reduced from ${before} to ${from.cwnd}`)
    const trips = samples.reduce((sum, s) => sum + 0.01 / s.rtt, 0)
    const grown = samples[samples.length - 1]!.cwnd - from.cwnd
    assert.ok(Math.abs(grown - trips) <= 1 + 0.1 * trips, `${grown} packets in ${trips} round trips`)
  }
})

test("HyStart ends slow start before the queue is full, so that CUBIC's first loss is of few packets", () => {
  const { world, socket } = sender('cubic', 1)
  const samples = watch(world, socket, 10)
  const inSlowStart = samples.findIndex(s => s.cwnd > 90 + 83)
  assert.ok(inSlowStart === -1 || samples[inSlowStart]!.t > 2, 'the window did not shoot over pipe and queue')
  assert.ok(world.drops().every(d => d.reason !== 'FULL_RING' || d.count < 20))
})

test('the integer cube root is within a percent of the real one', () => {
  for (const a of [64, 100, 1000, 12_345, 1e6, 2 ** 32, 1e12, 2_681_735_677 * 100, 1e15]) {
    const real = Math.cbrt(a)
    assert.ok(Math.abs(cubicRoot(a) - real) <= Math.max(1, 0.01 * real), `${a}: ${cubicRoot(a)}, ${real}`)
  }
  for (let a = 0; a < 64; a++) assert.ok(Math.abs(cubicRoot(a) - Math.cbrt(a)) < 1)
})

test.run()
