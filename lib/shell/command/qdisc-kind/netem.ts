/**
 * Words of `netem`. `distribution uniform` and distributions of files are refused as tc refuses a file that is not there.
 *
 * @see tc-netem(8), iproute2 tc/q_netem.c
 */
import { DISTRIBUTIONS, type Distribution, rint } from '../../../sched/dist-table.js'
import type { LossGemodel, LossState } from '../../../sched/netem-loss.js'
import type { NetemAttrs, NetemSlot } from '../../../sched/sch-netem.js'
import { type Args, matches, parseInteger, parseUnsigned } from '../args.js'
import { isTooLong, parsePercent, parseRate, parseSize, parseTime, parseTime64, ticksNs } from '../tc-units.js'
import { leave, type QdiscKindWords } from './words.js'

const USAGE = `Usage: ... netem [ limit PACKETS ]
                 [ delay TIME [ JITTER [CORRELATION]]]
                 [ distribution {uniform|normal|pareto|paretonormal} ]
                 [ corrupt PERCENT [CORRELATION]]
                 [ duplicate PERCENT [CORRELATION]]
                 [ loss random PERCENT [CORRELATION]]
                 [ loss state P13 [P31 [P32 [P23 P14]]]
                 [ loss gemodel PERCENT [R [1-H [1-K]]]
                 [ ecn ]
                 [ reorder PERCENT [CORRELATION] [ gap DISTANCE ]]
                 [ rate RATE [PACKETOVERHEAD] [CELLSIZE] [CELLOVERHEAD]]
                 [ slot MIN_DELAY [MAX_DELAY] [packets MAX_PACKETS] [bytes MAX_BYTES]]
                 [ slot distribution {uniform|normal|pareto|paretonormal|custom}
                   DELAY JITTER [packets MAX_PACKETS] [bytes MAX_BYTES]]`

const MAX = 0xffffffff
const INT32 = 2 ** 31

const illegal = (what: string): never => leave(`Illegal "${what}"`)

const usage = (text: string): never => leave(`${text}\n${USAGE}`)

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What the words say. Groups are absent until a word of theirs comes. */
export interface NetemRequest
  extends Mutable<Pick<NetemAttrs, 'limit' | 'latency' | 'jitter' | 'loss' | 'duplicate' | 'gap'>> {
  lossState?: LossState
  lossGemodel?: LossGemodel
  corr: Mutable<NetemAttrs['corr']>
  /** Some correlation was given; tc does not tell the kernel one of copies alone. */
  hasCorr: boolean
  reorder?: NetemAttrs['reorder']
  corrupt?: NetemAttrs['corrupt']
  rate?: NetemAttrs['rate']
  distribution?: Distribution
  ecn?: boolean
  slot?: NetemSlot
}

const isNumber = (args: Args): boolean => !args.done && /^\d/.test(args.word)

const isSignedNumber = (args: Args): boolean => !args.done && /^[\d-]/.test(args.word)

const toPercent = (part: number): number => rint(part * MAX)

/** A percentage as a number of 32 bits. */
const percent = (args: Args, what: string): number => toPercent(parsePercent(args.take()) ?? illegal(what))

const optionalPercent = (args: Args, what: string): number | null => (isNumber(args) ? percent(args, what) : null)

const ticks = (args: Args, what: string): number => {
  const us = parseTime(args.take()) ?? illegal(what)
  if (isTooLong(us)) leave(`Illegal ${us} time (too large)\nIllegal "${what}"`)
  return ticksNs(us)
}

const correlate = (request: NetemRequest, key: keyof NetemAttrs['corr'], value: number | null): void => {
  if (value === null) return
  request.corr[key] = value
  if (key !== 'duplicate') request.hasCorr = true
}

const delay = (request: NetemRequest, args: Args): void => {
  request.latency = ticks(args, 'latency')
  if (!isNumber(args)) return
  request.jitter = ticks(args, 'latency')
  correlate(request, 'delay', optionalPercent(args, 'latency'))
}

const randomLoss = (request: NetemRequest, args: Args): void => {
  request.loss = percent(args, 'loss percent')
  correlate(request, 'loss', optionalPercent(args, 'loss correllation'))
}

const lossState = (args: Args): LossState => {
  const p13 = parsePercent(args.take()) ?? illegal('loss p13')
  const next = (name: string, otherwise: number): number =>
    optionalPercent(args, `loss ${name}`) ?? toPercent(otherwise)
  const p31 = next('p31', 1 - p13)
  const p32 = next('p32', 0)
  const p23 = next('p23', 1)
  return { p13: toPercent(p13), p31, p32, p23, p14: next('p14', 0) }
}

const lossGemodel = (args: Args): LossGemodel => {
  const p = parsePercent(args.take()) ?? illegal('loss gemodel p')
  const r = optionalPercent(args, 'loss gemodel r') ?? toPercent(1 - p)
  const lost = optionalPercent(args, 'loss gemodel h')
  const k1 = optionalPercent(args, 'loss gemodel k') ?? 0
  return { p: toPercent(p), r, h: lost === null ? 0 : MAX - lost, k1 }
}

const loss = (request: NetemRequest, args: Args): void => {
  if (request.loss > 0 || request.lossState !== undefined || request.lossGemodel !== undefined)
    illegal('duplicate loss argument\n')
  if (isNumber(args)) return randomLoss(request, args)
  const model = args.take()
  if (model === 'random') randomLoss(request, args)
  else if (model === 'state') request.lossState = lossState(args)
  else if (model === 'gemodel') request.lossGemodel = lossGemodel(args)
  else leave(`Unknown loss parameter: ${model}`)
}

const signed = (args: Args): number => {
  const value = parseInteger(args.take())
  return value !== null && value >= -INT32 && value < INT32 ? value : illegal('rate')
}

const RATE_PERCENT = /%/

const rate = (request: NetemRequest, args: Args, speed: () => number | null): void => {
  const text = args.take()
  const mbit = RATE_PERCENT.test(text) ? (speed() ?? 0) : null
  const octets = mbit === null ? parseRate(text) : Math.floor((Number.parseFloat(text) / 100) * mbit * 125000)
  if (octets === null || (mbit !== null && mbit <= 0)) return illegal('rate')
  const packetOverhead = isSignedNumber(args) ? signed(args) : 0
  const cellSize = isNumber(args) ? (parseUnsigned(args.take()) ?? illegal('rate')) : 0
  const cellOverhead = isSignedNumber(args) ? signed(args) : 0
  request.rate = { rate: octets, packetOverhead, cellSize, cellOverhead }
}

const distribution = (args: Args): Distribution => {
  const name = args.take()
  const found = DISTRIBUTIONS.find(d => d === name)
  const file = `/usr/lib/x86_64-linux-gnu/tc//${name}.dist`
  return found ?? leave(`No distribution data for ${name} (${file}: No such file or directory)`)
}

const time64 = (args: Args, what: string): number => parseTime64(args.take()) ?? illegal(what)

type SlotTimes = Omit<NetemSlot, 'maxPackets' | 'maxBytes'>

const slotTimes = (args: Args): SlotTimes => {
  const none = { minDelay: 0, maxDelay: 0, distDelay: 0, distJitter: 0, distribution: null }
  if (isNumber(args)) {
    const minDelay = time64(args, 'slot min_delay')
    const maxDelay = isNumber(args) ? time64(args, 'slot max_delay') : minDelay
    return maxDelay < minDelay ? illegal('slot max_delay') : { ...none, minDelay, maxDelay }
  }
  const word = args.take()
  if (word !== 'distribution') leave(`Unknown slot parameter: ${word}`)
  const table = distribution(args)
  const distDelay = time64(args, 'slot delay')
  const distJitter = time64(args, 'slot jitter')
  if (distJitter <= 0) leave('Non-positive jitter')
  return { ...none, distDelay, distJitter, distribution: table }
}

const slot = (request: NetemRequest, args: Args): void => {
  const times = slotTimes(args)
  let maxPackets = 0
  let maxBytes = 0
  if (!args.done && matches(args.word, 'packets')) {
    args.take()
    maxPackets = (args.done ? null : parseInteger(args.take())) ?? illegal('slot packets')
  }
  if (!args.done && matches(args.word, 'bytes')) {
    args.take()
    maxBytes = (args.done ? null : parseSize(args.take())) ?? illegal('slot bytes')
  }
  request.slot = { ...times, maxPackets, maxBytes }
}

/** Words in the order in which the tool looks for them. */
const WORDS: readonly (readonly [word: string, (r: NetemRequest, args: Args, speed: () => number | null) => void])[] = [
  [
    'limit',
    (r, args) => {
      r.limit = parseSize(args.take()) ?? illegal('limit')
    },
  ],
  ['latency', delay],
  ['delay', delay],
  ['loss', loss],
  ['drop', loss],
  [
    'ecn',
    r => {
      r.ecn = true
    },
  ],
  [
    'reorder',
    (r, args) => {
      const probability = percent(args, 'reorder')
      const correlation = optionalPercent(args, 'reorder')
      if (correlation !== null) r.hasCorr = true
      r.reorder = { probability, correlation: correlation ?? 0 }
    },
  ],
  [
    'corrupt',
    (r, args) => {
      const probability = percent(args, 'corrupt')
      const correlation = optionalPercent(args, 'corrupt')
      if (correlation !== null) r.hasCorr = true
      r.corrupt = { probability, correlation: correlation ?? 0 }
    },
  ],
  [
    'gap',
    (r, args) => {
      r.gap = parseUnsigned(args.take()) ?? illegal('gap')
    },
  ],
  [
    'duplicate',
    (r, args) => {
      r.duplicate = percent(args, 'duplicate')
      correlate(r, 'duplicate', optionalPercent(args, 'duplicate'))
    },
  ],
  [
    'distribution',
    (r, args) => {
      r.distribution = distribution(args)
    },
  ],
  ['rate', rate],
  ['slot', slot],
]

const check = (r: NetemRequest): void => {
  if (r.reorder !== undefined && r.reorder.probability > 0) {
    if (r.latency === 0) usage('reordering not possible without specifying some delay')
    if (r.gap === 0) r.gap = 1
  } else if (r.gap > 0) usage('gap specified without reorder probability')
  const loses = r.loss > 0 || r.lossState !== undefined || r.lossGemodel !== undefined
  if (r.ecn === true && !loses) usage('ecn requested without loss model')
  if (r.distribution !== undefined && (r.latency === 0 || r.jitter === 0))
    usage('distribution specified but no latency and jitter values')
}

const newRequest = (): NetemRequest => ({
  limit: 1000,
  latency: 0,
  jitter: 0,
  loss: 0,
  duplicate: 0,
  gap: 0,
  corr: { delay: 0, loss: 0, duplicate: 0 },
  hasCorr: false,
})

/** One of netem's words for something else that has them: the whole word and what it says; null for no word of netem's. */
export const readNetemWord = (given: string, args: Args): { word: string; request: NetemRequest } | null => {
  const found = WORDS.find(([word]) => matches(given, word))
  if (found === undefined) return null
  const request = newRequest()
  found[1](request, args, () => null)
  return { word: found[0], request }
}

const parseNetemWords = (args: Args, speed: () => number | null): Partial<NetemAttrs> => {
  const request = newRequest()
  while (!args.done) {
    const given = args.take()
    const found = WORDS.find(([word]) => matches(given, word))
    if (found !== undefined) found[1](request, args, speed)
    else if (given === 'help') leave(USAGE)
    else usage(`What is "${given}"?`)
  }
  check(request)
  const { hasCorr, corr, ...attrs } = request
  return hasCorr ? { ...attrs, corr } : attrs
}

/** `netem`. */
export const NETEM_WORDS: QdiscKindWords = { kind: 'netem', parse: parseNetemWords }
