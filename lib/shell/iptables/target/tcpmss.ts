/**
 * Options and texts of the target `TCPMSS`.
 *
 * @see iptables extensions/libxt_TCPMSS.c
 */
import { XT_TCPMSS_CLAMP_PMTU, type XtTcpmssInfo } from '../../../netfilter/target/tcpmss.js'
import { IPV4_HLEN } from '../../../wire/ipv4.js'
import { extension, type XtablesExtension, xtablesError } from '../xtables.js'

const HELP = `TCPMSS target mutually-exclusive options:
  --set-mss value               explicitly set MSS option to specified value
  --clamp-mss-to-pmtu           automatically clamp MSS value to (path_MTU - ${IPV4_HLEN})
`

/** The extension. */
export const tcpmssTargetExtension: XtablesExtension = extension<XtTcpmssInfo>({
  name: 'TCPMSS',
  help: HELP,
  options: [
    { name: 'set-mss', id: 'set', type: 'uint16', max: 0xffff - IPV4_HLEN },
    { name: 'clamp-mss-to-pmtu', id: 'clamp', type: 'none' },
  ],
  init: { mss: 0 },
  parse: ({ option, value }) => ({ mss: option.id === 'clamp' ? XT_TCPMSS_CLAMP_PMTU : value }),
  finalCheck: (info, seen) =>
    seen.size > 0 ? info : xtablesError('TCPMSS target: At least one parameter is required'),
  print: ({ mss }) => (mss === XT_TCPMSS_CLAMP_PMTU ? ' TCPMSS clamp to PMTU' : ` TCPMSS set ${mss}`),
  save: ({ mss }) => (mss === XT_TCPMSS_CLAMP_PMTU ? ' --clamp-mss-to-pmtu' : ` --set-mss ${mss}`),
})
