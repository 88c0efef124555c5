/**
 * Options and texts of the target `SNAT`.
 *
 * @see iptables extensions/libxt_NAT.c
 */
import { natExtension } from '../nat-range.js'
import type { XtablesExtension } from '../xtables.js'

const HELP = `SNAT target options:
 --to-source [<ipaddr>[-<ipaddr>]][:port[-port]]
				Address to map source to.
[--random] [--random-fully] [--persistent]
`

/** The extension. */
export const snatExtension: XtablesExtension = natExtension({
  name: 'SNAT',
  help: HELP,
  option: { name: 'to-source', id: 'to', type: 'string', mandatory: true },
  listed: 'to:',
  flags: ['random', 'random-fully', 'persistent'],
})
