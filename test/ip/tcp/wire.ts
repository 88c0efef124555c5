/**
 * A wire with many connections on it, one after the other: what the peer of each says and hears, in the text of the
 * recordings. (scripted-peer.ts has a world for each connection.)
 */
import type { Netns } from '../../../lib/core/netns.js'
import { createWorld, type Tun, type World } from '../../../lib/index.js'
import { netnsTcp } from '../../../lib/ip/tcp/netns-tcp.js'
import { csumFold, csumPartial } from '../../../lib/wire/checksum.js'
import { parseIpv4 } from '../../../lib/wire/ip.js'
import { KERNEL_ADDRESS, PEER_ADDRESS, SegmentText } from './segment-text.js'

const ROUTER_ADDRESS = '192.168.9.77'

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
  const tun = h.tun('tun0')
  world.sh(`ip -n h link set tun0 mtu 1500 txqueuelen 2000 up\nip -n h addr add ${KERNEL_ADDRESS}/24 dev tun0`)
  world.run({ for: 300_000_000 })
  return { world, netns: h.kernel, tun }
}

const bytes16 = (n: number): number[] => [(n >>> 8) & 255, n & 255]
const bytes32 = (n: number): number[] => [...bytes16(n >>> 16), ...bytes16(n)]

const HEARD = /^(\S+) (-?\d+)\+(\d+)(?: ack (-?\d+))? win (\d+)(?:.*?\bws (\d+))?/

/** One connection as its peer sees it; numbers are relative to the two initial ones. */
export class Wire {
  readonly #at: WireWorld
  readonly #segments: SegmentText
  readonly kport: number
  readonly pport: number
  /** What the host has acknowledged, the right edge of its window, the end of what it has sent. */
  rcvNxt = 0
  edge = 0
  sndMax = 0
  #scale = 0

  constructor(at: WireWorld, kport: number, pport: number, isn: number) {
    this.#at = at
    this.#segments = new SegmentText(kport, pport, isn, 'star')
    this.kport = kport
    this.pport = pport
  }

  /** Gives the host a packet, and lets it handle what that causes at this instant. */
  #give(packet: Uint8Array): void {
    this.#at.tun.write(packet)
    this.#at.world.run({ for: 0 })
  }

  send(text: string): void {
    this.#give(this.#segments.packet(text))
  }

  /** An ICMP error of a router about a segment of the host that began at `seq`. */
  sendIcmp(type: number, code: number, info: number, seq: number): void {
    const [host, peer, router] = [KERNEL_ADDRESS, PEER_ADDRESS, ROUTER_ADDRESS].map(a => bytes32(parseIpv4(a))) as [
      number[],
      number[],
      number[],
    ]
    const quoted = [0x45, 0, ...bytes16(1500), 0, 1, 0x40, 0, 63, 6, 0, 0, ...host, ...peer]
    quoted.push(...bytes16(this.kport), ...bytes16(this.pport), ...bytes32(this.#segments.kernelIsn + seq))
    const body = Uint8Array.from([type, code, 0, 0, ...bytes32(info), ...quoted])
    body.set(bytes16(csumFold(csumPartial(body, 0, body.length))), 2)
    const ip = Uint8Array.from([0x45, 0, ...bytes16(20 + body.length), 0, 0, 0, 0, 64, 1, 0, 0, ...router, ...host])
    ip.set(bytes16(csumFold(csumPartial(ip, 0, 20))), 10)
    this.#give(Uint8Array.from([...ip, ...body]))
  }

  /** Notes how far the host has come. */
  #note(text: string): void {
    const m = HEARD.exec(text)
    if (m === null || m[1]!.includes('R')) return
    const [, flags, seq, len, ack, win, ws] = m
    const isSyn = flags!.includes('S')
    if (isSyn) this.#scale = Number(ws ?? 0)
    if (ack !== undefined) {
      this.rcvNxt = Number(ack)
      this.edge = Math.max(this.edge, this.rcvNxt + (isSyn ? Number(win) : Number(win) << this.#scale))
    }
    const end = Number(seq) + Number(len) + (isSyn || flags!.includes('F') ? 1 : 0)
    this.sndMax = Math.max(this.sndMax, end)
  }

  /** What the host has sent by now on this connection. */
  read(): string[] {
    const out: string[] = []
    for (let b = this.#at.tun.read(); b !== null; b = this.#at.tun.read()) {
      const text = b[0]! >> 4 === 4 ? this.#segments.text(b) : null
      if (text === null) continue
      this.#note(text)
      out.push(text)
    }
    return out
  }

  /** What it sends within a time. */
  wait(ms: number): string[] {
    this.#at.world.run({ for: ms * 1e6 })
    return this.read()
  }
}

const STATES =
  ' ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSED CLOSE_WAIT LAST_ACK LISTEN CLOSING SYN_RECV'.split(
    ' ',
  )

/** State of a connection as /proc/net/tcp tells it; LISTEN when only a listener is there, CLOSED when nothing is. */
export const stateOf = (netns: Netns, kport: number, pport: number): string => {
  const { ehash, lhash } = netnsTcp(netns).hashinfo
  for (const e of ehash)
    if (e.localPort === kport && e.peerPort === pport) return STATES['substate' in e ? e.substate : e.state]!
  for (const sk of lhash) if (sk.localPort === kport) return 'LISTEN'
  return 'CLOSED'
}
