/**
 * Options and texts of the match `mac`.
 *
 * @see iptables extensions/libxt_mac.c
 */
import type { XtMacInfo } from '../../../netfilter/match/mac.js'
import { formatMac } from '../../../wire/mac.js'
import { extension, type XtablesExtension } from '../xtables.js'

/** The extension. */
export const macExtension: XtablesExtension = extension<XtMacInfo>({
  name: 'mac',
  help: 'mac match options:\n[!] --mac-source XX:XX:XX:XX:XX:XX\n\t\t\t\tMatch source MAC address\n',
  options: [{ name: 'mac-source', id: 'mac', type: 'ethermac', mandatory: true, invert: true }],
  init: { srcaddr: 0, invert: false },
  parse: ({ value, invert }) => ({ srcaddr: value, invert }),
  print: ({ srcaddr, invert }) => ` MAC ${invert ? '! ' : ''}${formatMac(srcaddr)}`,
  save: ({ srcaddr, invert }) => `${invert ? ' !' : ''} --mac-source ${formatMac(srcaddr)}`,
})
