/**
 * What ICMP errors did to connections of Linux in each state (test/data/tcp/icmp.jsonl): replayed. A record begins with the
 * steps that bring a connection into a state; each further one is an error and what came of it.
 */
import { readFileSync } from 'node:fs'
import { errnoName } from '../../../lib/errors.js'
import { tcpAccept, tcpBind, tcpConnect, tcpListen } from '../../../lib/ip/tcp/inet-connection-sock.js'
import { tcpAbort, tcpClose, tcpRecvmsg, tcpSendmsg, tcpShutdown, tcpSocket } from '../../../lib/ip/tcp/tcp.js'
import { tcpSetRcvbuf } from '../../../lib/ip/tcp/tcp-sockopt.js'
import type { TcpSock } from '../../../lib/ip/tcp/tcp-sock.js'
import { parseIpv4 } from '../../../lib/wire/ip.js'
import { KERNEL_ADDRESS, PEER_ADDRESS } from './segment-text.js'
import { stateOf, Wire, type WireWorld, wireWorld } from './wire.js'

interface Setup {
  readonly setup: string
  readonly isn: number
  readonly steps: string[]
}

/** Settings of the recordings. */
export const RECORDED_SYSCTLS = [
  'net.ipv4.tcp_congestion_control=reno',
  'net.ipv4.tcp_invalid_ratelimit=0',
  'net.ipv4.tcp_no_metrics_save=1',
  'net.ipv4.icmp_ratelimit=0',
]

/** One connection: steps by text. */
export class Case {
  readonly #at: WireWorld
  readonly wire: Wire
  #listener: TcpSock | null = null
  #conn: TcpSock | null = null

  constructor(at: WireWorld, kport: number, isn: number) {
    this.#at = at
    this.wire = new Wire(at, kport, 1024, isn)
  }

  #open(options: readonly string[]): TcpSock {
    const sk = tcpSocket(this.#at.netns)
    sk.reuseAddr = true
    for (const o of options) {
      const [name, value] = o.split('=')
      if (name === 'rcvbuf') tcpSetRcvbuf(sk, Number(value))
      else sk.oobInline = value === '1'
    }
    tcpBind(sk, { address: parseIpv4(KERNEL_ADDRESS), port: this.wire.kport })
    return sk
  }

  /** Does one step; returns what the host has sent at once. */
  step(text: string): string[] {
    const [verb, ...w] = text.split(' ')
    const conn = this.#conn!
    if (verb === '<') this.wire.send(text.slice(2))
    else if (verb === 'listen') {
      this.#listener = this.#open(w)
      tcpListen(this.#listener, 8)
    } else if (verb === 'connect') {
      this.#conn = this.#open(w)
      tcpConnect(this.#conn, parseIpv4(PEER_ADDRESS), this.wire.pport)
    } else if (verb === 'accept') this.#conn = tcpAccept(this.#listener!)
    else if (verb === 'send') tcpSendmsg(conn, new Uint8Array(Number(w[0])).fill(120))
    else if (verb === 'recv') tcpRecvmsg(conn, new Uint8Array(Number(w[0])))
    else if (verb === 'shutdown') tcpShutdown(conn, w[0] === 'rd' ? 0 : 1)
    else if (verb === 'close') {
      tcpClose(conn)
      this.#conn = null
    } else if (verb === 'unlisten') {
      tcpClose(this.#listener!)
      this.#listener = null
    } else if (verb !== 'wait') throw new Error(text)
    this.#at.world.run({ for: 0 })
    const out = this.wire.read()
    if (verb === 'wait') out.push(...this.wire.wait(Number(w[0])))
    return out
  }

  /** SO_ERROR of the program's socket, empty when it has none. */
  error(): string {
    if (this.#conn === null) return ''
    const error = this.#conn.soError()
    return error === 0 ? '0' : errnoName(error)
  }

  /** What the program sees: data, eof, nothing, or an error. */
  app(): string {
    const out: string[] = []
    if (this.#conn === null && this.#listener !== null) {
      this.#conn = tcpAccept(this.#listener)
      if (this.#conn !== null) out.push('accepted')
    }
    for (let i = 0; i < 3 && this.#conn !== null; i++) {
      const n = tcpRecvmsg(this.#conn, new Uint8Array(65536))
      if (n === -11) break
      out.push(n < 0 ? errnoName(n) : n === 0 ? 'eof' : `data ${n}`)
      if (n <= 0) break
    }
    this.#at.world.run({ for: 0 })
    return out.join(' ')
  }

  end(): void {
    if (this.#conn !== null) tcpAbort(this.#conn)
    if (this.#listener !== null) tcpClose(this.#listener)
    this.#at.world.run({ for: 0 })
    this.wire.send(`RA ${this.wire.rcvNxt}+0 ack ${this.wire.sndMax} win 0`)
    this.wire.read()
  }
}

/** Brings a connection into the state; returns the first difference from what was recorded, or null. */
const prepare = (c: Case, steps: readonly string[]): string | null => {
  for (let i = 0; i < steps.length; ) {
    const step = steps[i++]!
    const expected: string[] = []
    while (i < steps.length && steps[i]!.startsWith('> ')) expected.push(steps[i++]!.slice(2))
    const out = c.step(step)
    if (out.join('; ') !== expected.join('; ')) return `${step}: ${out.join('; ')} not ${expected.join('; ')}`
  }
  return null
}

interface IcmpAnswer {
  readonly in: string
  readonly out: string[]
  readonly late?: readonly (readonly [number, string])[]
  readonly state: string
  readonly error: string
  readonly app?: string
}

const ICMP_WAIT_MS = 300

const showIcmp = (a: IcmpAnswer): string =>
  [
    a.out.join('; '),
    `late ${(a.late ?? []).map(([, t]) => t).join('; ')}`,
    a.state,
    `error ${a.error}`,
    `app ${a.app ?? ''}`,
  ].join(' | ')

/** What became of a connection after one ICMP error. */
const icmpAnswer = (at: WireWorld, c: Case, a: IcmpAnswer): IcmpAnswer => {
  const [type, code, info, seq] = a.in.split(' ').slice(1).map(Number) as [number, number, number, number]
  c.wire.sendIcmp(type, code, info, seq)
  const out = c.wire.read()
  const late = c.wire.wait(ICMP_WAIT_MS).map(text => [0, text] as const)
  const state = stateOf(at.netns, c.wire.kport, c.wire.pport)
  const error = c.error()
  return { in: a.in, out, late, state, error, app: c.app() }
}

/** One error that did otherwise than in the kernel. */
export interface Difference {
  readonly setup: string
  readonly segment: string
  readonly actual: string
  readonly expected: string
}

/** Replays a file of ICMP errors; how many, and the differences. What is learned about the path is forgotten before each. */
export const replayIcmp = (file: URL | string): { count: number; differences: Difference[] } => {
  const at = wireWorld([...RECORDED_SYSCTLS, 'net.ipv4.conf.all.accept_redirects=0'])
  const differences: Difference[] = []
  let setup: Setup | null = null
  let count = 0
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue
    const record = JSON.parse(line) as Setup | IcmpAnswer
    if ('setup' in record) {
      setup = record
      continue
    }
    at.world.sh('ip -n h route flush cache')
    const c = new Case(at, 7000 + count++, setup!.isn)
    const wrong = prepare(c, setup!.steps)
    const expected = showIcmp(record)
    const actual = wrong ?? showIcmp(icmpAnswer(at, c, record))
    if (actual !== expected) differences.push({ setup: setup!.setup, segment: record.in, actual, expected })
    c.end()
  }
  return { count, differences }
}
