/**
 * Options and texts of the target `CONNMARK`.
 *
 * @see iptables extensions/libxt_CONNMARK.c
 */
import type { XtConnmarkTginfo } from '../../../netfilter/target/connmark.js'
import { extension, hex32, type XtablesExtension, xtablesError, type XtOption, type XtOptionCall } from '../xtables.js'

const HELP = `CONNMARK target options:
  --set-xmark value[/ctmask]    Zero mask bits and XOR ctmark with value
  --save-mark [--ctmask mask] [--nfmask mask]
                                Copy ctmark to nfmark using masks
  --restore-mark [--ctmask mask] [--nfmask mask]
                                Copy nfmark to ctmark using masks
  --set-mark value[/mask]       Set conntrack mark value
  --save-mark [--mask mask]     Save the packet nfmark in the connection
  --restore-mark [--mask mask]  Restore saved nfmark value
  --and-mark value              Binary AND the ctmark with bits
  --or-mark value               Binary OR  the ctmark with bits
  --xor-mark value              Binary XOR the ctmark with bits
  --left-shift-mark value       Left shift the ctmark with bits
  --right-shift-mark value      Right shift the ctmark with bits
`

const OPERATIONS: readonly string[] = [
  'set-mark',
  'save-mark',
  'restore-mark',
  'and-mark',
  'or-mark',
  'xor-mark',
  'set-xmark',
]

const operation = (name: string, type: 'markmask32' | 'uint32' | 'none'): XtOption => ({
  name,
  id: name,
  type,
  excl: OPERATIONS,
})

const OPTIONS: readonly XtOption[] = [
  operation('set-xmark', 'markmask32'),
  operation('set-mark', 'markmask32'),
  operation('and-mark', 'uint32'),
  operation('or-mark', 'uint32'),
  operation('xor-mark', 'uint32'),
  operation('save-mark', 'none'),
  operation('restore-mark', 'none'),
  { name: 'left-shift-mark', id: 'left', type: 'uint8', max: 32 },
  { name: 'right-shift-mark', id: 'right', type: 'uint8', max: 32 },
  { name: 'ctmask', id: 'ctmask', type: 'uint32', excl: ['mask'] },
  { name: 'nfmask', id: 'nfmask', type: 'uint32', excl: ['mask'] },
  { name: 'mask', id: 'mask', type: 'uint32', excl: ['ctmask', 'nfmask'] },
]

const parse = ({ option: { id }, value, mark, mask }: XtOptionCall, info: XtConnmarkTginfo): XtConnmarkTginfo => {
  const bits = value | 0
  const set = (ctmark: number, ctmask: number): XtConnmarkTginfo => ({ ...info, mode: 'set', ctmark, ctmask })
  switch (id) {
    case 'set-xmark':
      return set(mark, mask)
    case 'set-mark':
      return set(mark, mark | mask)
    case 'and-mark':
      return set(0, ~bits)
    case 'or-mark':
      return set(bits, bits)
    case 'xor-mark':
      return set(bits, 0)
    case 'save-mark':
      return { ...info, mode: 'save' }
    case 'restore-mark':
      return { ...info, mode: 'restore' }
    case 'left':
    case 'right':
      return { ...info, shiftDir: id, shiftBits: value }
    case 'mask':
      return { ...info, nfmask: bits, ctmask: bits }
    default:
      return { ...info, [id]: bits }
  }
}

const setText = ({ ctmark, ctmask }: XtConnmarkTginfo): string => {
  if (ctmark === 0) return `and ${hex32(~ctmask)}`
  if (ctmark === ctmask) return `or ${hex32(ctmark)}`
  if (ctmask === 0) return `xor ${hex32(ctmark)}`
  return ctmask === -1 ? `set ${hex32(ctmark)}` : `xset ${hex32(ctmark)}/${hex32(ctmask)}`
}

const copyText = (info: XtConnmarkTginfo): string => {
  const { mode, nfmask, ctmask } = info
  if (nfmask === -1 && ctmask === -1) return mode
  if (nfmask === ctmask) return `${mode} mask ${hex32(nfmask)}`
  return mode === 'save'
    ? `save nfmask ${hex32(nfmask)} ctmask ~${hex32(ctmask)}`
    : `restore ctmask ${hex32(ctmask)} nfmask ~${hex32(nfmask)}`
}

const shiftText = ({ shiftDir, shiftBits }: XtConnmarkTginfo, prefix: string): string =>
  shiftBits === 0 ? '' : ` ${prefix}${shiftDir}-shift-mark ${shiftBits}`

/** The extension. */
export const connmarkTargetExtension: XtablesExtension = extension<XtConnmarkTginfo>({
  name: 'CONNMARK',
  help: HELP,
  options: OPTIONS,
  init: { ctmark: 0, ctmask: -1, nfmask: -1, mode: 'set', shiftDir: 'left', shiftBits: 0 },
  parse,
  finalCheck: (info, seen) =>
    OPERATIONS.some(op => seen.has(op)) ? info : xtablesError('CONNMARK target: No operation specified'),
  print: info => ` CONNMARK ${info.mode === 'set' ? setText(info) : copyText(info)}${shiftText(info, '')}`,
  save: info => {
    const { mode, ctmark, ctmask, nfmask } = info
    const text =
      mode === 'set'
        ? ` --set-xmark ${hex32(ctmark)}/${hex32(ctmask)}`
        : ` --${mode}-mark --nfmask ${hex32(nfmask)} --ctmask ${hex32(ctmask)}`
    return text + shiftText(info, '--')
  },
})
