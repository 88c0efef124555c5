/**
 * Options and texts of the match `iprange`.
 *
 * @see iptables extensions/libxt_iprange.c
 */
import type { XtIprange, XtIprangeMtinfo } from '../../../netfilter/match/iprange.js'
import { formatIpv4 } from '../../../wire/ip.js'
import { numericToIpaddr } from '../addresses.js'
import { badValue, extension, type XtablesExtension, xtablesError } from '../xtables.js'

const HELP = `iprange match options:
[!] --src-range ip[-ip]    Match source IP in the specified range
[!] --dst-range ip[-ip]    Match destination IP in the specified range
`

const parseRange = (option: string, arg: string, invert: boolean, warn: (text: string) => void): XtIprange => {
  const dash = arg.indexOf('-')
  const [from, to] = dash < 0 ? [arg, arg] : [arg.slice(0, dash), arg.slice(dash + 1)]
  const min = numericToIpaddr(from) ?? badValue('iprange', option, from)
  const max = numericToIpaddr(to) ?? badValue('iprange', option, to)
  if (min >>> 0 > max >>> 0) warn(`xt_iprange: range ${from}-${to} is reversed and will never match\n`)
  return { min, max, invert }
}

const range = (text: string, r: XtIprange | null, sign: string): string =>
  r === null ? '' : `${text}${r.invert ? sign : ''} ${formatIpv4(r.min)}-${formatIpv4(r.max)}`

/** The extension. */
export const iprangeExtension: XtablesExtension = extension<XtIprangeMtinfo>({
  name: 'iprange',
  help: HELP,
  options: [
    { name: 'src-range', id: 'src', type: 'string', invert: true },
    { name: 'dst-range', id: 'dst', type: 'string', invert: true },
  ],
  init: { src: null, dst: null },
  parse: ({ option, arg, invert, warn }, info) => {
    const parsed = parseRange(`--${option.name}`, arg, invert, warn)
    return option.id === 'src' ? { ...info, src: parsed } : { ...info, dst: parsed }
  },
  finalCheck: (info, seen) =>
    seen.size > 0 ? info : xtablesError("iprange match: You must specify `--src-range' or `--dst-range'"),
  print: ({ src, dst }) => range(' source IP range', src, ' !') + range(' destination IP range', dst, ' !'),
  save: ({ src, dst }) =>
    range(src?.invert === true ? ' ! --src-range' : ' --src-range', src, '') +
    range(dst?.invert === true ? ' ! --dst-range' : ' --dst-range', dst, ''),
})
