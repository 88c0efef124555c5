/**
 * Options and texts of the match `connlimit`.
 *
 * @see iptables extensions/libxt_connlimit.c
 */
import type { XtConnlimitInfo } from '../../../netfilter/match/connlimit.js'
import { extension, type XtablesExtension, xtablesError, type XtOptionCall } from '../xtables.js'

const HELP = `connlimit match options:
  --connlimit-upto n     match if the number of existing connections is 0..n
  --connlimit-above n    match if the number of existing connections is >n
  --connlimit-mask n     group hosts using prefix length (default: max len)
  --connlimit-saddr      select source address for grouping
  --connlimit-daddr      select destination addresses for grouping
`

const parse = ({ option, value, mask, invert }: XtOptionCall, info: XtConnlimitInfo): XtConnlimitInfo => {
  switch (option.id) {
    case 'upto':
      return { ...info, limit: value, invert: !invert }
    case 'above':
      return { ...info, limit: value, invert }
    case 'mask':
      return { ...info, mask }
    default:
      return { ...info, daddr: option.id === 'daddr' }
  }
}

/** Bits of the mask from its first one on (count_bits4). */
const bits = (mask: number): number => Math.clz32(~mask)

/** The extension. */
export const connlimitExtension: XtablesExtension = extension<XtConnlimitInfo>({
  name: 'connlimit',
  help: HELP,
  options: [
    { name: 'connlimit-upto', id: 'upto', type: 'uint32', invert: true, excl: ['above'] },
    { name: 'connlimit-above', id: 'above', type: 'uint32', invert: true, excl: ['upto'] },
    { name: 'connlimit-mask', id: 'mask', type: 'plenmask' },
    { name: 'connlimit-saddr', id: 'saddr', type: 'none', excl: ['daddr'] },
    { name: 'connlimit-daddr', id: 'daddr', type: 'none', excl: ['saddr'] },
  ],
  init: { mask: -1, limit: 0, invert: false, daddr: false },
  parse,
  finalCheck: (info, seen) =>
    seen.has('upto') || seen.has('above')
      ? info
      : xtablesError('You must specify "--connlimit-above" or "--connlimit-upto".'),
  print: ({ mask, limit, invert, daddr }) =>
    ` #conn ${daddr ? 'dst' : 'src'}/${bits(mask)} ${invert ? '<=' : '>'} ${limit}`,
  save: ({ mask, limit, invert, daddr }) =>
    ` --connlimit-${invert ? 'upto' : 'above'} ${limit} --connlimit-mask ${bits(mask)} --connlimit-${daddr ? 'daddr' : 'saddr'}`,
})
