/**
 * Random packets and what follows them.
 */
import { encodeFrame, type FrameInit } from '../../../lib/wire/frame.js'
import type { Dice } from '../../conformance/mutate.js'
import type { Step } from './case.js'
import type { Focus } from './focus.js'
import { payloadOf, tcpFlags } from './replies.js'
import { HOSTS, hostMac, PORTS, type Port, ROUTER_ADDRESS, ROUTER_MAC } from './topology.js'

const CLIENT_PORTS = [5000, 5001, 5002, 40000]
const SERVER_PORTS = [7000, 7001, 53, 80]
const LENGTHS = [0, 1, 16, 32, 100, 200]
const TOSES = [0, 0, 0, 0x10, 0x08, 0x28, 0xb8, 0x02, 0x03]
const TTLS = [64, 64, 64, 64, 64, 2, 1]

/** Where a flow goes. */
interface Route {
  readonly port: Port
  readonly saddr: string
  readonly daddr: string
  readonly dstMac: string
}

const toRouter = (dice: Dice): Route => {
  const port = dice.pick(PORTS)
  const daddr = dice.below(5) === 0 ? '10.0.2.1' : ROUTER_ADDRESS[port]
  return { port, saddr: dice.pick(HOSTS[port]), daddr, dstMac: ROUTER_MAC[port] }
}

const forwarded = (dice: Dice): Route => {
  const port = dice.pick(PORTS)
  const others = PORTS.filter(other => ROUTER_ADDRESS[other] !== ROUTER_ADDRESS[port])
  const daddr = dice.below(10) === 0 ? '198.51.100.7' : dice.pick(HOSTS[dice.pick(others)])
  return { port, saddr: dice.pick(HOSTS[port]), daddr, dstMac: ROUTER_MAC[port] }
}

const bridged = (dice: Dice): Route => {
  const port = dice.pick(['b0', 'b1'] as const)
  const daddr = port === 'b0' ? '10.0.3.3' : '10.0.3.2'
  return { port, saddr: dice.pick(HOSTS[port]), daddr, dstMac: hostMac(daddr) }
}

const ROUTES = { local: toRouter, forward: forwarded, bridge: bridged } as const

const route = (dice: Dice, { path }: Focus): Route =>
  ROUTES[dice.below(4) > 0 ? path : dice.pick(['local', 'forward', 'bridge'] as const)](dice)

const mss = (value: number): Uint8Array => Uint8Array.of(2, 4, value >> 8, value & 255)

const headers = (
  dice: Dice,
  { saddr, daddr, dstMac }: Route,
  id: number,
): Pick<FrameInit, 'eth'> & { ipv4: NonNullable<FrameInit['ipv4']> } => ({
  eth: { dst: dstMac, src: hostMac(saddr) },
  ipv4: { saddr, daddr, tos: dice.pick(TOSES), ttl: dice.pick(TTLS), id, df: dice.below(3) === 0 },
})

const toHex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

const udp = (dice: Dice, way: Route, id: number): FrameInit => ({
  ...headers(dice, way, id),
  udp: { sport: dice.pick(CLIENT_PORTS), dport: dice.pick(SERVER_PORTS) },
  payload: payloadOf(dice.pick(LENGTHS), 'a'),
})

const echo = (dice: Dice, way: Route, id: number): FrameInit => ({
  ...headers(dice, way, id),
  icmp: { type: 8, code: 0, id: dice.pick([1, 2, 7000]), seq: dice.below(3) },
  payload: payloadOf(dice.pick(LENGTHS), 'a'),
})

const tcp = (dice: Dice, way: Route, id: number, letters: string): FrameInit => ({
  ...headers(dice, way, id),
  tcp: {
    sport: dice.pick(CLIENT_PORTS),
    dport: dice.pick(SERVER_PORTS),
    seq: 1000,
    ack: letters.includes('A') ? 2000 : 0,
    flags: tcpFlags(letters),
    window: 8192,
    ...(letters === 'S' && dice.below(2) === 0 ? { options: mss(dice.pick([1460, 1400, 536])) } : {}),
  },
  payload: letters.includes('P') ? payloadOf(dice.pick(LENGTHS), 'a') : payloadOf(0),
})

/** Splits a packet into fragments of `size` octets of payload, a multiple of 8. */
const fragments = (octets: Uint8Array, size: number): Uint8Array[] => {
  const header = octets.subarray(0, 34)
  const body = octets.subarray(34)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < body.length || at === 0; at += size) {
    const piece = body.subarray(at, at + size)
    const isLast = at + size >= body.length
    const frame = new Uint8Array(34 + piece.length)
    frame.set(header)
    frame.set(piece, 34)
    const view = new DataView(frame.buffer)
    view.setUint16(16, 20 + piece.length)
    view.setUint16(20, (isLast ? 0 : 0x2000) | (at >> 3))
    view.setUint16(24, 0)
    let sum = 0
    for (let i = 14; i < 34; i += 2) sum += view.getUint16(i)
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
    view.setUint16(24, ~sum & 0xffff)
    pieces.push(frame)
  }
  return pieces
}

const send = (port: Port, octets: Uint8Array): Step => ({ op: 'send', port, hex: toHex(octets) })

const answer = (dice: Dice, flags = 'A', len = dice.pick(LENGTHS)): Step => ({
  op: 'reply',
  reply: { flags, len, ttl: dice.pick([64, 64, 63, 2]) },
})

const icmpError = (dice: Dice): Step => {
  const [type, code, mtu] = dice.pick([
    [3, 3, 0],
    [3, 1, 0],
    [3, 13, 0],
    [11, 0, 0],
    [12, 0, 0],
  ] as const)
  return { op: 'error', type, code, mtu, octets: dice.pick([8, 8, 20, 200]) }
}

const tcpFlow = (dice: Dice, way: Route, id: number): Step[] => {
  const first = send(way.port, encodeFrame(tcp(dice, way, id, 'S')))
  const steps: Step[] = [first]
  if (dice.below(5) === 0) steps.push(first)
  if (dice.below(6) === 0) return [...steps, dice.below(2) === 0 ? answer(dice, 'RA', 0) : icmpError(dice)]
  steps.push(answer(dice, 'SA', 0))
  if (dice.below(6) === 0) return steps
  steps.push(answer(dice, 'A', 0))
  const rest: (() => Step)[] = [
    () => answer(dice, 'PA'),
    () => answer(dice, 'A', 0),
    () => answer(dice, 'FA', 0),
    () => answer(dice, 'RA', 0),
    () => answer(dice, 'R', 0),
    () => icmpError(dice),
    () => first,
  ]
  for (let n = dice.below(6); n > 0; n--) steps.push(dice.pick(rest)())
  return steps
}

const datagramFlow = (dice: Dice, way: Route, frame: FrameInit): Step[] => {
  const first = send(way.port, encodeFrame(frame))
  const steps: Step[] = [first]
  for (let n = dice.below(4); n > 0; n--)
    steps.push(dice.pick([() => answer(dice), () => answer(dice), () => icmpError(dice), () => first])())
  return steps
}

const fragmented = (dice: Dice, way: Route, id: number): Step[] => {
  const frame = dice.below(3) > 0 ? udp(dice, way, id) : echo(dice, way, id)
  const whole = encodeFrame({
    ...frame,
    ipv4: { ...frame.ipv4!, df: false },
    payload: payloadOf(dice.pick([100, 1000, 2000]), 'a'),
  })
  const pieces = fragments(whole, dice.pick([48, 504, 1480])).slice(0, 8)
  const hasLast = (pieces.at(-1)![20]! & 0x20) === 0
  const ordered = hasLast ? pieces : fragments(whole, 1480)
  if (dice.below(4) === 0) ordered.reverse()
  return [...ordered.map(piece => send(way.port, piece)), ...(dice.below(2) === 0 ? [answer(dice)] : [])]
}

const stray = (dice: Dice, way: Route, id: number): Step[] => {
  const letters = dice.pick(['A', 'SA', 'FA', 'R', 'PA', 'SF', ''])
  const octets = encodeFrame(tcp(dice, way, id, letters))
  // A wrong checksum of the transport header makes the packet INVALID.
  if (dice.below(4) === 0) octets[50]! ^= 0x55
  return [send(way.port, octets)]
}

const output = (dice: Dice): Step => ({
  op: 'output',
  output: {
    kind: dice.pick(['udp', 'udp', 'tcp']),
    sport: dice.pick([5000, 5001, 41000]),
    daddr: dice.pick(['10.0.1.2', '10.0.2.2', '10.0.3.2', '10.0.1.1', '127.0.0.1', '198.51.100.7', '10.0.2.3']),
    dport: dice.pick(SERVER_PORTS),
    len: dice.pick([0, 16, 100]),
    mark: dice.pick([0, 0, 0, 1, 3]),
    tos: dice.pick([0, 0, 0x10]),
  },
})

const KINDS = ['udp', 'icmp', 'tcp', 'fragments', 'stray', 'output'] as const

const kindOf = (dice: Dice, { protocol, path }: Focus): (typeof KINDS)[number] => {
  if (dice.below(2) === 0) return protocol
  if (path === 'local' && dice.below(3) === 0) return 'output'
  return dice.pick(KINDS)
}

/** Steps of a case; the frames' IP ids start at `id`. */
export const randomSteps = (dice: Dice, focus: Focus, firstId: number): Step[] => {
  const steps: Step[] = []
  let id = firstId
  for (let flows = 1 + dice.below(4); flows > 0; flows--) {
    const way = route(dice, focus)
    id++
    const kind = kindOf(dice, focus)
    if (kind === 'udp') steps.push(...datagramFlow(dice, way, udp(dice, way, id)))
    else if (kind === 'icmp') steps.push(...datagramFlow(dice, way, echo(dice, way, id)))
    else if (kind === 'tcp') steps.push(...tcpFlow(dice, way, id))
    else if (kind === 'fragments') steps.push(...fragmented(dice, way, id))
    else if (kind === 'stray') steps.push(...stray(dice, way, id))
    else steps.push(output(dice), ...(dice.below(2) === 0 ? [answer(dice, dice.pick(['SA', 'RA']))] : []))
  }
  return steps
}
