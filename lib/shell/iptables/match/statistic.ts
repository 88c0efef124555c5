/**
 * Options and texts of the match `statistic`.
 *
 * @see iptables extensions/libxt_statistic.c
 */
import type { XtStatisticInfo } from '../../../netfilter/match/statistic.js'
import { extension, type XtablesExtension, xtablesError, type XtOptionCall } from '../xtables.js'

const HELP = `statistic match options:
 --mode mode                    Match mode (random, nth)
 random mode:
[!] --probability p		 Probability
 nth mode:
[!] --every n			 Match every nth packet
 --packet p			 Initial counter value (0 <= p <= n-1, default 0)
`

const ONE = 0x80000000

/** The tool keeps probability and period in one place until it knows the mode. */
const both = (n: number): Pick<XtStatisticInfo, 'probability' | 'every'> => ({ probability: n, every: n })

const parse = ({ option, arg, value, invert }: XtOptionCall, before: XtStatisticInfo): XtStatisticInfo => {
  const info = { ...before, invert: before.invert || invert }
  switch (option.id) {
    case 'mode':
      if (arg !== 'random' && arg !== 'nth') return xtablesError(`Bad mode "${arg}"`)
      return { ...info, mode: arg }
    case 'probability':
      return { ...info, ...both(Math.round(ONE * value)) }
    case 'every':
      return { ...info, ...both(value - 1) }
    default:
      return { ...info, packet: value }
  }
}

const check = (info: XtStatisticInfo, seen: ReadonlySet<string>): XtStatisticInfo => {
  if (info.mode === 'random' && !seen.has('probability'))
    xtablesError('--probability must be specified when using random mode')
  if (info.mode === 'nth' && !seen.has('every') && !seen.has('packet'))
    xtablesError('--every and --packet must be specified when using nth mode')
  if (info.packet > info.every) xtablesError('the --packet p must be 0 <= p <= n-1')
  return info.mode === 'nth' ? { ...info, probability: 0 } : { ...info, every: 0, packet: 0 }
}

const text = ({ mode, invert, probability, every, packet }: XtStatisticInfo, prefix: string): string => {
  const head = ` ${prefix}mode ${mode}${invert ? ' !' : ''} ${prefix}`
  if (mode === 'random') return `${head}probability ${(probability / ONE).toFixed(11)}`
  return `${head}every ${every + 1}${packet !== 0 || prefix !== '' ? ` ${prefix}packet ${packet}` : ''}`
}

/** The extension. */
export const statisticExtension: XtablesExtension = extension<XtStatisticInfo>({
  name: 'statistic',
  help: HELP,
  options: [
    { name: 'mode', id: 'mode', type: 'string', mandatory: true },
    { name: 'probability', id: 'probability', type: 'double', min: 0, max: 1, invert: true, excl: ['every', 'packet'] },
    { name: 'every', id: 'every', type: 'uint32', min: 1, invert: true, excl: ['probability'], also: ['packet'] },
    { name: 'packet', id: 'packet', type: 'uint32', excl: ['probability'], also: ['every'] },
  ],
  init: { mode: 'random', invert: false, probability: 0, every: 0, packet: 0 },
  parse,
  finalCheck: check,
  print: info => ` statistic${text(info, '')}`,
  save: info => text(info, '--'),
})
