/**
 * Options and texts of the target `MASQUERADE`.
 *
 * @see iptables extensions/libxt_NAT.c
 */
import { natExtension } from '../nat-range.js'
import type { XtablesExtension } from '../xtables.js'

const HELP = `MASQUERADE target options:
 --to-ports <port>[-<port>]
				Port (range) to map to.
 --random
				Randomize source port.
 --random-fully
				Fully randomize source port.
`

/** The extension. */
export const masqueradeExtension: XtablesExtension = natExtension({
  name: 'MASQUERADE',
  help: HELP,
  option: { name: 'to-ports', id: 'to-ports', type: 'string' },
  listed: 'masq ports: ',
  flags: ['random', 'random-fully'],
  portsOnly: true,
})
