/**
 * Words of `tbf`.
 *
 * @see tc-tbf(8), iproute2 tc/q_tbf.c
 */
import type { TbfAttrs } from '../../../sched/sch-tbf.js'
import { type Args, matches } from '../args.js'
import { parseRate, parseSize, parseSizeAndCell, parseTime } from '../tc-units.js'
import { leave, type QdiscKindWords } from './words.js'

const USAGE = `Usage: ... tbf limit BYTES burst BYTES[/BYTES] rate KBPS [ mtu BYTES[/BYTES] ]
	[ peakrate KBPS ] [ latency TIME ] [ overhead BYTES ] [ linklayer TYPE ]`

/** What the words say; 0 for what they do not. */
interface Request {
  rate: number
  peakRate: number
  burst: number
  mtu: number
  mpu: number
  overhead: number
  limit: number
  latencyUs: number
  linkLayer: TbfAttrs['linkLayer']
}

/** A word: whether it may be shortened, the field it sets, the name in messages, and how its value is read. */
interface TbfWord {
  readonly word: string
  readonly whole: boolean
  readonly key: Exclude<keyof Request, 'linkLayer'>
  readonly name: string
  /** Name in the message for a value that is wrong, where that is another one. */
  readonly shown: string
  readonly read: (text: string) => number | null
}

const word = (
  text: string,
  whole: boolean,
  key: TbfWord['key'],
  read: TbfWord['read'],
  name: string = text,
  shown: string = text,
): TbfWord => ({ word: text, whole, key, name, shown, read })

const BURST = 'buffer/burst/maxburst'

const WORDS: readonly TbfWord[] = [
  word('limit', false, 'limit', parseSize),
  word('latency', false, 'latencyUs', parseTime),
  word('burst', false, 'burst', parseSizeAndCell, BURST),
  word('buffer', true, 'burst', parseSizeAndCell, BURST),
  word('maxburst', true, 'burst', parseSizeAndCell, BURST),
  word('mtu', true, 'mtu', parseSizeAndCell, 'mtu/minburst'),
  word('minburst', true, 'mtu', parseSizeAndCell, 'mtu/minburst'),
  word('mpu', true, 'mpu', parseSize),
  word('rate', true, 'rate', parseRate),
  word('peakrate', false, 'peakRate', parseRate),
  word('overhead', false, 'overhead', parseSize),
]

const PERCENT = /%/

/** A rate in percent of the device's speed; null for a device without one. */
const percentRate = (text: string, speed: () => number | null): number | null => {
  const mbit = speed()
  return mbit === null || mbit <= 0 ? null : Math.floor((Number.parseFloat(text) / 100) * mbit * 125000)
}

const takeWord = (request: Request, found: TbfWord, given: string, args: Args, speed: () => number | null): void => {
  const { key, name } = found
  const text = args.take()
  const isWait = key === 'limit' || key === 'latencyUs'
  if (isWait && (request.limit > 0 || request.latencyUs > 0))
    leave('tbf: specifying both "limit" and "/latency" is not allowed')
  if (request[key] > 0) leave(`tbf: duplicate "${name}" specification`)
  const isPercent = (key === 'rate' || key === 'peakRate') && PERCENT.test(text)
  const value = isPercent ? percentRate(text, speed) : found.read(text)
  request[key] =
    value ?? leave(`tbf: illegal value for "${given === found.word ? found.shown : found.word}": "${text}"`)
}

const LINK_LAYERS: readonly (readonly [word: string, layer: TbfAttrs['linkLayer']])[] = [
  ['ethernet', 'ethernet'],
  ['atm', 'atm'],
  ['adsl', 'atm'],
]

const linkLayer = (text: string): TbfAttrs['linkLayer'] =>
  LINK_LAYERS.find(([name]) => matches(text, name))?.[1] ?? leave(`tbf: illegal value for "linklayer": "${text}"`)

const check = (request: Request): void => {
  const missing: string[] = []
  if (request.rate === 0) missing.push('tbf: the "rate" parameter is mandatory.')
  if (request.burst === 0) missing.push('tbf: the "burst" parameter is mandatory.')
  if (request.peakRate > 0 && request.mtu === 0)
    missing.push('tbf: when "peakrate" is specified, "mtu" must also be specified.')
  if (request.limit === 0 && request.latencyUs === 0) missing.push('tbf: either "limit" or "latency" is required.')
  if (missing.length > 0) leave([...missing, USAGE].join('\n'))
}

/** Octets that may wait for a latency, the burst included. */
const limitOf = ({ rate, burst, peakRate, mtu, latencyUs }: Request): number => {
  const limit = (rate * latencyUs) / 1e6 + burst
  return Math.floor(peakRate > 0 ? Math.min(limit, (peakRate * latencyUs) / 1e6 + mtu) : limit)
}

const parse = (args: Args, speed: () => number | null): object => {
  const request: Request = {
    rate: 0,
    peakRate: 0,
    burst: 0,
    mtu: 0,
    mpu: 0,
    overhead: 0,
    limit: 0,
    latencyUs: 0,
    linkLayer: 'ethernet',
  }
  while (!args.done) {
    const given = args.take()
    const found = WORDS.find(w => (w.whole ? w.word === given : matches(given, w.word)))
    if (found !== undefined) takeWord(request, found, given, args, speed)
    else if (matches(given, 'linklayer')) request.linkLayer = linkLayer(args.take())
    else if (given === 'help') leave(USAGE)
    else leave(`tbf: unknown parameter "${given}"\n${USAGE}`)
  }
  check(request)
  const { latencyUs: _, limit, ...attrs } = request
  return { ...attrs, limit: limit > 0 ? limit : limitOf(request) } satisfies TbfAttrs
}

/** `tbf`. */
export const TBF_WORDS: QdiscKindWords = { kind: 'tbf', parse }
