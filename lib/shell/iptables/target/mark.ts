/**
 * Options and texts of the target `MARK`.
 *
 * @see iptables extensions/libxt_MARK.c
 */
import type { XtMarkTginfo } from '../../../netfilter/target/mark.js'
import { extension, hex32, type XtablesExtension, xtablesError, type XtOption, type XtOptionCall } from '../xtables.js'

const HELP = `MARK target options:
  --set-xmark value[/mask]  Clear bits in mask and XOR value into nfmark
  --set-mark value[/mask]   Clear bits in mask and OR value into nfmark
  --and-mark bits           Binary AND the nfmark with bits
  --or-mark bits            Binary OR the nfmark with bits
  --xor-mark bits           Binary XOR the nfmark with bits
`

const ALL = ['set-mark', 'and-mark', 'or-mark', 'xor-mark', 'set-xmark']

const option = (name: string, type: 'markmask32' | 'uint32'): XtOption => ({ name, id: name, type, excl: ALL })

const parse = ({ option: { id }, mark, mask, value }: XtOptionCall): XtMarkTginfo => {
  const bits = value | 0
  switch (id) {
    case 'set-xmark':
      return { mark, mask }
    case 'set-mark':
      return { mark, mask: mark | mask }
    case 'and-mark':
      return { mark: 0, mask: ~bits }
    case 'or-mark':
      return { mark: bits, mask: bits }
    default:
      return { mark: bits, mask: 0 }
  }
}

const print = ({ mark, mask }: XtMarkTginfo): string => {
  if (mark === 0) return `and ${hex32(~mask)}`
  if (mark === mask) return `or ${hex32(mark)}`
  if (mask === 0) return `xor ${hex32(mark)}`
  return mask === -1 ? `set ${hex32(mark)}` : `xset ${hex32(mark)}/${hex32(mask)}`
}

/** The extension. */
export const markTargetExtension: XtablesExtension = extension<XtMarkTginfo>({
  name: 'MARK',
  help: HELP,
  options: [
    option('set-xmark', 'markmask32'),
    option('set-mark', 'markmask32'),
    option('and-mark', 'uint32'),
    option('or-mark', 'uint32'),
    option('xor-mark', 'uint32'),
  ],
  init: { mark: 0, mask: 0 },
  parse,
  finalCheck: (info, seen) =>
    seen.size > 0 ? info : xtablesError('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required'),
  print: info => ` MARK ${print(info)}`,
  save: ({ mark, mask }) => ` --set-xmark ${hex32(mark)}/${hex32(mask)}`,
})
