/**
 * Options and texts of the target `CHECKSUM`.
 *
 * @see iptables extensions/libxt_CHECKSUM.c
 */
import type { XtChecksumInfo } from '../../../netfilter/target/checksum.js'
import { extension, type XtablesExtension } from '../xtables.js'

/** The extension. */
export const checksumExtension: XtablesExtension = extension<XtChecksumInfo>({
  name: 'CHECKSUM',
  help: 'CHECKSUM target options\n  --checksum-fill\t\t\tFill in packet checksum.\n',
  options: [{ name: 'checksum-fill', id: 'fill', type: 'none', mandatory: true }],
  init: { operation: 'fill' },
  print: () => ' CHECKSUM fill',
  save: () => ' --checksum-fill',
})
