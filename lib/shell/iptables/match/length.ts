/**
 * Options and texts of the match `length`.
 *
 * @see iptables extensions/libxt_length.c
 */
import type { XtLengthInfo } from '../../../netfilter/match/length.js'
import { extension, type XtablesExtension } from '../xtables.js'

const HELP = `length match options:
[!] --length length[:length]    Match packet length against value or range
                                of values (inclusive)
`

const text = ({ min, max }: XtLengthInfo): string => (min === max ? `${min}` : `${min}:${max}`)

/** The extension. */
export const lengthExtension: XtablesExtension = extension<XtLengthInfo>({
  name: 'length',
  help: HELP,
  options: [{ name: 'length', id: 'length', type: 'uint16rc', mandatory: true, invert: true }],
  init: { min: 0, max: 0, invert: false },
  parse: ({ value, value2, invert }) => ({ min: value, max: value2, invert }),
  print: info => ` length ${info.invert ? '!' : ''}${text(info)}`,
  save: info => `${info.invert ? ' !' : ''} --length ${text(info)}`,
})
