/**
 * Options and texts of the match `addrtype`.
 *
 * @see iptables extensions/libxt_addrtype.c
 */
import {
  XT_ADDRTYPE_INVERT_DEST,
  XT_ADDRTYPE_INVERT_SOURCE,
  XT_ADDRTYPE_LIMIT_IFACE_IN,
  XT_ADDRTYPE_LIMIT_IFACE_OUT,
  type XtAddrtypeInfo,
} from '../../../netfilter/match/addrtype.js'
import { extension, type XtablesExtension, xtablesError, type XtOptionCall } from '../xtables.js'

/** Names by RTN_*. */
const NAMES: readonly string[] = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
]

const HELP = `Address type match options:
 [!] --src-type type[,...]      Match source address type
 [!] --dst-type type[,...]      Match destination address type
     --limit-iface-in           Match only on the packet's incoming device
     --limit-iface-out          Match only on the packet's outgoing device

Valid types:           
${NAMES.map(name => `                                ${name}\n`).join('')}`

/** Mask of a list of names, which may be shortened. */
const parseTypes = (arg: string): number => {
  let mask = 0
  let rest = arg
  for (;;) {
    const comma = rest.indexOf(',')
    const word = (comma < 0 ? rest : rest.slice(0, comma)).toUpperCase()
    const type = word === '' ? -1 : NAMES.findIndex(name => name.startsWith(word))
    if (type < 0) return xtablesError(comma < 0 ? `addrtype: bad type "${rest}"` : `addrtype: bad type \`${rest}'`)
    mask |= 1 << type
    if (comma < 0) return mask
    rest = rest.slice(comma + 1)
  }
}

const typesText = (mask: number): string => NAMES.filter((_, i) => mask & (1 << i)).join(',')

const parse = ({ option, arg, invert }: XtOptionCall, info: XtAddrtypeInfo): XtAddrtypeInfo => {
  const flags = (flag: number): number => info.flags | flag
  switch (option.id) {
    case 'src':
      return { ...info, source: info.source | parseTypes(arg), flags: flags(invert ? XT_ADDRTYPE_INVERT_SOURCE : 0) }
    case 'dst':
      return { ...info, dest: info.dest | parseTypes(arg), flags: flags(invert ? XT_ADDRTYPE_INVERT_DEST : 0) }
    case 'in':
      return { ...info, flags: flags(XT_ADDRTYPE_LIMIT_IFACE_IN) }
    default:
      return { ...info, flags: flags(XT_ADDRTYPE_LIMIT_IFACE_OUT) }
  }
}

/** The extension. */
export const addrtypeExtension: XtablesExtension = extension<XtAddrtypeInfo>({
  name: 'addrtype',
  help: HELP,
  options: [
    { name: 'src-type', id: 'src', type: 'string', invert: true },
    { name: 'dst-type', id: 'dst', type: 'string', invert: true },
    { name: 'limit-iface-in', id: 'in', type: 'none', excl: ['out'] },
    { name: 'limit-iface-out', id: 'out', type: 'none', excl: ['in'] },
  ],
  init: { source: 0, dest: 0, flags: 0 },
  parse,
  finalCheck: (info, seen) =>
    seen.has('src') || seen.has('dst') ? info : xtablesError('addrtype: you must specify --src-type or --dst-type'),
  print: ({ source, dest, flags }) => {
    let text = ' ADDRTYPE match'
    if (source !== 0) text += ` src-type ${flags & XT_ADDRTYPE_INVERT_SOURCE ? '!' : ''}${typesText(source)}`
    if (dest !== 0) text += ` dst-type ${flags & XT_ADDRTYPE_INVERT_DEST ? '!' : ''}${typesText(dest)}`
    if (flags & XT_ADDRTYPE_LIMIT_IFACE_IN) text += ' limit-in'
    return flags & XT_ADDRTYPE_LIMIT_IFACE_OUT ? `${text} limit-out` : text
  },
  save: ({ source, dest, flags }) => {
    let text = ''
    if (source !== 0) text += `${flags & XT_ADDRTYPE_INVERT_SOURCE ? ' !' : ''} --src-type ${typesText(source)}`
    if (dest !== 0) text += `${flags & XT_ADDRTYPE_INVERT_DEST ? ' !' : ''} --dst-type ${typesText(dest)}`
    if (flags & XT_ADDRTYPE_LIMIT_IFACE_IN) text += ' --limit-iface-in'
    return flags & XT_ADDRTYPE_LIMIT_IFACE_OUT ? `${text} --limit-iface-out` : text
  },
})
