/**
 * Options and texts of the targets `DSCP` and `TOS`.
 *
 * @see iptables extensions/libxt_DSCP.c, libxt_TOS.c
 */
import { XT_DSCP_MAX } from '../../../netfilter/match/dscp.js'
import type { XtDscpTargetInfo, XtTosTargetInfo } from '../../../netfilter/target/dscp.js'
import { classToDscp } from '../dscp-classes.js'
import { tosName, tosNamesHelp } from '../tos-names.js'
import { extension, hex8, type XtablesExtension, xtablesError, type XtOption, type XtOptionCall } from '../xtables.js'

const HELP = `DSCP target options
  --set-dscp value		Set DSCP field in packet header to value
  		                This value can be in decimal (ex: 32)
               		or in hex (ex: 0x20)
  --set-dscp-class class	Set the DSCP field in packet header to the
				value represented by the DiffServ class value.
				This class may be EF,BE or any of the CSxx
				or AFxx classes.

				These two options are mutually exclusive !
`

/** The extension `DSCP`. */
export const dscpTargetExtension: XtablesExtension = extension<XtDscpTargetInfo>({
  name: 'DSCP',
  help: HELP,
  options: [
    { name: 'set-dscp', id: 'dscp', type: 'uint8', max: XT_DSCP_MAX, excl: ['class'] },
    { name: 'set-dscp-class', id: 'class', type: 'string', excl: ['dscp'] },
  ],
  init: { dscp: 0 },
  parse: ({ option, value, arg }) => ({ dscp: option.id === 'class' ? classToDscp(arg) : value }),
  finalCheck: (info, seen) => (seen.size > 0 ? info : xtablesError('DSCP target: Parameter --set-dscp is required')),
  print: ({ dscp }) => ` DSCP set ${hex8(dscp)}`,
  save: ({ dscp }) => ` --set-dscp ${hex8(dscp)}`,
})

const TOS_HELP = `TOS target vlibxtables.so.12 options:
  --set-tos value[/mask]  Set Type of Service/Priority field to value
                          (Zero out bits in mask and XOR value into TOS)
  --set-tos symbol        Set TOS field (IPv4 only) by symbol
                          (this zeroes the 4-bit Precedence part!)
                          Accepted symbolic names for value are:
${tosNamesHelp('                            ')}
  --and-tos bits          Binary AND the TOS value with bits
  --or-tos  bits          Binary OR the TOS value with bits
  --xor-tos bits          Binary XOR the TOS value with bits
`

const ANY: readonly string[] = ['set', 'and', 'or', 'xor']

const option = (name: string, id: string, type: 'tosmask' | 'uint8'): XtOption => ({ name, id, type, excl: ANY })

const parseTos = ({ option: { id }, value, mask }: XtOptionCall): XtTosTargetInfo => {
  switch (id) {
    case 'set':
      return { tosValue: value, tosMask: mask }
    case 'and':
      return { tosValue: 0, tosMask: ~value & 0xff }
    case 'or':
      return { tosValue: value, tosMask: value }
    default:
      return { tosValue: value, tosMask: 0 }
  }
}

const tosText = ({ tosValue, tosMask }: XtTosTargetInfo, numeric: boolean): string => {
  if (numeric) return `set ${hex8(tosValue)}/${hex8(tosMask)}`
  if (tosValue === 0) return `and ${hex8(~tosMask & 0xff)}`
  if (tosValue === tosMask) return `or ${hex8(tosValue)}`
  return tosMask === 0 ? `xor ${hex8(tosValue)}` : `set ${hex8(tosValue)}/${hex8(tosMask)}`
}

/** The extension `TOS`. */
export const tosTargetExtension: XtablesExtension = extension<XtTosTargetInfo>({
  name: 'TOS',
  help: TOS_HELP,
  options: [
    { ...option('set-tos', 'set', 'tosmask'), max: 0x3f },
    option('and-tos', 'and', 'uint8'),
    option('or-tos', 'or', 'uint8'),
    option('xor-tos', 'xor', 'uint8'),
  ],
  init: { tosValue: 0, tosMask: 0 },
  parse: parseTos,
  finalCheck: (info, seen) => (seen.size > 0 ? info : xtablesError('TOS: An action is required')),
  print: (info, _ip, numeric) => {
    const name = numeric ? null : tosName(info.tosValue, info.tosMask)
    return name !== null ? `  TOS set${name}` : ` TOS ${tosText(info, numeric)}`
  },
  save: ({ tosValue, tosMask }) => ` --set-tos ${hex8(tosValue)}/${hex8(tosMask)}`,
})
