/** Linux's answers to one segment in each state (test/data/tcp/answers): read, and asked of netloom. */
import { readdirSync, readFileSync } from 'node:fs'
import { ScriptedPeer } from './scripted-peer.js'
import { isAgain, type loadTcp, makeSockets, type Options, type Sockets } from './sockets.js'

type Calls = NonNullable<Awaited<ReturnType<typeof loadTcp>>>

/** The way to a state. */
export interface Setup {
  readonly setup: string
  readonly isn: number
  readonly steps: readonly string[]
}

/** One segment and what Linux did. */
export interface AnswerCase {
  readonly in: string
  readonly out: readonly string[]
  readonly late?: readonly (readonly [number, string])[]
  readonly state: string
  readonly app?: string
  readonly after?: readonly string[]
  readonly probe: readonly string[]
}

/** All cases of one setup. */
export interface AnswerSet {
  readonly setup: Setup
  readonly cases: readonly AnswerCase[]
}

const FOLDER = new URL('../../data/tcp/answers/', import.meta.url)
const SYSCTLS = [
  'net.ipv4.tcp_congestion_control=reno',
  'net.ipv4.tcp_invalid_ratelimit=0',
  'net.ipv4.tcp_no_metrics_save=1',
  'net.ipv4.tcp_challenge_ack_limit=2147483647',
]
const PORT = 7000
const PEER_PORT = 1024
const LATE_MS = 60
const READ = 65536

/** Every recorded setup with its cases. */
export const readAnswerSets = (): AnswerSet[] => {
  const sets: { setup: Setup; cases: AnswerCase[] }[] = []
  for (const name of readdirSync(FOLDER).sort()) {
    for (const line of readFileSync(new URL(name, FOLDER), 'utf8').split('\n')) {
      if (line === '') continue
      const entry = JSON.parse(line) as Setup | AnswerCase
      if ('setup' in entry) sets.push({ setup: entry, cases: [] })
      else sets.at(-1)!.cases.push(entry)
    }
  }
  return sets
}

/** `rcvbuf=4096 ...` as an object. */
export const optionWords = (words: readonly string[]): Options =>
  Object.fromEntries(words.map(word => [word.split('=')[0]!, Number(word.split('=')[1])]))

const doStep = (peer: ScriptedPeer, sockets: Sockets, step: string): void => {
  const [verb, ...words] = step.split(' ')
  switch (verb) {
    case '<':
      return peer.say(step.slice(2))
    case 'listen':
      return sockets.listen(PORT, optionWords(words))
    case 'connect':
      return sockets.connect(PORT, PEER_PORT, optionWords(words))
    case 'accept':
      sockets.accept()
      return
    case 'send':
      sockets.send(Number(words[0]))
      return
    case 'recv':
      sockets.recv(Number(words[0]))
      return
    case 'shutdown':
      return sockets.shutdown(words[0] as 'rd' | 'wr')
    case 'close':
      return sockets.close()
    case 'wait':
      return peer.run(Number(words[0]))
    default:
      throw new Error(`no step: ${step}`)
  }
}

/** What a program finds, as the recorder looked. */
const look = (sockets: Sockets): string => {
  const found: string[] = []
  if (!sockets.hasSocket && sockets.hasListener) {
    if (!sockets.accept()) return ''
    found.push('accepted')
  }
  if (!sockets.hasSocket) return ''
  for (let i = 0; i < 3; i++) {
    const got = sockets.recv(READ)
    if (isAgain(got)) break
    found.push(typeof got === 'string' ? got : got === 0 ? 'eof' : `data ${got}`)
    if (typeof got === 'string' || got === 0) break
  }
  return found.join(' ')
}

/** What netloom does, in the form of the recording. */
export interface Outcome {
  readonly steps: readonly string[]
  readonly answer: AnswerCase
}

/** Leads a new host to the state and sends it the segment. */
export const askNetloom = (calls: Calls, { isn, steps }: Setup, asked: AnswerCase): Outcome => {
  const peer = new ScriptedPeer({ port: PORT, peerPort: PEER_PORT, isn, timestamps: 'star', sysctl: SYSCTLS })
  const sockets = makeSockets(calls, peer.world.kernel.netns('t'))
  const done: string[] = []
  for (const step of steps) {
    if (step.startsWith('> ')) continue
    doStep(peer, sockets, step)
    peer.settle()
    done.push(step, ...peer.takeAll().map(text => `> ${text}`))
  }
  peer.say(asked.in)
  peer.settle()
  const out = peer.takeAll()
  peer.run(LATE_MS)
  const late = peer.takeAll()
  const state = sockets.state(PORT, PEER_PORT)
  const app = look(sockets)
  peer.settle()
  const after = peer.takeAll()
  const [probe] = asked.probe
  peer.say(probe!)
  peer.settle()
  const answer: AnswerCase = {
    in: asked.in,
    out,
    ...(late.length > 0 && { late: late.map(text => [0, text] as const) }),
    state,
    ...(app !== '' && { app }),
    ...(after.length > 0 && { after }),
    probe: [probe!, ...peer.takeAll()],
  }
  return { steps: done, answer }
}

const text = (steps: readonly string[], { late = [], ...rest }: AnswerCase): string =>
  JSON.stringify([steps, late.map(([, segment]) => segment), rest])

/** '' when netloom does what Linux did; else both, for people. */
export const differenceOf = (calls: Calls, setup: Setup, recorded: AnswerCase): string => {
  let outcome: Outcome
  try {
    outcome = askNetloom(calls, setup, recorded)
  } catch (e) {
    return `  threw: ${e instanceof Error ? (e.stack ?? e.message).split('\n').slice(0, 6).join('\n    ') : String(e)}`
  }
  const { steps, answer } = outcome
  if (JSON.stringify(steps) !== JSON.stringify(setup.steps)) {
    const at = setup.steps.findIndex((step, i) => step !== steps[i])
    return `  on the way, step ${at}: Linux   ${setup.steps[at]}\n                     netloom ${steps[at]}`
  }
  if (text([], answer) === text([], recorded)) return ''
  const lines: string[] = []
  for (const key of ['out', 'late', 'state', 'app', 'after', 'probe'] as const) {
    const value = (c: AnswerCase): string =>
      key === 'late' ? JSON.stringify((c.late ?? []).map(([, s]) => s)) : JSON.stringify(c[key] ?? '')
    const [linux, netloom] = [value(recorded), value(answer)]
    if (linux !== netloom) lines.push(`  ${key}: Linux   ${linux}`, `  ${' '.repeat(key.length)}  netloom ${netloom}`)
  }
  return lines.join('\n')
}
