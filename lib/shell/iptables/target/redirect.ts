/**
 * Options and texts of the target `REDIRECT`.
 *
 * @see iptables extensions/libxt_NAT.c
 */
import { natExtension } from '../nat-range.js'
import type { XtablesExtension } from '../xtables.js'

const HELP = `REDIRECT target options:
 --to-ports <port>[-<port>]
				Port (range) to map to.
 [--random]
`

/** The extension. */
export const redirectExtension: XtablesExtension = natExtension({
  name: 'REDIRECT',
  help: HELP,
  option: { name: 'to-ports', id: 'to-ports', type: 'string' },
  listed: 'redir ports ',
  flags: ['random'],
  portsOnly: true,
})
