/**
 * Options and texts of the match `hashlimit`.
 *
 * @see iptables extensions/libxt_hashlimit.c
 */
import {
  XT_HASHLIMIT_BYTES,
  XT_HASHLIMIT_HASH_DIP,
  XT_HASHLIMIT_HASH_DPT,
  XT_HASHLIMIT_HASH_SIP,
  XT_HASHLIMIT_HASH_SPT,
  XT_HASHLIMIT_INVERT,
  XT_HASHLIMIT_RATE_MATCH,
  type XtHashlimitInfo,
} from '../../../netfilter/match/hashlimit.js'
import { XT_HASHLIMIT_SCALE_V2 } from '../../../netfilter/match/hashlimit-rate.js'
import { parseRate, rateSeconds, rateText } from '../rates.js'
import {
  badValue,
  extension,
  strtoulPrefix,
  type XtablesExtension,
  xtablesError,
  type XtOption,
  type XtOptionCall,
} from '../xtables.js'

const BURST = 5
const BURST_MAX = 1_000_000
const BYTE_SHIFT = 4
const BYTE_EXPIRE = 15
const BYTE_EXPIRE_BURST = 60
const GCINTERVAL = 1000
const U32_MAX = 0xffffffff
/** Longest name with the octet behind it. */
const NAME_SIZE = 256

const HELP = `hashlimit match options:
  --hashlimit-upto <avg>           max average match rate
                                   [Packets per second unless followed by 
                                   /sec /minute /hour /day postfixes]
  --hashlimit-above <avg>          min average match rate
  --hashlimit-mode <mode>          mode is a comma-separated list of
                                   dstip,srcip,dstport,srcport (or none)
  --hashlimit-srcmask <length>     source address grouping prefix length
  --hashlimit-dstmask <length>     destination address grouping prefix length
  --hashlimit-name <name>          name for /proc/net/ipt_hashlimit
  --hashlimit-burst <num>	    number to match in a burst, default ${BURST}
  --hashlimit-htable-size <num>    number of hashtable buckets
  --hashlimit-htable-max <num>     number of hashtable entries
  --hashlimit-htable-gcinterval    interval between garbage collection runs
  --hashlimit-htable-expire        after which time are idle entries expired?
  --hashlimit-rate-match           rate match the flow without rate-limiting it
  --hashlimit-rate-interval        interval in seconds for hashlimit-rate-match

`

/** A rule as it is being read: seconds of the unit of its rate besides. */
interface Reading extends XtHashlimitInfo {
  readonly mult: number
}

const costToBytes = (cost: number): number =>
  ((cost === 0 ? U32_MAX : Math.floor(U32_MAX / cost)) - 1) * 2 ** BYTE_SHIFT
const bytesToCost = (bytes: number): number =>
  Math.floor(U32_MAX / ((Math.floor(bytes / 2 ** BYTE_SHIFT) % 4294967296) + 1))

const FACTORS: Readonly<Record<string, number>> = { m: 1024 * 1024, k: 1024 }

/** `Nb/s`, `Nkb/s`, `Nmb/s`: the cost; null for what is no rate of octets. */
const parseBytes = (rate: string): number | null => {
  const at = rate.indexOf('b/s')
  const n = Number(/^\s*\+?(\d+)/.exec(rate)?.[1] ?? 0)
  if (at < 1 || n === 0) return null
  const cost = bytesToCost(n * (FACTORS[rate[at - 1]!] ?? 1))
  return cost === 0 ? xtablesError(`Rate too high "${rate}"`) : cost
}

const burstError = (): never =>
  xtablesError(`bad value for option "--hashlimit-burst", or out of range (1-${BURST_MAX}).`)

const parseBurst = (arg: string): number => {
  const burst = strtoulPrefix(arg, 1, 2 ** 64) ?? burstError()
  if (burst.rest === '' && burst.value > BURST_MAX) burstError()
  return burst.value * (FACTORS[burst.rest[0] ?? ''] ?? 1)
}

/** In the order in which they are printed. */
const MODES: readonly (readonly [string, number])[] = [
  ['srcip', XT_HASHLIMIT_HASH_SIP],
  ['srcport', XT_HASHLIMIT_HASH_SPT],
  ['dstip', XT_HASHLIMIT_HASH_DIP],
  ['dstport', XT_HASHLIMIT_HASH_DPT],
]

const parseMode = (arg: string): number => {
  let mode = 0
  for (const word of arg.split(/[,|]/).filter(w => w !== ''))
    mode |= MODES.find(([name]) => name === word)?.[1] ?? badValue('hashlimit', '--hashlimit-mode', arg)
  return mode
}

const rate = (call: XtOptionCall, info: Reading, isAbove: boolean): Reading => {
  const { arg, invert } = call
  const mode = info.mode | (invert !== isAbove ? XT_HASHLIMIT_INVERT : 0)
  const cost = parseBytes(arg)
  if (cost !== null) return { ...info, mode: mode | XT_HASHLIMIT_BYTES, avg: cost, mult: BYTE_EXPIRE }
  const parsed = parseRate(arg, XT_HASHLIMIT_SCALE_V2)
  if (parsed === null) return badValue('hashlimit', `--hashlimit-${isAbove ? 'above' : 'upto'}`, arg)
  return { ...info, mode, avg: parsed.avg, mult: parsed.seconds }
}

const NUMBERS: Readonly<Record<string, 'size' | 'max' | 'gcInterval' | 'expire' | 'srcmask' | 'dstmask'>> = {
  size: 'size',
  max: 'max',
  gcinterval: 'gcInterval',
  expire: 'expire',
  srcmask: 'srcmask',
  dstmask: 'dstmask',
}

const interval = (arg: string): number => {
  const n = Number(/^\s*[-+]?\d+/.exec(arg)?.[0] ?? 0)
  return n > 0 ? n : badValue('hashlimit', '--hashlimit-rate-interval', arg)
}

const parse = (call: XtOptionCall, info: Reading): Reading => {
  const { option, arg, value } = call
  const { id } = option
  const number = NUMBERS[id]
  if (number !== undefined) return { ...info, [number]: value }
  switch (id) {
    case 'upto':
    case 'above':
      return rate(call, info, id === 'above')
    case 'burst':
      return { ...info, burst: parseBurst(arg) }
    case 'mode':
      return { ...info, mode: info.mode | parseMode(arg) }
    case 'name':
      return { ...info, name: arg.slice(0, NAME_SIZE - 1) }
    case 'ratematch':
      return { ...info, mode: info.mode | XT_HASHLIMIT_RATE_MATCH }
    default:
      return { ...info, interval: interval(arg) }
  }
}

/** Octets of a burst as so many times what passes in a second. */
const byteBurst = (avg: number, burst: number): number => {
  const least = costToBytes(avg)
  if (burst < least) xtablesError(`burst cannot be smaller than ${least}b`)
  return Math.ceil(burst / least)
}

const check = ({ mult, ...read }: Reading, seen: ReadonlySet<string>): XtHashlimitInfo => {
  if (!seen.has('upto') && !seen.has('above')) xtablesError('You have to specify --hashlimit')
  const hasExpire = seen.has('expire')
  let info: XtHashlimitInfo = hasExpire ? read : { ...read, expire: mult * 1000 }
  const isBytes = (info.mode & XT_HASHLIMIT_BYTES) !== 0
  if (isBytes && seen.has('burst')) {
    const burst = byteBurst(info.avg, info.burst)
    info = { ...info, burst, expire: hasExpire ? info.expire : BYTE_EXPIRE_BURST * 1000 }
  } else if (isBytes) info = { ...info, burst: 0 }
  else if (info.burst > BURST_MAX) burstError()
  if (!seen.has('ratematch')) return info
  return {
    ...info,
    avg: isBytes ? info.avg : Math.floor(info.avg / mult),
    interval: info.interval !== 0 ? info.interval : isBytes ? 1 : mult,
  }
}

const UNITS: readonly (readonly [string, number])[] = [
  ['m', 1024 * 1024],
  ['k', 1024],
  ['', 1],
]

/** As many whole units of `n` octets as the lower 32 bits hold. */
const wholeUnits = (bytes: number, n: number): number => {
  const low = bytes % 4294967296
  return low - (low % n)
}

/** Rate and burst in octets; the expiry in milliseconds that goes without saying (print_bytes). */
const bytesText = (avg: number, burst: number, prefix: string): { readonly text: string; readonly expire: number } => {
  const bytes = costToBytes(avg)
  const unit = UNITS.find(([, n]) => n === 1 || (bytes >= n && bytesToCost(wholeUnits(bytes, n)) === avg))!
  const text = ` ${Math.floor(bytes / unit[1])}${unit[0]}b/s`
  if (burst === 0) return { text, expire: BYTE_EXPIRE * 1000 }
  const total = bytes * burst
  const burstUnit = UNITS.find(([, n]) => total >= n) ?? UNITS[2]!
  return {
    text: `${text} ${prefix}burst ${Math.floor(total / burstUnit[1])}${burstUnit[0]}b`,
    expire: BYTE_EXPIRE_BURST * 1000,
  }
}

const packetsText = (
  avg: number,
  burst: number,
  prefix: string,
): { readonly text: string; readonly expire: number } => ({
  text: ` ${rateText(avg, XT_HASHLIMIT_SCALE_V2)} ${prefix}burst ${burst}`,
  expire: rateSeconds(avg, XT_HASHLIMIT_SCALE_V2) * 1000,
})

/** All but rate and name, each option behind `prefix`. */
const restText = (info: XtHashlimitInfo, prefix: string, expire: number): string => {
  let text = ''
  if (info.size !== 0) text += ` ${prefix}htable-size ${info.size}`
  if (info.max !== 0) text += ` ${prefix}htable-max ${info.max}`
  if (info.gcInterval !== GCINTERVAL) text += ` ${prefix}htable-gcinterval ${info.gcInterval}`
  if (info.expire !== expire) text += ` ${prefix}htable-expire ${info.expire}`
  if (info.srcmask !== 32) text += ` ${prefix}srcmask ${info.srcmask}`
  if (info.dstmask !== 32) text += ` ${prefix}dstmask ${info.dstmask}`
  if (!(info.mode & XT_HASHLIMIT_RATE_MATCH)) return text
  return `${text} ${prefix}rate-match${info.interval === 1 ? '' : ` ${prefix}rate-interval ${info.interval}`}`
}

const modeText = (mode: number, prefix: string, separator: string): string => {
  const names = MODES.filter(([, bit]) => mode & bit).map(([name]) => name)
  return names.length === 0 ? '' : ` ${prefix}mode ${names.join(separator)}`
}

const print = (info: XtHashlimitInfo): string => {
  const { mode, avg, burst } = info
  const period = info.interval === 0 ? avg : avg * info.interval
  const { text, expire } = mode & XT_HASHLIMIT_BYTES ? bytesText(avg, burst, '') : packetsText(period, burst, '')
  return ` limit: ${mode & XT_HASHLIMIT_INVERT ? 'above' : 'up to'}${text}${modeText(mode, '', '-')}${restText(info, '', expire)}`
}

const save = (info: XtHashlimitInfo): string => {
  const { mode, avg, burst, name } = info
  const prefix = '--hashlimit-'
  const { text, expire } = mode & XT_HASHLIMIT_BYTES ? bytesText(avg, burst, prefix) : packetsText(avg, burst, prefix)
  const head = ` ${prefix}${mode & XT_HASHLIMIT_INVERT ? 'above' : 'upto'}${text}${modeText(mode, prefix, ',')}`
  return `${head} ${prefix}name ${name}${restText(info, prefix, expire)}`
}

const OPTIONS: readonly XtOption[] = [
  { name: 'hashlimit-upto', id: 'upto', type: 'string', invert: true, excl: ['above'] },
  { name: 'hashlimit-above', id: 'above', type: 'string', invert: true, excl: ['upto'] },
  { name: 'hashlimit', id: 'upto', type: 'string', invert: true, excl: ['above'] },
  { name: 'hashlimit-srcmask', id: 'srcmask', type: 'plen' },
  { name: 'hashlimit-dstmask', id: 'dstmask', type: 'plen' },
  { name: 'hashlimit-burst', id: 'burst', type: 'string' },
  { name: 'hashlimit-htable-size', id: 'size', type: 'uint32' },
  { name: 'hashlimit-htable-max', id: 'max', type: 'uint32' },
  { name: 'hashlimit-htable-gcinterval', id: 'gcinterval', type: 'uint32' },
  { name: 'hashlimit-htable-expire', id: 'expire', type: 'uint32' },
  { name: 'hashlimit-mode', id: 'mode', type: 'string' },
  { name: 'hashlimit-name', id: 'name', type: 'string', mandatory: true, min: 1 },
  { name: 'hashlimit-rate-match', id: 'ratematch', type: 'none' },
  { name: 'hashlimit-rate-interval', id: 'interval', type: 'string' },
]

const INIT: Reading = {
  name: '',
  mode: 0,
  avg: 0,
  burst: BURST,
  size: 0,
  max: 0,
  gcInterval: GCINTERVAL,
  expire: 0,
  srcmask: 32,
  dstmask: 32,
  interval: 0,
  mult: 0,
}

/** The extension. */
export const hashlimitExtension: XtablesExtension = extension<XtHashlimitInfo>({
  name: 'hashlimit',
  help: HELP,
  options: OPTIONS,
  init: INIT,
  parse: (call, info) => parse(call, info as Reading),
  finalCheck: (info, seen) => check(info as Reading, seen),
  print,
  save,
})
