/**
 * The target `TRACE`, which has no options.
 *
 * @see iptables extensions/libxt_TRACE.c
 */
import { extension, type XtablesExtension } from '../xtables.js'

/** The extension. */
export const traceExtension: XtablesExtension = extension({
  name: 'TRACE',
  help: 'TRACE does not take any options\n',
  options: [],
  init: {},
})
