/**
 * TCP segments as text, as test/data/tcp/README.md describes them, and back: what a scripted peer says and hears.
 */

/** What the kernel's numbers are relative to while it has not said its initial sequence number. */
const UNKNOWN_ISN = 0x50000000
/** The peer's timestamps count from here. */
const PEER_TS = 1_000_000
const FLAGS = 'FSRPAUEWX'
const ECN_WORDS = ['', ' !ect1', ' !ect', ' !ce']
const SYN = 2
const RST = 4
const ACK = 16
const IP_HLEN = 20
const TCP_HLEN = 20
const IPPROTO_ICMP = 1
const IPPROTO_TCP = 6

const u16 = (b: Uint8Array, o: number): number => (b[o]! << 8) | b[o + 1]!
const u32 = (b: Uint8Array, o: number): number => ((u16(b, o) << 16) | u16(b, o + 2)) >>> 0
const bytes16 = (n: number): number[] => [(n >>> 8) & 255, n & 255]
const bytes32 = (n: number): number[] => [...bytes16(n >>> 16), ...bytes16(n)]

/** Sum of RFC 1071 over some octets, complemented. */
const checksum = (b: readonly number[] | Uint8Array): number => {
  let sum = 0
  for (let i = 0; i < b.length; i += 2) sum += (b[i]! << 8) | (b[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** The two ends of the recordings: the kernel's address and the peer's. */
export const KERNEL_ADDRESS = '192.168.9.1'
export const PEER_ADDRESS = '192.168.9.2'
const KERNEL_OCTETS = [192, 168, 9, 1]
const PEER_OCTETS = [192, 168, 9, 2]

const SEGMENT = /^(\S+) (-?\d+)\+(\d+)(?: ack (-?\d+))? win (\d+)(?: urg (\d+))?(?: <(.*?)>)?((?: !\S+)*)$/

/** How the kernel's timestamps are written: not at all (`*`), or in milliseconds since its first. */
export type TimestampText = 'star' | 'ms'

/** A connection as the peer sees it: turns its text into packets, and the kernel's packets into text. */
export class SegmentText {
  readonly #kernelPort: number
  readonly #peerPort: number
  readonly #peerIsn: number
  readonly #timestamps: TimestampText
  #kernelIsn: number | null = null
  #kernelTs: number | null = null
  #lastTs = 0
  /** What a recorded TSval of the kernel, in its milliseconds, is here. */
  readonly echoes: Map<number, number> = new Map()
  /** TSval of the kernel's latest segment, milliseconds since its first. */
  lastTsMs = 0

  constructor(kernelPort: number, peerPort: number, peerIsn: number, timestamps: TimestampText) {
    this.#kernelPort = kernelPort
    this.#peerPort = peerPort
    this.#peerIsn = peerIsn
    this.#timestamps = timestamps
  }

  /** The kernel's initial sequence number, or what its numbers are relative to while it has not said one. */
  get kernelIsn(): number {
    return this.#kernelIsn ?? UNKNOWN_ISN
  }

  // --- the peer's

  #echo(word: string): number {
    if (word === '=0') return 0
    if (word === '@') return this.#lastTs
    const ms = Number(word)
    return (this.#kernelTs ?? 0) + (this.echoes.get(ms) ?? ms)
  }

  #sackEdge(edge: string): number[] {
    return bytes32((this.#kernelIsn ?? UNKNOWN_ISN) + Number(edge))
  }

  #option(text: string): number[] {
    const [name, ...words] = text.trim().split(' ')
    switch (name) {
      case 'mss':
        return [2, 4, ...bytes16(Number(words[0]))]
      case 'ws':
        return [3, 3, Number(words[0])]
      case 'sok':
        return [4, 2]
      case 'ts':
        return [
          8,
          10,
          ...bytes32(words[0] === '=0' ? 0 : PEER_TS + Number(words[0])),
          ...bytes32(this.#echo(words[1]!)),
        ]
      case 'sack': {
        const edges = words.flatMap(block => block.split(':')).flatMap(edge => this.#sackEdge(edge))
        return [5, 2 + edges.length, ...edges]
      }
      case 'nop':
        return [1]
      case 'eol':
        return [0]
      case 'x':
        return [...Buffer.from(words[0]!, 'hex')]
      default:
        throw new Error(`no option of a segment: ${text}`)
    }
  }

  /** The IPv4 packet of a segment of the peer. */
  packet(text: string): Uint8Array {
    const m = SEGMENT.exec(text)
    if (m === null) throw new Error(`no segment: ${text}`)
    const [, letters, seqText, lenText, ackText, win, urg, optionText, modifierText] = m
    const seq = Number(seqText)
    const modifiers = modifierText!.split(' ').filter(w => w !== '')
    const number = (name: string): number | null => {
      const found = modifiers.find(w => new RegExp(`^!${name}\\d+$`).test(w))
      return found === undefined ? null : Number(found.slice(name.length + 1))
    }
    let flags = 0
    for (const c of letters!) if (c !== '-') flags |= 1 << FLAGS.indexOf(c)
    const options = optionText === undefined ? [] : optionText.split(',').flatMap(o => this.#option(o))
    while (options.length % 4 !== 0) options.push(0)
    const data = Array.from({ length: Number(lenText) }, (_, i) => 48 + ((((seq + i) % 10) + 10) % 10))
    const ack = ackText === undefined ? 0 : (this.#kernelIsn ?? UNKNOWN_ISN) + Number(ackText)
    const doff = number('doff') ?? (TCP_HLEN + options.length) / 4
    let segment = [
      ...bytes16(this.#peerPort),
      ...bytes16(this.#kernelPort),
      ...bytes32(this.#peerIsn + seq),
      ...bytes32(ack),
      ...bytes16((doff << 12) | flags),
      ...bytes16(Number(win)),
      0,
      0,
      ...bytes16(Number(urg ?? 0)),
      ...options,
      ...data,
    ]
    segment = segment.slice(0, number('cut') ?? segment.length)
    if (segment.length >= 18) {
      const pseudo = [...PEER_OCTETS, ...KERNEL_OCTETS, 0, IPPROTO_TCP, ...bytes16(segment.length)]
      const sum = checksum([...pseudo, ...segment]) ^ (modifiers.includes('!badsum') ? 0x1111 : 0)
      segment.splice(16, 2, ...bytes16(sum))
    }
    const tos = modifiers.includes('!ce') ? 3 : modifiers.includes('!ect') ? 2 : 0
    const total = bytes16(IP_HLEN + segment.length)
    const header = [0x45, tos, ...total, 0, 0, 0x40, 0, 64, IPPROTO_TCP, 0, 0, ...PEER_OCTETS, ...KERNEL_OCTETS]
    header.splice(10, 2, ...bytes16(checksum(header)))
    return Uint8Array.from([...header, ...segment])
  }

  // --- the kernel's

  #optionTexts(b: Uint8Array): string[] {
    const texts: string[] = []
    for (let i = 0; i < b.length; ) {
      const kind = b[i]!
      if (kind <= 1) {
        texts.push(kind === 0 ? 'eol' : 'nop')
        i++
        continue
      }
      const len = i + 1 < b.length ? b[i + 1]! : 0
      if (len < 2) {
        texts.push(`x ${Buffer.from(b.subarray(i)).toString('hex')}`)
        break
      }
      texts.push(this.#kernelOption(kind, len, b, i))
      i += len
    }
    return texts
  }

  #kernelOption(kind: number, len: number, b: Uint8Array, i: number): string {
    if (kind === 2 && len === 4) return `mss ${u16(b, i + 2)}`
    if (kind === 3 && len === 3) return `ws ${b[i + 2]}`
    if (kind === 4 && len === 2) return 'sok'
    if (kind === 8 && len === 10) return this.#timestampText(u32(b, i + 2), u32(b, i + 6))
    if (kind === 5) {
      const edge = (o: number): number => (u32(b, o) - this.#peerIsn) | 0
      const blocks = Array.from({ length: (len - 2) >> 3 }, (_, k) => `${edge(i + 2 + 8 * k)}:${edge(i + 6 + 8 * k)}`)
      return `sack ${blocks.join(' ')}`
    }
    return `x ${Buffer.from(b.subarray(i, i + len)).toString('hex')}`
  }

  #timestampText(value: number, echo: number): string {
    this.#kernelTs ??= value
    this.#lastTs = value
    this.lastTsMs = (value - this.#kernelTs) | 0
    const shown = this.#timestamps === 'star' ? '*' : String(this.lastTsMs)
    return `ts ${shown} ${echo === 0 ? '=0' : (echo - PEER_TS) | 0}`
  }

  /** Text of a packet of the kernel; null when it belongs to another connection. Throws for a wrong checksum. */
  text(b: Uint8Array): string | null {
    const hl = (b[0]! & 15) * 4
    if (b[9] === IPPROTO_ICMP) return `icmp ${b[hl]} ${b[hl + 1]}`
    if (b[9] !== IPPROTO_TCP) return null
    const s = b.subarray(hl, u16(b, 2))
    if (u16(s, 0) !== this.#kernelPort || u16(s, 2) !== this.#peerPort) return null
    const pseudo = [...b.subarray(12, 20), 0, IPPROTO_TCP, ...bytes16(s.length)]
    if (checksum([...pseudo, ...s]) !== 0) throw new Error('a segment with a wrong checksum')
    const thl = (s[12]! >> 4) * 4
    const flags = u16(s, 12) & 0x1ff
    const seq = u32(s, 4)
    const ack = u32(s, 8)
    if (flags & SYN) this.#kernelIsn = seq
    const letters = [...FLAGS].filter((_, i) => (flags >> i) & 1).join('') || '-'
    const rel = seq === 0 && flags & RST ? '=0' : String((seq - (this.#kernelIsn ?? UNKNOWN_ISN)) | 0)
    const options = this.#optionTexts(s.subarray(TCP_HLEN, thl))
    const parts = [`${letters} ${rel}+${s.length - thl}`]
    if (flags & ACK || ack !== 0) parts.push(`ack ${(ack - this.#peerIsn) | 0}`)
    parts.push(`win ${u16(s, 14)}`)
    if (u16(s, 18) !== 0) parts.push(`urg ${u16(s, 18)}`)
    if (options.length > 0) parts.push(`<${options.join(',')}>`)
    return parts.join(' ') + ECN_WORDS[b[1]! & 3]! + (b[6]! & 0x40 ? '' : ' !nodf')
  }
}
