/**
 * Linux's longer conversations (test/data/tcp/talks.jsonl): read, and held again with netloom. The program's calls and
 * the peer's segments come at the recorded moments; where netloom's timer was earlier or later than Linux's by less than
 * a timer may be, what follows is moved with it.
 */
import { readFileSync } from 'node:fs'
import { optionWords } from './replay-answers.js'
import { type Heard, ScriptedPeer } from './scripted-peer.js'
import { type loadTcp, makeSockets, type Sockets } from './sockets.js'

type Calls = NonNullable<Awaited<ReturnType<typeof loadTcp>>>
type Fields = Readonly<Record<string, number>>

/** Milliseconds, what happened, and the fields of TCP_INFO that have changed by then. */
type TalkEvent = readonly [number, string, Fields?]

/** A recorded conversation. */
export interface Talk {
  readonly name: string
  readonly about: string
  readonly cc: string
  readonly mtu: number
  readonly isn: number
  readonly sysctl: readonly string[]
  readonly events: readonly TalkEvent[]
}

/** How far a conversation went the same way. */
export interface TalkOutcome {
  /** Segments of Linux, and those of netloom that were equal before the first difference. */
  readonly segments: number
  readonly equal: number
  /** The first difference of segments, moments or results of calls; '' for none. */
  readonly difference: string
  /** Fields of TCP_INFO that differed before it, the first few in words. */
  readonly infoDifferences: readonly string[]
}

const PORT = 7000
const PEER_PORT = 8000
const FILE = new URL('../../data/tcp/talks.jsonl', import.meta.url)

/** All conversations. */
export const readTalks = (): Talk[] =>
  readFileSync(FILE, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Talk)

const ONE_NS = 1e-6

/** A timer of the kernel ends on a tick of 4 ms, far ones on one of eight times as many; the recorder's own delays come on top. */
const TICKS_MS = 9
const FAR = 0.13

/** Fields that must be equal, and their names in netloom. Round trips hang on the recorder's microseconds. */
const FIELDS: Readonly<Record<string, string>> = {
  state: 'state',
  ca: 'caState',
  retransmits: 'retransmits',
  probes: 'probes',
  backoff: 'backoff',
  snd_mss: 'sndMss',
  rcv_mss: 'rcvMss',
  unacked: 'unacked',
  sacked: 'sacked',
  lost: 'lost',
  retrans: 'retrans',
  rcv_ssthresh: 'rcvSsthresh',
  ssthresh: 'sndSsthresh',
  cwnd: 'sndCwnd',
  advmss: 'advmss',
  reordering: 'reordering',
  total_retrans: 'totalRetrans',
  notsent: 'notsentBytes',
  dsack_dups: 'dsackDups',
  reord_seen: 'reordSeen',
  snd_wnd: 'sndWnd',
}

/** The text without the kernel's TSval, and the TSval. */
const splitTs = (text: string): [string, number | null] => {
  const m = /\bts (-?\d+) /.exec(text)
  return m === null ? [text, null] : [text.replace(m[0], 'ts * '), Number(m[1])]
}

class Replay {
  readonly #talk: Talk
  readonly #peer: ScriptedPeer
  readonly #sockets: Sockets
  /** Virtual milliseconds of the recording's beginning, moved with the timers. */
  #origin: number
  /** Fields that the recording has by now. */
  #fields: Record<string, number> = {}
  /** Recorded time of the latest event. */
  #last = 0
  equal = 0
  readonly infoDifferences: string[] = []

  constructor(calls: Calls, talk: Talk) {
    this.#talk = talk
    const { isn, mtu, sysctl } = talk
    const known = sysctl.filter(setting => !setting.startsWith('net.ipv4.icmp_ratelimit'))
    this.#peer = new ScriptedPeer({
      port: PORT,
      peerPort: PEER_PORT,
      isn,
      mtu,
      sysctl: known,
      timestamps: 'ms',
    })
    this.#sockets = makeSockets(calls, this.#peer.world.kernel.netns('t'), talk.cc)
    this.#origin = this.#peer.now
  }

  /** Runs to the recorded moment, unless the kernel speaks first. */
  #runTo(ms: number, stopWhenHeard: boolean): void {
    const until = this.#origin + ms
    while (until - this.#peer.now > ONE_NS && !(stopWhenHeard && this.#peer.waiting > 0))
      this.#peer.run(Math.min(1, until - this.#peer.now))
  }

  #tolerance(ms: number): number {
    return TICKS_MS + FAR * (ms - this.#last)
  }

  #segment(ms: number, text: string): string {
    const [wanted, wantedTs] = splitTs(text)
    this.#peer.settle()
    this.#runTo(ms + this.#tolerance(ms), true)
    const heard = this.#peer.take()
    if (heard === null)
      return `${ms}: Linux sent ${text}, netloom nothing by ${(this.#peer.now - this.#origin).toFixed(1)}`
    const [got] = splitTs(heard.text)
    const at = heard.ms - this.#origin
    if (got !== wanted) return `${ms}: Linux   ${wanted}\n    ${at.toFixed(1)}: netloom ${got}`
    if (Math.abs(at - ms) > this.#tolerance(ms)) return `Linux at ${ms}, netloom at ${at.toFixed(1)}: ${text}`
    this.#moveWith(ms, at, wantedTs, heard)
    this.equal++
    return ''
  }

  #moveWith(ms: number, at: number, wantedTs: number | null, heard: Heard): void {
    if (wantedTs !== null) this.#peer.segments.echoes.set(wantedTs, heard.tsMs)
    // What came at once in both is no timer: the recorder's own delay.
    if (ms - this.#last > 2) this.#origin += at - ms
  }

  #call(ms: number, text: string): string {
    const [, words, wanted] = /^call (.*?)(?: = (\S+))?$/.exec(text)!
    const [verb, ...rest] = words!.split(' ')
    let got: number | string | null = null
    switch (verb) {
      case 'listen':
        this.#sockets.listen(PORT, optionWords(rest))
        break
      case 'connect':
        this.#sockets.connect(PORT, PEER_PORT, optionWords(rest))
        break
      case 'accept':
        if (!this.#sockets.accept()) return `${ms}: nothing to accept`
        break
      case 'set':
        this.#sockets.set(optionWords(rest))
        break
      case 'send':
        got = this.#sockets.send(Number(rest[0]))
        break
      case 'recv':
        got = this.#sockets.recv(Number(rest[0]))
        break
      case 'shutdown':
        this.#sockets.shutdown('wr')
        break
      case 'close':
        this.#sockets.close()
        break
      default:
        throw new Error(`no call: ${text}`)
    }
    if (got === null || String(got) === (wanted ?? rest[0])) return ''
    return `${ms}: ${words}: Linux ${wanted ?? rest[0]}, netloom ${got}`
  }

  #info(ms: number, changed: Fields): void {
    Object.assign(this.#fields, changed)
    const info = this.#sockets.info()
    if (info === null) return
    for (const [field, name] of Object.entries(FIELDS)) {
      const linux = this.#fields[field]
      if (linux === undefined) continue
      const netloom = info[name]
      if (netloom !== linux && !(linux >= 0x7fffffff && Number(netloom) >= 0x7fffffff))
        this.infoDifferences.push(`${ms}: ${field}: Linux ${linux}, netloom ${String(netloom)}`)
    }
  }

  #end(ms: number, text: string): string {
    this.#runTo(ms, true)
    const heard = this.#peer.take()
    if (heard !== null) return `${(heard.ms - this.#origin).toFixed(1)}: netloom sent ${heard.text}, Linux nothing`
    const error = this.#sockets.hasSocket ? this.#sockets.takeError() : ''
    const got = `end ${this.#sockets.state(PORT, PEER_PORT)}${error === '' ? '' : ` ${error}`}`
    return got === text ? '' : `${ms}: Linux ${text}, netloom ${got}`
  }

  #event(ms: number, text: string): string {
    if (text.startsWith('> ')) return this.#segment(ms, text.slice(2))
    if (text.startsWith('lost ')) return ''
    if (text.startsWith('end ')) return this.#end(ms, text)
    this.#runTo(ms, true)
    this.#peer.settle()
    const extra = this.#peer.take()
    if (extra !== null)
      return `before ${ms} ${text}:\n    ${(extra.ms - this.#origin).toFixed(1)}: netloom sent ${extra.text}`
    if (!text.startsWith('< ')) return this.#call(ms, text)
    this.#peer.say(text.slice(2))
    return ''
  }

  /** The first difference, '' for none. */
  run(): string {
    for (const [ms, text, fields] of this.#talk.events) {
      const difference = this.#event(ms, text)
      if (difference !== '') return difference
      if (fields !== undefined) {
        this.#peer.settle()
        if (this.#peer.waiting === 0) this.#info(ms, fields)
      }
      this.#last = ms
    }
    return ''
  }
}

/** Holds a conversation with netloom. */
export const holdTalk = (calls: Calls, talk: Talk): TalkOutcome => {
  const segments = talk.events.filter(([, text]) => text.startsWith('> ')).length
  const replay = new Replay(calls, talk)
  let difference: string
  try {
    difference = replay.run()
  } catch (e) {
    difference = `threw: ${e instanceof Error ? (e.stack ?? e.message).split('\n').slice(0, 6).join('\n    ') : String(e)}`
  }
  return { segments, equal: replay.equal, difference, infoDifferences: replay.infoDifferences }
}
