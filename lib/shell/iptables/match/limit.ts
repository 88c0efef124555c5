/**
 * Options and texts of the match `limit`.
 *
 * @see iptables extensions/libxt_limit.c
 */
import { XT_LIMIT_SCALE, type XtRateinfo } from '../../../netfilter/match/limit.js'
import { parseRate, rateText } from '../rates.js'
import { extension, type XtablesExtension, xtablesError } from '../xtables.js'

const XT_LIMIT_BURST = 5

const HELP = `limit match options:
--limit avg			max average match rate: default 3/hour
                                [Packets per second unless followed by 
                                /sec /minute /hour /day postfixes]
--limit-burst number		number to match in a burst, default ${XT_LIMIT_BURST}
`

/** The extension. */
export const limitExtension: XtablesExtension = extension<XtRateinfo>({
  name: 'limit',
  help: HELP,
  options: [
    { name: 'limit', id: 'limit', type: 'string' },
    { name: 'limit-burst', id: 'burst', type: 'uint32', max: 10000 },
  ],
  init: { avg: parseRate('3/hour', XT_LIMIT_SCALE)!.avg, burst: XT_LIMIT_BURST },
  parse: ({ option, arg, value }, info) => {
    if (option.id === 'burst') return { ...info, burst: value }
    const rate = parseRate(arg, XT_LIMIT_SCALE) ?? xtablesError(`bad rate "${arg}"'`)
    return { ...info, avg: rate.avg }
  },
  print: ({ avg, burst }) => ` limit: avg ${rateText(avg, XT_LIMIT_SCALE)} burst ${burst}`,
  save: ({ avg, burst }) =>
    ` --limit ${rateText(avg, XT_LIMIT_SCALE)}${burst === XT_LIMIT_BURST ? '' : ` --limit-burst ${burst}`}`,
})
