/**
 * Options and texts of the matches `dscp` and `tos`.
 *
 * @see iptables extensions/libxt_dscp.c, libxt_tos.c
 */
import { XT_DSCP_MAX, type XtDscpInfo, type XtTosMatchInfo } from '../../../netfilter/match/dscp.js'
import { classToDscp } from '../dscp-classes.js'
import { tosName, tosNamesHelp } from '../tos-names.js'
import { extension, hex8, type XtablesExtension, xtablesError } from '../xtables.js'

const HELP = `dscp match options
[!] --dscp value		Match DSCP codepoint with numerical value
  		                This value can be in decimal (ex: 32)
               		or in hex (ex: 0x20)
[!] --dscp-class name		Match the DiffServ class. This value may
				be any of the BE,EF, AFxx or CSx classes

				These two options are mutually exclusive !
`

/** The extension `dscp`. */
export const dscpExtension: XtablesExtension = extension<XtDscpInfo>({
  name: 'dscp',
  help: HELP,
  options: [
    { name: 'dscp', id: 'dscp', type: 'uint8', max: XT_DSCP_MAX, invert: true, excl: ['class'] },
    { name: 'dscp-class', id: 'class', type: 'string', invert: true, excl: ['dscp'] },
  ],
  init: { dscp: 0, invert: false },
  parse: ({ option, value, arg, invert }, info) => ({
    dscp: option.id === 'class' ? classToDscp(arg) : value,
    invert: info.invert || invert,
  }),
  finalCheck: (info, seen) => (seen.size > 0 ? info : xtablesError('DSCP match: Parameter --dscp is required')),
  print: ({ dscp, invert }) => ` DSCP match ${invert ? '!' : ''}${hex8(dscp)}`,
  save: ({ dscp, invert }) => `${invert ? ' !' : ''} --dscp ${hex8(dscp)}`,
})

const TOS_HELP = `tos match options:
[!] --tos value[/mask]    Match Type of Service/Priority field value
[!] --tos symbol          Match TOS field (IPv4 only) by symbol
                          Accepted symbolic names for value are:
${tosNamesHelp('                          ')}
`

/** The extension `tos`. */
export const tosExtension: XtablesExtension = extension<XtTosMatchInfo>({
  name: 'tos',
  help: TOS_HELP,
  options: [{ name: 'tos', id: 'tos', type: 'tosmask', max: 0x3f, mandatory: true, invert: true }],
  init: { tosValue: 0, tosMask: 0, invert: false },
  parse: ({ value, mask, invert }) => ({ tosValue: value, tosMask: mask, invert }),
  print: ({ tosValue, tosMask, invert }, _ip, numeric) => {
    const name = numeric ? null : tosName(tosValue, tosMask)
    return ` tos match${invert ? '!' : ''}${name !== null ? ` ${name}` : `${hex8(tosValue)}/${hex8(tosMask)}`}`
  },
  save: ({ tosValue, tosMask, invert }) => `${invert ? ' !' : ''} --tos ${hex8(tosValue)}/${hex8(tosMask)}`,
})
