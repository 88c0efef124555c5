/**
 * Options and texts of the match `recent`.
 *
 * @see iptables extensions/libxt_recent.c
 */
import {
  XT_RECENT_CHECK,
  XT_RECENT_REAP,
  XT_RECENT_REMOVE,
  XT_RECENT_SET,
  XT_RECENT_TTL,
  XT_RECENT_UPDATE,
  type XtRecentInfo,
} from '../../../netfilter/match/recent.js'
import { formatIpv4 } from '../../../wire/ip.js'
import { extension, type XtablesExtension, xtablesError, type XtOption, type XtOptionCall } from '../xtables.js'

const HELP = `recent match options:
[!] --set                       Add source address to list, always matches.
[!] --rcheck                    Match if source address in list.
[!] --update                    Match if source address in list, also update last-seen time.
[!] --remove                    Match if source address in list, also removes that address from list.
    --seconds seconds           For check and update commands above.
                                Specifies that the match will only occur if source address last seen within
                                the last 'seconds' seconds.
    --reap                      Purge entries older then 'seconds'.
                                Can only be used in conjunction with the seconds option.
    --hitcount hits             For check and update commands above.
                                Specifies that the match will only occur if source address seen hits times.
                                May be used in conjunction with the seconds option.
    --rttl                      For check and update commands above.
                                Specifies that the match will only occur if the source address and the TTL
                                match between this packet and the one which was set.
                                Useful if you have problems with people spoofing their source address in order
                                to DoS you via this module.
    --name name                 Name of the recent list to be used.  DEFAULT used if none given.
    --rsource                   Match/Save the source address of each packet in the recent list table (default).
    --rdest                     Match/Save the destination address of each packet in the recent list table.
    --mask netmask              Netmask that will be applied to this recent list.
xt_recent by: Stephen Frost <sfrost@snowman.net>.
`

const OPERATIONS: readonly (readonly [string, number])[] = [
  ['set', XT_RECENT_SET],
  ['rcheck', XT_RECENT_CHECK],
  ['update', XT_RECENT_UPDATE],
  ['remove', XT_RECENT_REMOVE],
]
const ANY_OP: readonly string[] = OPERATIONS.map(([name]) => name)
/** Longest name with the octet behind it. */
const XT_RECENT_NAME_LEN = 200

const OPTIONS: readonly XtOption[] = [
  ...ANY_OP.map((name): XtOption => ({ name, id: name, type: 'none', invert: true, excl: ANY_OP })),
  { name: 'seconds', id: 'seconds', type: 'uint32', min: 1 },
  { name: 'reap', id: 'reap', type: 'none', also: ['seconds'] },
  { name: 'hitcount', id: 'hitcount', type: 'uint32' },
  { name: 'rttl', id: 'rttl', type: 'none', excl: ['set', 'remove'] },
  { name: 'name', id: 'name', type: 'string' },
  { name: 'rsource', id: 'rsource', type: 'none' },
  { name: 'rdest', id: 'rdest', type: 'none' },
  { name: 'mask', id: 'mask', type: 'host' },
]

const parse = ({ option: { id }, arg, value, mark, invert }: XtOptionCall, info: XtRecentInfo): XtRecentInfo => {
  const set = (flag: number): XtRecentInfo => ({ ...info, checkSet: info.checkSet | flag })
  const op = OPERATIONS.find(([name]) => name === id)
  if (op !== undefined) return { ...set(op[1]), invert: info.invert || invert }
  switch (id) {
    case 'seconds':
      return { ...info, seconds: value }
    case 'hitcount':
      return { ...info, hitCount: value }
    case 'reap':
      return set(XT_RECENT_REAP)
    case 'rttl':
      return set(XT_RECENT_TTL)
    case 'name':
      return { ...info, name: arg.slice(0, XT_RECENT_NAME_LEN - 1) }
    case 'mask':
      return { ...info, mask: mark }
    default:
      return { ...info, side: id === 'rdest' ? 'dest' : 'source' }
  }
}

const print = ({ checkSet, seconds, hitCount, invert, name, side, mask }: XtRecentInfo): string => {
  let text = `${invert ? ' !' : ''} recent:`
  for (const [op, flag] of OPERATIONS) if (checkSet & flag) text += ` ${op === 'rcheck' ? 'CHECK' : op.toUpperCase()}`
  if (seconds !== 0) text += ` seconds: ${seconds | 0}`
  if (checkSet & XT_RECENT_REAP) text += ' reap'
  if (hitCount !== 0) text += ` hit_count: ${hitCount | 0}`
  if (checkSet & XT_RECENT_TTL) text += ' TTL-Match'
  return `${text} name: ${name} side: ${side} mask: ${formatIpv4(mask)}`
}

const save = ({ checkSet, seconds, hitCount, invert, name, side, mask }: XtRecentInfo): string => {
  let text = invert ? ' !' : ''
  for (const [op, flag] of OPERATIONS) if (checkSet & flag) text += ` --${op}`
  if (seconds !== 0) text += ` --seconds ${seconds | 0}`
  if (checkSet & XT_RECENT_REAP) text += ' --reap'
  if (hitCount !== 0) text += ` --hitcount ${hitCount | 0}`
  if (checkSet & XT_RECENT_TTL) text += ' --rttl'
  return `${text} --name ${name} --mask ${formatIpv4(mask)} --r${side}`
}

/** The extension. */
export const recentExtension: XtablesExtension = extension<XtRecentInfo>({
  name: 'recent',
  help: HELP,
  options: OPTIONS,
  init: { seconds: 0, hitCount: 0, checkSet: 0, invert: false, name: 'DEFAULT', side: 'source', mask: -1 },
  parse,
  finalCheck: (info, seen) =>
    ANY_OP.some(op => seen.has(op))
      ? info
      : xtablesError("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'"),
  print,
  save,
})
