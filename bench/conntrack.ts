/**
 * `node --expose-gc bench/conntrack.ts [N ...]`: connection tracking with N entries in the table, 10, 10,000 and 1,000,000 by
 * default. For each N: octets of memory per entry, nanoseconds of an established packet (looked up, its state advanced and
 * confirmed, as the two hooks of a router do it; time of the CPU) and of a packet that begins a connection, for UDP and TCP.
 *
 * Each figure is the median of some rounds; packets take the entries in turn, so that a large table misses the caches.
 */
import { NF_INET_PRE_ROUTING, NfHookState } from '../dist/core/netfilter.js'
import { allocSkb, consumeSkb, type Skb, skbPut } from '../dist/core/skb.js'
import { World } from '../dist/core/world.js'
import { nfConntrackConfirm, nfConntrackIn } from '../dist/netfilter/conntrack/nf-conntrack-core.js'
import { nfConntrack } from '../dist/netfilter/conntrack/nf-conntrack-net.js'
import { DEFAULT_PROFILE } from '../dist/core/profile.js'
import { putU16, putU32 } from '../dist/wire/bytes.js'
import { emitIpv4 } from '../dist/wire/ipv4.js'
import { emitTcp, TH_ACK, TH_SYN } from '../dist/wire/tcp.js'
import { emitUdp } from '../dist/wire/udp.js'

const ROUNDS = 7
const PACKETS = 200_000

const used = (): number => {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!

type Proto = 'udp' | 'tcp'

/** The packet of one flow; each number changes the addresses and the source port. */
class Bench {
  readonly netns
  readonly cnet
  readonly state
  readonly skb: Skb
  readonly ip: number

  constructor(proto: Proto, profileMax: number) {
    const world = new World({ profile: { ...DEFAULT_PROFILE, nfConntrackMax: profileMax } })
    this.netns = world.addNetns('r')
    this.cnet = nfConntrack(this.netns)
    // What the checksum costs is measured elsewhere, and the packets here are changed without theirs.
    this.cnet.sysctls.checksum = 0
    this.state = new NfHookState(0, this.netns, () => 0)
    this.state.hook = NF_INET_PRE_ROUTING
    const l4 =
      proto === 'udp'
        ? emitUdp({ sport: 1, dport: 53 }, new Uint8Array(64))
        : emitTcp({ sport: 1, dport: 80, seq: 1, ack: 0, flags: TH_SYN, window: 65535 })
    const packet = emitIpv4({ saddr: '10.0.0.1', daddr: '11.0.0.1', proto: proto === 'udp' ? 17 : 6 }, l4)
    this.skb = allocSkb(this.netns, packet.length)
    this.ip = skbPut(this.skb, packet.length)
    this.skb.buf.set(packet, this.ip)
    this.skb.networkHeader = this.ip
  }

  /** Lets flow `n` send a packet, in one direction or the other. */
  pass(n: number, isReply: boolean): number {
    const { skb, ip } = this
    const b = skb.buf
    const client = 0x0a000000 | (n >>> 14)
    const port = 1024 + (n & 0x3fff)
    putU32(b, ip + 12, isReply ? 0x0b000001 : client)
    putU32(b, ip + 16, isReply ? client : 0x0b000001)
    putU16(b, ip + 20, isReply ? 53 : port)
    putU16(b, ip + 22, isReply ? port : 53)
    skb.nfct = null
    skb.nfctinfo = 0
    return nfConntrackIn(skb, this.state, this.cnet) + nfConntrackConfirm(skb)
  }

  tcp(flags: number, seq: number, ack: number): void {
    putU32(this.skb.buf, this.ip + 24, seq)
    putU32(this.skb.buf, this.ip + 28, ack)
    this.skb.buf[this.ip + 33] = flags
  }

  end(): void {
    consumeSkb(this.skb)
  }
}

/** Makes flows `from` to `to` - 1, each answered. */
const establish = (bench: Bench, proto: Proto, from: number, to: number): void => {
  const steps: [boolean, number, number, number][] =
    proto === 'udp'
      ? [
          [false, 0, 0, 0],
          [true, 0, 0, 0],
        ]
      : [
          [false, TH_SYN, 0, 0],
          [true, TH_SYN | TH_ACK, 0, 1],
          [false, TH_ACK, 1, 1],
        ]
  for (const [isReply, flags, seq, ack] of steps) {
    if (proto === 'tcp') bench.tcp(flags, seq, ack)
    for (let n = from; n < to; n++) bench.pass(n, isReply)
  }
}

const time = (packets: number, body: () => void): number => {
  const start = process.cpuUsage()
  body()
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1000) / packets
}

const measure = (proto: Proto, entries: number): void => {
  const before = used()
  const bench = new Bench(proto, 16_000_000)
  establish(bench, proto, 0, entries)
  const octets = (used() - before) / entries
  const established: number[] = []
  for (let round = 0; round < ROUNDS; round++)
    established.push(
      time(PACKETS, () => {
        // A stride that is prime to the number of entries goes to all of them in no order that a cache would like.
        for (let i = 0, n = 0; i < PACKETS; i++, n = (n + 7919) % entries) bench.pass(n, (i & 1) === 1)
      }),
    )
  if (proto === 'tcp') bench.tcp(TH_SYN, 0, 0)
  const fresh: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const first = entries + round * PACKETS
    fresh.push(
      time(PACKETS, () => {
        for (let i = 0; i < PACKETS; i++) bench.pass(first + i, false)
      }),
    )
  }
  bench.end()
  const row = [
    proto,
    entries,
    entries < 1000 ? '-' : octets.toFixed(0),
    median(established).toFixed(0),
    median(fresh).toFixed(0),
  ]
  console.log(row.map((cell, i) => String(cell).padStart([5, 10, 18, 18, 12][i]!)).join(''))
}

console.log('proto   entries  octets per entry   established ns      new ns')
const counts = process.argv.slice(2).map(Number)
for (const entries of counts.length > 0 ? counts : [10, 10_000, 1_000_000])
  for (const proto of ['udp', 'tcp'] as const) measure(proto, entries)
