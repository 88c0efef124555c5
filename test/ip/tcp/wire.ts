/**
 * A scripted peer of netloom's TCP: a tun device, segments as text. The text is that of the recordings in test/data/tcp:
 *
 *     FLAGS SEQ+LEN [ack N] win N [urg N] [<options>] [modifiers]
 *
 * with numbers relative to the two initial sequence numbers.
 */
import type { Netns } from '../../../lib/core/netns.js'
import { createWorld, type Tun, type World } from '../../../lib/index.js'
import { netnsTcp } from '../../../lib/ip/tcp/netns-tcp.js'
import { csumFold, csumPartial, csumPseudo } from '../../../lib/wire/checksum.js'
import { parseIpv4 } from '../../../lib/wire/ip.js'
import { IPPROTO_TCP } from '../../../lib/wire/ipv4.js'

export const KERNEL = '192.168.9.1'
export const PEER = '192.168.9.2'
const ROUTER = '192.168.9.77'
const BITS = 'FSRPAUEWX'
const PEER_TS = 1_000_000
const UNKNOWN_ISN = 0x50000000

const u16 = (n: number): number[] => [(n >> 8) & 255, n & 255]
const u32 = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
const get16 = (b: Uint8Array, o: number): number => (b[o]! << 8) | b[o + 1]!
const get32 = (b: Uint8Array, o: number): number => (get16(b, o) << 16) | get16(b, o + 2)
const hexOctets = (text: string): number[] => (text.match(/../g) ?? []).map(x => Number.parseInt(x, 16))
const hexText = (b: Uint8Array): string => Buffer.from(b).toString('hex')

/** A world with one host, `h`, whose tun0 is the wire. */
export interface WireWorld {
  readonly world: World
  readonly netns: Netns
  readonly tun: Tun
}

export const wireWorld = (sysctls: readonly string[] = [], seed = 1): WireWorld => {
  const world = createWorld({ seed })
  world.sh('ip netns add h\nip -n h link set lo up')
  const h = world.netns('h')
  for (const s of sysctls) {
    const [key, value] = s.split('=') as [string, string]
    h.sysctl.set(key, value)
  }
  const tun = h.openTun({ name: 'tun0' })
  world.sh(`ip -n h link set tun0 mtu 1500 txqueuelen 2000 up\nip -n h addr add ${KERNEL}/24 dev tun0`)
  world.run({ for: 300_000_000 })
  return { world, netns: h.kernel, tun }
}

/** One connection as the peer sees it. */
export class Wire {
  readonly #at: WireWorld
  readonly kport: number
  readonly pport: number
  readonly pisn: number
  kisn: number | null = null
  kts: number | null = null
  lastTs = 0
  stars = true
  edge = 0
  rcvNxt = 0
  kws = 0
  sndMax = 0
  #newWs: number | null = null

  constructor(at: WireWorld, kport: number, pport: number, pisn = 0x10000000) {
    this.#at = at
    this.kport = kport
    this.pport = pport
    this.pisn = pisn
  }

  optionOctets(text: string): number[] {
    const out: number[] = []
    for (const o of text.split(',').map(t => t.trim())) if (o !== '') out.push(...this.#option(o.split(' ')))
    return out
  }

  #option(w: string[]): number[] {
    switch (w[0]) {
      case 'mss':
        return [2, 4, ...u16(Number(w[1]))]
      case 'ws':
        return [3, 3, Number(w[1])]
      case 'sok':
        return [4, 2]
      case 'ts': {
        const ecr = w[2] === '@' ? this.lastTs : w[2] === '=0' ? 0 : (this.kts ?? 0) + Number(w[2])
        const val = w[1] === '=0' ? 0 : PEER_TS + Number(w[1])
        return [8, 10, ...u32(val | 0), ...u32(ecr | 0)]
      }
      case 'nop':
        return [1]
      case 'eol':
        return [0]
      case 'sack': {
        const edges = w.slice(1).flatMap(b => b.split(':').map(Number))
        return [5, 2 + 4 * edges.length, ...edges.flatMap(e => u32(((this.kisn ?? UNKNOWN_ISN) + e) | 0))]
      }
      case 'x':
        return hexOctets(w[1] ?? '')
      default:
        throw new Error(w.join(' '))
    }
  }

  #optionText(b: Uint8Array): string {
    const out: string[] = []
    for (let i = 0; i < b.length; ) {
      const k = b[i]!
      if (k < 2) {
        out.push(k === 0 ? 'eol' : 'nop')
        i++
        continue
      }
      const n = b[i + 1] ?? 0
      if (k === 2 && n === 4) out.push(`mss ${get16(b, i + 2)}`)
      else if (k === 3 && n === 3) {
        this.#newWs = b[i + 2]!
        out.push(`ws ${b[i + 2]}`)
      } else if (k === 4 && n === 2) out.push('sok')
      else if (k === 8 && n === 10) {
        const val = get32(b, i + 2)
        const ecr = get32(b, i + 6)
        this.kts ??= val
        this.lastTs = val
        out.push(`ts ${this.stars ? '*' : (val - this.kts) | 0} ${ecr === 0 ? '=0' : (ecr - PEER_TS) | 0}`)
      } else if (k === 5) {
        const edges: string[] = []
        for (let j = i + 2; j + 8 <= i + n; j += 8)
          edges.push(`${(get32(b, j) - this.pisn) | 0}:${(get32(b, j + 4) - this.pisn) | 0}`)
        out.push(`sack ${edges.join(' ')}`)
      } else out.push(`x ${hexText(n < 2 ? b.subarray(i) : b.subarray(i, i + n))}`)
      if (n < 2) break
      i += n
    }
    return out.join(',')
  }

  /** The IPv4 packet of a segment of the peer. */
  packet(text: string): Uint8Array {
    const m =
      /^(\S+) (-?\d+)\+(\d+)(?: ack (-?\d+))? win (\d+)(?: urg (\d+))?(?: <(.*?)>)?((?: !\S+)*)$/.exec(text) ??
      (() => {
        throw new Error(text)
      })()
    let flags = 0
    for (const c of m[1]!) if (c !== '-') flags |= 1 << BITS.indexOf(c)
    const seq = (this.pisn + Number(m[2])) | 0
    const ack = m[4] === undefined ? 0 : ((this.kisn ?? UNKNOWN_ISN) + Number(m[4])) | 0
    const opts = this.optionOctets(m[7] ?? '')
    while (opts.length % 4 !== 0) opts.push(0)
    const data = Array.from({ length: Number(m[3]) }, (_, i) => 48 + ((((Number(m[2]) + i) % 10) + 10) % 10))
    const extra = m[8]!.split(' ')
    const numberOf = (name: string): number | null => {
      const found = extra.find(e => e.startsWith(name))
      return found === undefined ? null : Number(found.slice(name.length))
    }
    const doff = numberOf('!doff') ?? 5 + opts.length / 4
    const head = [...u16(this.pport), ...u16(this.kport), ...u32(seq), ...u32(ack)]
    head.push(...u16((doff << 12) | (flags & 0x1ff)), ...u16(Number(m[5])), 0, 0, ...u16(Number(m[6] ?? 0)))
    const seg = Uint8Array.from([...head, ...opts, ...data]).subarray(0, numberOf('!cut') ?? undefined)
    const pseudo = csumPseudo(parseIpv4(PEER), parseIpv4(KERNEL), IPPROTO_TCP, seg.length)
    const sum = csumFold(csumPartial(seg, 0, seg.length, pseudo)) ^ (extra.includes('!badsum') ? 0x1111 : 0)
    if (seg.length >= 18) seg.set(u16(sum), 16)
    const tos = extra.includes('!ce') ? 3 : extra.includes('!ect') ? 2 : 0
    const addresses = [...u32(parseIpv4(PEER)), ...u32(parseIpv4(KERNEL))]
    const ip = Uint8Array.from([0x45, tos, ...u16(20 + seg.length), 0, 0, 0x40, 0, 64, 6, 0, 0, ...addresses])
    ip.set(u16(csumFold(csumPartial(ip, 0, 20))), 10)
    return Uint8Array.from([...ip, ...seg])
  }

  /** An ICMP error of a router about a segment of the host that began at `seq`, relative to its first number. */
  icmp(type: number, code: number, info: number, seq: number): Uint8Array {
    const isn = this.kisn ?? UNKNOWN_ISN
    const [host, peer, router] = [KERNEL, PEER, ROUTER].map(a => u32(parseIpv4(a))) as [number[], number[], number[]]
    const quoted = [0x45, 0, ...u16(1500), 0, 1, 0x40, 0, 63, 6, 0, 0, ...host, ...peer]
    quoted.push(...u16(this.kport), ...u16(this.pport), ...u32((isn + seq) | 0))
    const body = Uint8Array.from([type, code, 0, 0, ...u32(info | 0), ...quoted])
    body.set(u16(csumFold(csumPartial(body, 0, body.length))), 2)
    const ip = Uint8Array.from([0x45, 0, ...u16(20 + body.length), 0, 0, 0, 0, 64, 1, 0, 0, ...router, ...host])
    ip.set(u16(csumFold(csumPartial(ip, 0, 20))), 10)
    return Uint8Array.from([...ip, ...body])
  }

  /** Gives the host such an error. */
  sendIcmp(type: number, code: number, info: number, seq: number): void {
    this.#at.tun.write(this.icmp(type, code, info, seq))
    this.#at.world.run({ for: 0 })
  }

  /** Gives the host a segment, and lets it handle what that causes at this instant. */
  send(text: string): void {
    this.#at.tun.write(this.packet(text))
    this.#at.world.run({ for: 0 })
  }

  #text(b: Uint8Array): string | null {
    if (b[9] === 1) return `icmp ${b[20]} ${b[21]}`
    const at = (b[0]! & 15) * 4
    if (get16(b, at) !== this.kport || get16(b, at + 2) !== this.pport) return null
    const seq = get32(b, at + 4)
    const ack = get32(b, at + 8)
    const of = get16(b, at + 12)
    const win = get16(b, at + 14)
    const urg = get16(b, at + 18)
    const hlen = (of >> 12) * 4
    const flags = of & 0x1ff
    const size = get16(b, 2) - at - hlen
    const name = [...BITS].filter((_, i) => (flags >> i) & 1).join('') || '-'
    if (flags & 2) {
      this.kisn = seq
      this.kws = 0
    }
    this.#newWs = null
    const opts = this.#optionText(b.subarray(at + 20, at + hlen))
    if (flags & 2) this.kws = this.#newWs ?? 0
    const isNone = seq === 0 && (flags & 4) !== 0
    const rel = isNone ? '=0' : String((seq - (this.kisn ?? UNKNOWN_ISN)) | 0)
    let t = `${name} ${rel}+${size}`
    if (flags & 16 || ack !== 0) {
      const a = (ack - this.pisn) | 0
      t += ` ack ${a}`
      if (!(flags & 4)) {
        this.rcvNxt = a
        this.edge = Math.max(this.edge, a + (flags & 2 ? win : win << this.kws))
      }
    }
    t += ` win ${win}`
    if (urg !== 0) t += ` urg ${urg}`
    if (opts !== '') t += ` <${opts}>`
    if (!isNone && !(flags & 4)) this.sndMax = Math.max(this.sndMax, Number(rel) + size + (flags & 3 ? 1 : 0))
    const ecn = b[1]! & 3
    if (ecn !== 0) t += ecn === 2 ? ' !ect' : ecn === 3 ? ' !ce' : ' !ect1'
    return b[6]! & 0x40 ? t : `${t} !nodf`
  }

  /** What the host has sent by now, as text. */
  read(): string[] {
    const out: string[] = []
    for (let b = this.#at.tun.read(); b !== null; b = this.#at.tun.read()) {
      if (b[0]! >> 4 !== 4 || (b[9] !== 1 && b[9] !== 6)) continue
      const t = this.#text(b)
      if (t !== null) out.push(t)
    }
    return out
  }

  /** What it sends within a time, with milliseconds. */
  wait(seconds: number): [number, string][] {
    const { world } = this.#at
    const end = world.now + Math.round(seconds * 1e9)
    const begin = world.now
    const out: [number, string][] = []
    const note = (): void => {
      for (const t of this.read()) out.push([(world.now - begin) / 1e6, t])
    }
    while (world.now < end) {
      const before = world.now
      world.run({ for: Math.min(1_000_000, end - before) })
      note()
    }
    return out
  }
}

const STATES = [
  '',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSED',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'SYN_RECV',
]

/** State of a connection as /proc/net/tcp tells it; LISTEN when only a listener is there, CLOSED when nothing is. */
export const stateOf = (netns: Netns, kport: number, pport: number): string => {
  const { ehash, lhash } = netnsTcp(netns).hashinfo
  for (const e of ehash)
    if (e.localPort === kport && e.peerPort === pport) return STATES['substate' in e ? e.substate : e.state]!
  for (const sk of lhash) if (sk.localPort === kport) return 'LISTEN'
  return 'CLOSED'
}
