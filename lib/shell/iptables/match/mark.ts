/**
 * Options and texts of the match `mark`.
 *
 * @see iptables extensions/libxt_mark.c
 */
import type { XtMarkMtinfo } from '../../../netfilter/match/mark.js'
import { extension, hex32, type XtablesExtension } from '../xtables.js'

const text = ({ mark, mask, invert }: XtMarkMtinfo): string =>
  `${invert ? ' !' : ''}${mask === -1 ? ` ${hex32(mark)}` : ` ${hex32(mark)}/${hex32(mask)}`}`

/** The extension. */
export const markExtension: XtablesExtension = extension<XtMarkMtinfo>({
  name: 'mark',
  help: 'mark match options:\n[!] --mark value[/mask]    Match nfmark value with optional mask\n',
  options: [{ name: 'mark', id: 'mark', type: 'markmask32', mandatory: true, invert: true }],
  init: { mark: 0, mask: 0, invert: false },
  parse: ({ mark, mask, invert }) => ({ mark, mask, invert }),
  print: info => ` mark match${text(info)}`,
  save: ({ mark, mask, invert }) => `${invert ? ' !' : ''} --mark${text({ mark, mask, invert: false })}`,
})
