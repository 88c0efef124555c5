/**
 * Options and texts of the match `physdev`.
 *
 * @see iptables extensions/libxt_physdev.c
 */
import {
  XT_PHYSDEV_OP_BRIDGED,
  XT_PHYSDEV_OP_IN,
  XT_PHYSDEV_OP_ISIN,
  XT_PHYSDEV_OP_ISOUT,
  XT_PHYSDEV_OP_OUT,
  type XtPhysdevInfo,
} from '../../../netfilter/match/physdev.js'
import { parseInterface } from '../addresses.js'
import { extension, type XtablesExtension, xtablesError } from '../xtables.js'

const HELP = `physdev match options:
 [!] --physdev-in inputname[+]		bridge port name ([+] for wildcard)
 [!] --physdev-out outputname[+]	bridge port name ([+] for wildcard)
 [!] --physdev-is-in			arrived on a bridge device
 [!] --physdev-is-out			will leave on a bridge device
 [!] --physdev-is-bridged		it's a bridged packet
`

/** In the order in which they are printed. */
const OPERATIONS: readonly (readonly [string, number])[] = [
  ['physdev-is-in', XT_PHYSDEV_OP_ISIN],
  ['physdev-in', XT_PHYSDEV_OP_IN],
  ['physdev-is-out', XT_PHYSDEV_OP_ISOUT],
  ['physdev-out', XT_PHYSDEV_OP_OUT],
  ['physdev-is-bridged', XT_PHYSDEV_OP_BRIDGED],
]
const OF_OPTION: ReadonlyMap<string, number> = new Map(OPERATIONS)

const dump = ({ physindev, physoutdev, bitmask, invert }: XtPhysdevInfo): string => {
  let text = ''
  for (const [name, op] of OPERATIONS) {
    if (!(bitmask & op)) continue
    const value = op === XT_PHYSDEV_OP_IN ? ` ${physindev}` : op === XT_PHYSDEV_OP_OUT ? ` ${physoutdev}` : ''
    text += `${invert & op ? ' !' : ''} --${name}${value}`
  }
  return text
}

/** Name of a port; an empty one stands for any. */
const port = (arg: string): string => (arg === '' ? '' : parseInterface(arg))

/** The extension. */
export const physdevExtension: XtablesExtension = extension<XtPhysdevInfo>({
  name: 'physdev',
  help: HELP,
  options: [
    { name: 'physdev-in', id: 'physdev-in', type: 'string', invert: true },
    { name: 'physdev-out', id: 'physdev-out', type: 'string', invert: true },
    { name: 'physdev-is-in', id: 'physdev-is-in', type: 'none', invert: true },
    { name: 'physdev-is-out', id: 'physdev-is-out', type: 'none', invert: true },
    { name: 'physdev-is-bridged', id: 'physdev-is-bridged', type: 'none', invert: true },
  ],
  init: { physindev: '', physoutdev: '', bitmask: 0, invert: 0 },
  parse: ({ option, arg, invert }, info) => {
    const op = OF_OPTION.get(option.id)!
    return {
      physindev: op === XT_PHYSDEV_OP_IN ? port(arg) : info.physindev,
      physoutdev: op === XT_PHYSDEV_OP_OUT ? port(arg) : info.physoutdev,
      bitmask: info.bitmask | op,
      invert: info.invert | (invert ? op : 0),
    }
  },
  finalCheck: (info, seen) => (seen.size > 0 ? info : xtablesError('PHYSDEV: no physdev option specified')),
  print: info => ` PHYSDEV match${dump(info)}`,
  save: dump,
})
