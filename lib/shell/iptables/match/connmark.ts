/**
 * Options and texts of the match `connmark`.
 *
 * @see iptables extensions/libxt_connmark.c
 */
import type { XtConnmarkMtinfo } from '../../../netfilter/match/connmark.js'
import { extension, hex32, type XtablesExtension } from '../xtables.js'

const text = ({ mark, mask }: XtConnmarkMtinfo): string =>
  mask === -1 ? ` ${hex32(mark)}` : ` ${hex32(mark)}/${hex32(mask)}`

/** The extension. */
export const connmarkExtension: XtablesExtension = extension<XtConnmarkMtinfo>({
  name: 'connmark',
  help: 'connmark match options:\n[!] --mark value[/mask]    Match ctmark value with optional mask\n',
  options: [{ name: 'mark', id: 'mark', type: 'markmask32', mandatory: true, invert: true }],
  init: { mark: 0, mask: 0, invert: false },
  parse: ({ mark, mask, invert }) => ({ mark, mask, invert }),
  print: info => ` connmark match ${info.invert ? '!' : ''}${text(info)}`,
  save: info => `${info.invert ? ' !' : ''} --mark${text(info)}`,
})
