/**
 * Options and texts of the target `DNAT`.
 *
 * @see iptables extensions/libxt_NAT.c
 */
import { natExtension } from '../nat-range.js'
import type { XtablesExtension } from '../xtables.js'

const HELP = `DNAT target options:
 --to-destination [<ipaddr>[-<ipaddr>]][:port[-port[/port]]]
				Address to map destination to.
[--random] [--persistent]
`

/** The extension. */
export const dnatExtension: XtablesExtension = natExtension({
  name: 'DNAT',
  help: HELP,
  option: { name: 'to-destination', id: 'to', type: 'string', mandatory: true },
  listed: 'to:',
  flags: ['random', 'persistent'],
  shifts: true,
})
