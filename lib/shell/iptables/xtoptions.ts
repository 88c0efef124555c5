/**
 * Options of extensions that say what they take: one-time use, inversion, values, and what must or must not stand together.
 *
 * @see iptables libxtables/xtoptions.c
 */
import { servicePort } from '../../report/services.js'
import { maskOf, prefixLenOf } from '../../wire/ip.js'
import { parseProtocol } from './addresses.js'
import { TOS_NAMES } from './tos-names.js'
import {
  strtoul,
  strtoulPrefix,
  type XtablesExtension,
  xtablesError,
  type XtOption,
  type XtOptionCall,
} from './xtables.js'

const LIMITS: Readonly<Record<string, number>> = {
  uint8: 0xff,
  uint16: 0xffff,
  uint32: 0xffffffff,
  uint8rc: 0xff,
  uint16rc: 0xffff,
  uint32rc: 0xffffffff,
  uint64rc: 2 ** 64,
}

interface Values {
  value: number
  value2: number
  values: number
  mark: number
  mask: number
}

const parseNumber = (ext: string, o: XtOption, arg: string, out: Values): void => {
  const min = o.min ?? 0
  const max = o.max ?? LIMITS[o.type]!
  const n = strtoul(arg, min, max)
  if (n === null) return xtablesError(`${ext}: bad value for option "--${o.name}", or out of range (${min}-${max}).\n`)
  out.value = out.value2 = n
}

/** `A`, `A:B`, `:B`, `A:`; B may be less than A (xtopt_parse_mint). */
const parseRange = (ext: string, o: XtOption, arg: string, out: Values): void => {
  const max = LIMITS[o.type]!
  const maxText = o.type === 'uint64rc' ? '18446744073709551615' : `${max}`
  const parts = arg.split(':')
  const numbers: number[] = []
  for (const [i, part] of parts.entries()) {
    if (i === 2) return xtablesError(`${ext}: Too many components for option "--${o.name}" (max: 2)\n`)
    const near = parts.slice(i).join(':')
    const bad = (): never =>
      xtablesError(`${ext}: bad value for option "--${o.name}" near "${near}", or out of range (0-${maxText}).\n`)
    const n = part === '' ? { value: i === 1 ? max : 0, rest: '' } : (strtoulPrefix(part, 0, max) ?? bad())
    if (n.rest !== '')
      return xtablesError(
        `${ext}: Argument to "--${o.name}" has unexpected characters near "${near.slice(part.length - n.rest.length)}".\n`,
      )
    numbers.push(n.value)
  }
  out.value = numbers[0]!
  out.value2 = numbers[1] ?? numbers[0]!
  out.values = numbers.length
}

/** `MARK[/MASK]` (xtables_parse_mark_mask). */
const parseMarkMask = (ext: string, o: XtOption, arg: string, out: Values): void => {
  const slash = arg.indexOf('/')
  const mark = strtoul(slash < 0 ? arg : arg.slice(0, slash), 0, 0xffffffff)
  const mask = slash < 0 ? 0xffffffff : strtoul(arg.slice(slash + 1), 0, 0xffffffff)
  if (mark === null || mask === null)
    return xtablesError(`${ext}: bad integer value for option "--${o.name}", or out of range.\n`)
  out.mark = mark | 0
  out.mask = mask | 0
}

/** A number with a fraction (xtopt_parse_float). */
const parseDouble = (ext: string, o: XtOption, arg: string, out: Values): void => {
  const min = o.min ?? 0
  const max = o.max ?? 0
  const n = /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(arg) ? Number(arg) : Number.NaN
  if (!(n >= min && n <= max))
    return xtablesError(`${ext}: bad value for option "--${o.name}", or out of range (${min}-${max}).\n`)
  out.value = n
}

/** Dotted decimal as inet_aton(3) takes it: one to four numbers, the last one filling what is left. */
const inetAton = (text: string): number | null => {
  const parts = text.split('.').map(part => strtoul(part, 0, 0xffffffff))
  if (parts.length > 4 || parts.includes(null)) return null
  const last = parts.pop()!
  if (parts.some(n => n! > 255) || last >= 256 ** (4 - parts.length)) return null
  return (parts.reduce<number>((sum, n, i) => sum + n! * 256 ** (3 - i), 0) + last) | 0
}

/** What can be asked a name server about; there is none. */
const HOST_NAME = /^(?=.*[^\d.])[A-Za-z0-9_][A-Za-z0-9_.-]*$/

const noAddress = (arg: string): never =>
  xtablesError(
    `getaddrinfo: ${HOST_NAME.test(arg) ? 'Temporary failure in name resolution' : 'Name or service not known'}\n`,
  )

/** An address; netloom has no names of hosts (xtopt_parse_host). */
const parseHost = (arg: string, out: Values): void => {
  out.mark = inetAton(arg) ?? noAddress(arg)
  out.mask = -1
}

/** Length of a prefix, or a mask (xtopt_parse_plen). */
const parsePlen = (ext: string, o: XtOption, arg: string, out: Values): void => {
  const plen = strtoul(arg, 0, 32)
  const mask = plen !== null ? maskOf(plen) : inetAton(arg)
  if (mask === null)
    return xtablesError(
      `${ext}: bad value for option "--${o.name}", neither a valid network mask nor valid CIDR (0-32).\n`,
    )
  out.value = prefixLenOf(mask) & 0xff
  // A mask with holes has no length, and then no bit is left out.
  out.mask = out.value > 32 ? -1 : mask
}

/** `ADDRESS[/MASK]` (xtopt_parse_hostmask). */
const parseHostMask = (ext: string, o: XtOption, arg: string, out: Values): void => {
  const slash = arg.indexOf('/')
  parseHost(slash < 0 ? arg : arg.slice(0, slash), out)
  if (slash >= 0) parsePlen(ext, o, arg.slice(slash + 1), out)
}

const MAC_TEXT = /^\s*([0-9a-fA-F]{1,2})((?::[0-9a-fA-F]{1,2}){5})$/

const parseEthermac = (arg: string, out: Values): void => {
  if (!MAC_TEXT.test(arg)) xtablesError('Invalid MAC address specified.')
  out.value = arg.split(':').reduce((mac, octet) => mac * 256 + Number.parseInt(octet, 16), 0)
}

const parseTosMask = (o: XtOption, arg: string, out: Values): void => {
  const number = strtoulPrefix(arg, 0, 0xff)
  if (number === null) {
    out.value = TOS_NAMES.find(([, name]) => name.toLowerCase() === arg.toLowerCase())?.[0] ?? -1
    if (out.value < 0) xtablesError(`Symbolic name "${arg}" is unknown`)
    out.mask = o.max!
    return
  }
  const { value, rest } = number
  const mask = rest === '' ? 0xff : rest.startsWith('/') ? strtoul(rest.slice(1), 0, 0xff) : null
  if (mask === null) return xtablesError(`Illegal value: "${arg}"`)
  out.value = value
  out.mask = mask
}

const SYSLOG_LEVELS: ReadonlyMap<string, number> = new Map([
  ['alert', 1],
  ['crit', 2],
  ['debug', 7],
  ['emerg', 0],
  ['error', 3],
  ['info', 6],
  ['notice', 5],
  ['panic', 0],
  ['warning', 4],
])

const parseSyslogLevel = (arg: string, out: Values): void => {
  out.value = strtoul(arg, 0, 7) ?? SYSLOG_LEVELS.get(arg) ?? xtablesError(`log level "${arg}" unknown\n`)
}

/** Port by number or by name of a service, or null (xtables_service_to_port, xtables_parse_port). */
export const portNumber = (word: string, protocol: string | null): number | null =>
  strtoul(word, 0, 0xffff) ??
  (protocol !== null ? servicePort(word, protocol) : (servicePort(word, 'tcp') ?? servicePort(word, 'udp')))

/** Port as getaddrinfo(3) takes it: in decimal, of which 16 bits count when 32 make no negative number, or by name (xtables_getportbyname). */
const parsePort = (word: string): number =>
  (/^\s*[-+]?\d+$/.test(word) && (Number(word) | 0) >= 0 ? Number(word) & 0xffff : null) ??
  servicePort(word, 'tcp') ??
  servicePort(word, 'udp') ??
  xtablesError(`Port "${word}" does not resolve to anything.\n`)

/** `A`, `A:B`, `:B`, `A:`; names of services, too. */
const parsePortRange = (ext: string, o: XtOption, arg: string, out: Values): void => {
  const parts = arg.split(':')
  if (parts.length > 2) return xtablesError(`${ext}: Too many components for option "--${o.name}" (max: 2)\n`)
  const [low, high = low] = parts.map((part, i) => (part === '' ? (i === 0 ? 0 : 0xffff) : parsePort(part)))
  out.value = low!
  out.value2 = high!
  out.values = 2
}

const parseString = (o: XtOption, arg: string): void => {
  if (o.min !== undefined && arg.length < o.min)
    xtablesError(`Argument must have a minimum length of ${o.min} characters\n`)
  if (o.max !== undefined && arg.length > o.max)
    xtablesError(`Argument must have a maximum length of ${o.max} characters\n`)
}

const parseValue = (ext: string, o: XtOption, arg: string, out: Values): void => {
  switch (o.type) {
    case 'string':
      return parseString(o, arg)
    case 'markmask32':
      return parseMarkMask(ext, o, arg, out)
    case 'double':
      return parseDouble(ext, o, arg, out)
    case 'host':
      return parseHost(arg, out)
    case 'hostmask':
      return parseHostMask(ext, o, arg, out)
    case 'plen':
    case 'plenmask':
      return parsePlen(ext, o, arg, out)
    case 'protocol':
      out.value = parseProtocol(arg.toLowerCase())
      return
    case 'ethermac':
      return parseEthermac(arg, out)
    case 'tosmask':
      return parseTosMask(o, arg, out)
    case 'syslog':
      return parseSyslogLevel(arg, out)
    case 'port':
      out.value = out.value2 = parsePort(arg)
      return
    case 'portrc':
      return parsePortRange(ext, o, arg, out)
    default:
      if (o.type.endsWith('rc')) parseRange(ext, o, arg, out)
      else if (o.type.startsWith('uint')) parseNumber(ext, o, arg, out)
  }
}

/** What an option is read with. */
export type XtOptionPlace = Pick<XtOptionCall, 'arg' | 'invert' | 'seen' | 'nextWord' | 'proto' | 'invflags' | 'warn'>

/** Checks an option and reads its value (xtables_option_parse). */
export const optionCall = (ext: XtablesExtension, used: XtOption, place: XtOptionPlace): XtOptionCall => {
  // Of several names for one option the first one's rules and name count, whichever was used.
  const option = used.type.startsWith('raw') ? used : ext.options.find(o => o.id === used.id)!
  const { arg, invert, seen } = place
  const out: Values = { value: 0, value2: 0, values: 1, mark: 0, mask: 0 }
  if (option.type !== 'raw' && option.type !== 'rawnone') {
    if (option.multi !== true && seen.has(option.id))
      xtablesError(`${ext.name}: option "--${option.name}" can only be used once.\n`)
    if (invert && option.invert !== true) xtablesError(`${ext.name}: option "--${option.name}" cannot be inverted.\n`)
    parseValue(ext.name, option, arg, out)
  }
  return { ext: ext.name, option, ...place, ...out }
}

/** Name of an option; of several for one, the first. */
const nameOf = (ext: XtablesExtension, id: string): string => ext.options.find(o => o.id === id)!.name

/** Checks what must, and what must not, stand together (xtables_options_fcheck). */
export const optionsCheck = (ext: XtablesExtension, seen: ReadonlySet<string>): void => {
  for (const option of ext.options) {
    if (option.mandatory === true && !seen.has(option.id))
      xtablesError(`${ext.name}: option "--${option.name}" must be specified\n`)
    if (!seen.has(option.id)) continue
    // In the order of the ids, which is that of the lists.
    for (const id of option.excl ?? [])
      if (id !== option.id && seen.has(id))
        xtablesError(`${ext.name}: option "--${option.name}" cannot be used together with "--${nameOf(ext, id)}".\n`)
    for (const id of option.also ?? [])
      if (!seen.has(id)) xtablesError(`${ext.name}: option "--${option.name}" also requires "--${nameOf(ext, id)}".\n`)
  }
}
