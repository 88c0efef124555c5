/**
 * Options and texts of the targets `CT` and `NOTRACK`, which the kernel takes for one.
 *
 * @see iptables extensions/libxt_CT.c
 */
import {
  IPCT_ASSURED,
  IPCT_DESTROY,
  IPCT_HELPER,
  IPCT_MARK,
  IPCT_NEW,
  IPCT_PROTOINFO,
  IPCT_RELATED,
  IPCT_REPLY,
  IPCT_SECMARK,
  IPCT_SEQADJ,
} from '../../../netfilter/conntrack/nf-conntrack-common.js'
import {
  XT_CT_NOTRACK,
  XT_CT_NOTRACK_ALIAS,
  XT_CT_ZONE_DIR_ORIG,
  XT_CT_ZONE_DIR_REPL,
  XT_CT_ZONE_MARK,
  type XtCtTargetInfo,
} from '../../../netfilter/target/ct.js'
import { extension, strtoul, type XtablesExtension, xtablesError, type XtOptionCall } from '../xtables.js'

const HELP = `CT target options:
 --notrack			Don't track connection
 --helper name			Use conntrack helper 'name' for connection
 --timeout name 		Use timeout policy 'name' for connection
 --ctevents event[,event...]	Generate specified conntrack events for connection
 --expevents event[,event...]	Generate specified expectation events for connection
 --zone {ID|mark}		Assign/Lookup connection in zone ID/packet nfmark
 --zone-orig {ID|mark}		Same as 'zone' option, but only applies to ORIGINAL direction
 --zone-reply {ID|mark} 	Same as 'zone' option, but only applies to REPLY direction
`

type Events = readonly (readonly [string, number])[]

const CT_EVENTS: Events = [
  ['new', IPCT_NEW],
  ['related', IPCT_RELATED],
  ['destroy', IPCT_DESTROY],
  ['reply', IPCT_REPLY],
  ['assured', IPCT_ASSURED],
  ['protoinfo', IPCT_PROTOINFO],
  ['helper', IPCT_HELPER],
  ['mark', IPCT_MARK],
  ['natseqinfo', IPCT_SEQADJ],
  ['secmark', IPCT_SECMARK],
]
const EXP_EVENTS: Events = [['new', 0]]
/** Longest names with the octet behind them. */
const HELPER_SIZE = 16
const TIMEOUT_SIZE = 32

const parseEvents = (table: Events, arg: string): number => {
  let mask = 0
  for (const word of arg.split(','))
    mask |= 1 << (table.find(([name]) => name === word)?.[1] ?? xtablesError(`Unknown event type "${word}"`))
  return mask
}

const eventsText = (option: string, table: Events, mask: number): string =>
  mask === 0
    ? ''
    : ` ${option} ${table
        .filter(([, event]) => mask & (1 << event))
        .map(([name]) => name)
        .join(',')}`

const ZONE_FLAGS: Readonly<Record<string, number>> = {
  zone: 0,
  'zone-orig': XT_CT_ZONE_DIR_ORIG,
  'zone-reply': XT_CT_ZONE_DIR_REPL,
}

const parseZone = (id: string, arg: string, info: XtCtTargetInfo): XtCtTargetInfo => {
  const flags = info.flags | ZONE_FLAGS[id]!
  if (arg.toLowerCase() === 'mark') return { ...info, zone: 0, flags: flags | XT_CT_ZONE_MARK }
  const zone = strtoul(arg, 0, 0xffff) ?? xtablesError(`Cannot parse ${arg} as a zone ID`)
  return { ...info, zone, flags }
}

const zoneText = (prefix: string, { flags, zone }: XtCtTargetInfo): string => {
  if (!(flags & XT_CT_ZONE_MARK) && zone === 0) return ''
  const dir = flags & (XT_CT_ZONE_DIR_ORIG | XT_CT_ZONE_DIR_REPL)
  const side = dir === XT_CT_ZONE_DIR_ORIG ? '-orig' : dir === XT_CT_ZONE_DIR_REPL ? '-reply' : ''
  return ` ${prefix}zone${side} ${flags & XT_CT_ZONE_MARK ? 'mark' : zone}`
}

const parse = ({ option: { id }, arg }: XtOptionCall, info: XtCtTargetInfo): XtCtTargetInfo => {
  switch (id) {
    case 'notrack':
      return { ...info, flags: info.flags | XT_CT_NOTRACK }
    case 'helper':
      return { ...info, helper: arg.slice(0, HELPER_SIZE - 1) }
    case 'timeout':
      return { ...info, timeout: arg.slice(0, TIMEOUT_SIZE - 1) }
    case 'ctevents':
      return { ...info, ctEvents: parseEvents(CT_EVENTS, arg) }
    case 'expevents':
      return { ...info, expEvents: parseEvents(EXP_EVENTS, arg) }
    default:
      return parseZone(id, arg, info)
  }
}

const dump = (info: XtCtTargetInfo, prefix: string): string => {
  const { flags, helper, timeout, ctEvents, expEvents } = info
  let text = flags & XT_CT_NOTRACK ? ` ${prefix}notrack` : ''
  if (helper !== '') text += ` ${prefix}helper ${helper}`
  if (timeout !== '') text += ` ${prefix}timeout ${timeout}`
  text += eventsText(`${prefix}ctevents`, CT_EVENTS, ctEvents)
  text += eventsText(`${prefix}expevents`, EXP_EVENTS, expEvents)
  return text + zoneText(prefix, info)
}

const INIT: XtCtTargetInfo = { flags: 0, zone: 0, ctEvents: 0, expEvents: 0, helper: '', timeout: '' }

/** The extension `CT`. */
export const ctExtension: XtablesExtension = extension<XtCtTargetInfo>({
  name: 'CT',
  alias: ({ flags }) => (flags & XT_CT_NOTRACK_ALIAS ? 'NOTRACK' : 'CT'),
  help: HELP,
  options: [
    { name: 'notrack', id: 'notrack', type: 'none' },
    { name: 'helper', id: 'helper', type: 'string' },
    { name: 'timeout', id: 'timeout', type: 'string' },
    { name: 'ctevents', id: 'ctevents', type: 'string' },
    { name: 'expevents', id: 'expevents', type: 'string' },
    { name: 'zone-orig', id: 'zone-orig', type: 'string' },
    { name: 'zone-reply', id: 'zone-reply', type: 'string' },
    { name: 'zone', id: 'zone', type: 'string' },
  ],
  init: INIT,
  parse,
  print: info => (info.flags & XT_CT_NOTRACK_ALIAS ? ' NOTRACK' : ` CT${dump(info, '')}`),
  save: info => (info.flags & XT_CT_NOTRACK_ALIAS ? '' : dump(info, '--')),
})

/** The extension `NOTRACK`. */
export const notrackExtension: XtablesExtension = extension<XtCtTargetInfo>({
  name: 'NOTRACK',
  realName: 'CT',
  help: 'NOTRACK does not take any options\n',
  options: [],
  init: { ...INIT, flags: XT_CT_NOTRACK | XT_CT_NOTRACK_ALIAS },
})
