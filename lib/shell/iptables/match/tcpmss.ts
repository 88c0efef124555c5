/**
 * Options and texts of the match `tcpmss`.
 *
 * @see iptables extensions/libxt_tcpmss.c
 */
import type { XtTcpmssMatchInfo } from '../../../netfilter/match/tcpmss.js'
import { extension, type XtablesExtension, xtablesError } from '../xtables.js'

const HELP = `tcpmss match options:
[!] --mss value[:value]	Match TCP MSS range.
				(only valid for TCP SYN or SYN/ACK packets)
`

const text = ({ mssMin, mssMax }: XtTcpmssMatchInfo): string =>
  mssMin === mssMax ? `${mssMin}` : `${mssMin}:${mssMax}`

/** The extension. */
export const tcpmssExtension: XtablesExtension = extension<XtTcpmssMatchInfo>({
  name: 'tcpmss',
  help: HELP,
  options: [{ name: 'mss', id: 'mss', type: 'uint16rc', mandatory: true, invert: true }],
  init: { mssMin: 0, mssMax: 0, invert: false },
  parse: ({ value, value2, invert }) => {
    if (value2 < value) xtablesError('tcpmss: invalid range given')
    return { mssMin: value, mssMax: value2, invert }
  },
  print: info => ` tcpmss match ${info.invert ? '!' : ''}${text(info)}`,
  save: info => `${info.invert ? ' !' : ''} --mss ${text(info)}`,
})
