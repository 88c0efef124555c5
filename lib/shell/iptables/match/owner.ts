/**
 * Options and texts of the match `owner`.
 *
 * @see iptables extensions/libxt_owner.c
 */
import {
  XT_OWNER_GID,
  XT_OWNER_SOCKET,
  XT_OWNER_SUPPL_GROUPS,
  XT_OWNER_UID,
  type XtOwnerInfo,
} from '../../../netfilter/match/owner.js'
import type { NameTable } from '../../../report/names.js'
import { GROUPS, USERS } from '../../../report/owner-names.js'
import {
  badValue,
  extension,
  strtoulPrefix,
  type XtablesExtension,
  xtablesError,
  type XtOptionCall,
} from '../xtables.js'

const HELP = `owner match options:
[!] --uid-owner userid[-userid]      Match local UID
[!] --gid-owner groupid[-groupid]    Match local GID
[!] --socket-exists                  Match if socket exists
    --suppl-groups                   Also match supplementary groups set with --gid-owner
`

const MAX_ID = 0xfffffffe

/** A name, a number, or two of them (owner_parse_range). */
const parseIds = (arg: string, names: NameTable, option: string): readonly [number, number] => {
  const named = names.value(arg)
  if (named !== null && named !== undefined && !/^\d/.test(arg)) return [named, named]
  const bad = (): never => badValue('owner', option, arg)
  const from = strtoulPrefix(arg, 0, MAX_ID) ?? bad()
  if (from.rest === '') return [from.value, from.value]
  const to = /^[-:]/.test(from.rest) ? strtoulPrefix(from.rest.slice(1), 0, MAX_ID) : null
  return to === null || to.rest !== '' ? bad() : [from.value, to.value]
}

const parse = ({ option, arg, invert }: XtOptionCall, info: XtOwnerInfo): XtOwnerInfo => {
  const set = (flag: number, part: Partial<XtOwnerInfo>): XtOwnerInfo => ({
    ...info,
    ...part,
    match: info.match | flag,
    invert: info.invert | (invert ? flag : 0),
  })
  switch (option.id) {
    case 'uid': {
      const [uidMin, uidMax] = parseIds(arg, USERS, '--uid-owner')
      return set(XT_OWNER_UID, { uidMin, uidMax })
    }
    case 'gid': {
      const [gidMin, gidMax] = parseIds(arg, GROUPS, '--gid-owner')
      return set(XT_OWNER_GID, { gidMin, gidMax })
    }
    case 'socket':
      return set(XT_OWNER_SOCKET, {})
    default:
      if (!(info.match & XT_OWNER_GID)) badValue('owner', '--suppl-groups', 'you need to use --gid-owner first')
      return set(XT_OWNER_SUPPL_GROUPS, {})
  }
}

const nameOf = (names: NameTable, id: number): string => {
  const name = names.name(id)
  return names.value(name) === id ? name : `${id}`
}

/** What is looked at, each part behind its label. */
const dump = (info: XtOwnerInfo, labels: readonly [string, string, string, string], numeric: boolean): string => {
  const { match, invert, uidMin, uidMax, gidMin, gidMax } = info
  const ids = (min: number, max: number, names: NameTable): string =>
    min !== max ? ` ${min}-${max}` : ` ${numeric ? min : nameOf(names, min)}`
  let text = ''
  const part = (flag: number, label: string, value: string): void => {
    if (match & flag) text += `${invert & flag ? ' !' : ''} ${label}${value}`
  }
  part(XT_OWNER_SOCKET, labels[0], '')
  part(XT_OWNER_UID, labels[1], ids(uidMin, uidMax, USERS))
  part(XT_OWNER_GID, labels[2], ids(gidMin, gidMax, GROUPS))
  part(XT_OWNER_SUPPL_GROUPS, labels[3], '')
  return text
}

/** The extension. */
export const ownerExtension: XtablesExtension = extension<XtOwnerInfo>({
  name: 'owner',
  help: HELP,
  options: [
    { name: 'uid-owner', id: 'uid', type: 'string', invert: true },
    { name: 'gid-owner', id: 'gid', type: 'string', invert: true },
    { name: 'socket-exists', id: 'socket', type: 'none', invert: true },
    { name: 'suppl-groups', id: 'suppl', type: 'none' },
  ],
  init: { uidMin: 0, uidMax: 0, gidMin: 0, gidMax: 0, match: 0, invert: 0 },
  parse,
  finalCheck: (info, seen) =>
    seen.size > 0
      ? info
      : xtablesError('owner: At least one of --uid-owner, --gid-owner or --socket-exists is required'),
  print: (info, _ip, numeric) =>
    dump(info, ['owner socket exists', 'owner UID match', 'owner GID match', 'incl. suppl. groups'], numeric),
  save: info => dump(info, ['--socket-exists', '--uid-owner', '--gid-owner', '--suppl-groups'], true),
})
