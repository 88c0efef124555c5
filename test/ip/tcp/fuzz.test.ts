/**
 * Segments that nobody would send, to sockets in every state: nothing is thrown, nothing hangs, every packet ends, and the
 * host stays able to serve.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Case, RECORDED_SYSCTLS } from './replay-icmp.js'
import { stateOf, wireWorld, type WireWorld } from './wire.js'

const test = suite('ip/tcp/fuzz')

/** A small generator with a fixed seed (mulberry32). */
const generator = (seed: number): ((below: number) => number) => {
  let a = seed
  return below => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const FULL = 'mss 1460,sok,ts 0 =0,nop,ws 7'
const passive = (opts: string): string[] => ['listen', `< S 0+0 win 64240 <${opts}>`]
const established = (opts: string): string[] => [...passive(opts), '< A 1+0 ack 1 win 502', 'accept']

const setups = (opts: string): Record<string, string[]> => {
  const e = established(opts)
  return {
    CLOSED: [],
    LISTEN: ['listen'],
    SYN_SENT: ['connect'],
    SYN_RECV: passive(opts),
    'SYN_RECV simultaneous': ['connect', `< S 0+0 win 64240 <${opts}>`],
    ESTABLISHED: e,
    'ESTABLISHED with data sent': [...e, 'send 5000'],
    'ESTABLISHED with a hole': [...e, '< PA 1001+500 ack 1 win 502', '< PA 2001+500 ack 1 win 502'],
    'ESTABLISHED with urgent data': [...e, '< PUA 1+10 ack 1 win 502 urg 5'],
    FIN_WAIT1: [...e, 'shutdown wr'],
    'FIN_WAIT1 with data': [...e, 'send 3000', 'shutdown wr'],
    'FIN_WAIT1 closed': [...e, 'close'],
    FIN_WAIT2: [...e, 'shutdown wr', '< A 1+0 ack 2 win 502'],
    'FIN_WAIT2 closed': [...e, 'close', '< A 1+0 ack 2 win 502'],
    CLOSE_WAIT: [...e, '< FA 1+0 ack 1 win 502'],
    CLOSING: [...e, 'shutdown wr', '< FA 1+0 ack 1 win 502'],
    LAST_ACK: [...e, '< FA 1+0 ack 1 win 502', 'shutdown wr'],
    'LAST_ACK closed': [...e, '< FA 1+0 ack 1 win 502', 'close'],
    TIME_WAIT: [...e, 'close', '< A 1+0 ack 2 win 502', '< FA 1+0 ack 2 win 502'],
  }
}

const FLAGS = 'FSRPAUEWX'
const OPTIONS = [
  'mss 1460',
  'ws 7',
  'sok',
  'nop',
  'eol',
  'ts 1 @',
  'ts -1000 @',
  'ts 5 77',
  'sack 1:2',
  'sack -500:900 5:4',
]

const LENGTHS: Readonly<Record<string, number>> = { mss: 4, ws: 3, sok: 2, ts: 10, nop: 1, eol: 1 }

/** Octets of options at most. */
const octetsOf = (options: readonly string[]): number =>
  options.reduce((sum, option) => {
    const [name, ...words] = option.split(' ')
    if (name === 'sack') return sum + 2 + 8 * words.length
    return sum + (name === 'x' ? words[0]!.length / 2 : LENGTHS[name!]!)
  }, 0)

/** A segment near what the connection expects, or far from it. */
const segment = (c: Case, below: (n: number) => number): string => {
  const near = (base: number): number => {
    const kind = below(8)
    if (kind < 4) return base
    if (kind < 7) return base + below(3000) - 1500
    return (base + below(0xffffffff)) | 0
  }
  let flags = below(3) === 0 ? '' : 'A'
  for (const f of FLAGS) if (!flags.includes(f) && below(f === 'P' ? 3 : 12) === 0) flags += f
  const len = below(3) === 0 ? 0 : below(4) === 0 ? below(9000) : below(60)
  const { wire } = c
  let text = `${flags === '' ? '-' : flags} ${near(below(9) === 0 ? wire.edge : wire.rcvNxt)}+${len}`
  if (flags.includes('A')) text += ` ack ${near(wire.sndMax)}`
  text += ` win ${below(3) === 0 ? 0 : below(65536)}`
  if (below(8) === 0) text += ` urg ${below(40)}`
  const options: string[] = []
  for (let left = below(4); left > 0; left--) options.push(OPTIONS[below(OPTIONS.length)]!)
  if (below(6) === 0) {
    let raw = ''
    for (let n = 2 * (1 + below(12)); n > 0; n--) raw += below(16).toString(16)
    options.push(`x ${raw}`)
  }
  while (octetsOf(options) > 40) options.pop()
  if (options.length > 0) text += ` <${options.join(',')}>`
  const odd = below(60)
  if (odd === 0) text += ' !badsum'
  else if (odd === 1) text += ` !doff${below(16)}`
  else if (odd === 2) text += ` !cut${below(20)}`
  else if (odd < 5) text += odd === 3 ? ' !ce' : ' !ect'
  return text
}

/** What the program may do meanwhile. */
const act = (c: Case, below: (n: number) => number): void => {
  const kind = below(30)
  if (kind === 0) c.app()
  else if (kind === 1) c.step(`wait ${1 + below(60)}`)
}

const fuzz = (at: WireWorld, steps: readonly string[], count: number, seed: number, port: number): void => {
  const below = generator(seed)
  const c = new Case(at, port, 0xfffff000 + below(8192))
  for (const step of steps) c.step(step)
  for (let i = 0; i < count; i++) {
    c.wire.send(segment(c, below))
    c.wire.read()
    act(c, below)
  }
  c.end()
}

const TOTAL = 100_000
const PER_CONNECTION = 25

test(`${TOTAL} segments to every state: no throw, no hang, every packet ends`, () => {
  const at = wireWorld(RECORDED_SYSCTLS)
  const all = [...Object.values(setups(FULL)), ...Object.values(setups('mss 1460'))]
  let port = 1000
  for (let done = 0; done < TOTAL; done += PER_CONNECTION) {
    const nth = done / PER_CONNECTION
    fuzz(at, all[nth % all.length]!, PER_CONNECTION, nth + 1, port)
    port = port === 60000 ? 1000 : port + 1
  }
  at.world.run()
  assert.ok(at.world.isBalanced, JSON.stringify(at.world.accounting()))
  assert.is(at.world.alivePackets, 0)
  const c = new Case(at, 900, 1)
  for (const step of established(FULL)) c.step(step)
  assert.is(stateOf(at.netns, 900, 1024), 'ESTABLISHED')
  c.end()
})

test.run()
