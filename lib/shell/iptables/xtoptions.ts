/**
 * Options of extensions that say what they take: one-time use, inversion, values, and what must or must not stand together.
 *
 * @see iptables libxtables/xtoptions.c
 */
import { servicePort } from '../../report/services.js'
import { strtoul, type XtablesExtension, xtablesError, type XtOption, type XtOptionCall } from './xtables.js'

const LIMITS: Readonly<Record<string, number>> = {
  uint8: 0xff,
  uint16: 0xffff,
  uint32: 0xffffffff,
  uint8rc: 0xff,
  uint16rc: 0xffff,
  uint32rc: 0xffffffff,
}

interface Values {
  value: number
  value2: number
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

/** `A`, `A:B`, `:B`, `A:`. */
const parseRange = (ext: string, o: XtOption, arg: string, out: Values): void => {
  const max = o.max ?? LIMITS[o.type]!
  let min = o.min ?? 0
  const parts = arg.split(':')
  if (parts.length > 2) return xtablesError(`${ext}: Too many components for option "--${o.name}" (max: 2)\n`)
  const numbers = parts.map((part, i) => {
    if (part === '') return i === 1 ? max : min
    const n = strtoul(part, min, max)
    if (n === null) {
      const near = parts.slice(i).join(':')
      const m = /^(0[xX][0-9a-fA-F]+|[0-9]+)/.exec(part)
      if (m !== null && m[0] !== part && strtoul(m[0], min, max) !== null)
        return xtablesError(
          `${ext}: Argument to "--${o.name}" has unexpected characters near "${near.slice(m[0].length)}".\n`,
        )
      return xtablesError(
        `${ext}: bad value for option "--${o.name}" near "${near}", or out of range (${min}-${max}).\n`,
      )
    }
    min = n
    return n
  })
  out.value = numbers[0]!
  out.value2 = numbers[1] ?? numbers[0]!
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

/** Port by number or by name of a service, or null (xtables_service_to_port, xtables_parse_port). */
export const portNumber = (word: string, protocol: string | null): number | null =>
  strtoul(word, 0, 0xffff) ??
  (protocol !== null ? servicePort(word, protocol) : (servicePort(word, 'tcp') ?? servicePort(word, 'udp')))

const parsePort = (word: string): number =>
  portNumber(word, null) ?? xtablesError(`Port "${word}" does not resolve to anything.\n`)

/** `A`, `A:B`, `:B`, `A:`; names of services, too. */
const parsePortRange = (ext: string, o: XtOption, arg: string, out: Values): void => {
  const parts = arg.split(':')
  if (parts.length > 2) return xtablesError(`${ext}: Too many components for option "--${o.name}" (max: 2)\n`)
  const [low, high = low] = parts.map((part, i) => (part === '' ? (i === 0 ? 0 : 0xffff) : parsePort(part)))
  if (low! > high!) return xtablesError(`${ext}: Port range ${low}-${high} is negative.\n`)
  out.value = low!
  out.value2 = high!
}

const parseString = (o: XtOption, arg: string): void => {
  if (o.min !== undefined && arg.length < o.min)
    xtablesError(`Argument must have a minimum length of ${o.min} characters\n`)
  if (o.max !== undefined && arg.length > o.max)
    xtablesError(`Argument must have a maximum length of ${o.max} characters\n`)
}

const parseValue = (ext: string, o: XtOption, arg: string, out: Values): void => {
  if (o.type === 'string') parseString(o, arg)
  else if (o.type === 'markmask32') parseMarkMask(ext, o, arg, out)
  else if (o.type === 'port') out.value = out.value2 = parsePort(arg)
  else if (o.type === 'portrc') parsePortRange(ext, o, arg, out)
  else if (o.type.endsWith('rc')) parseRange(ext, o, arg, out)
  else if (o.type.startsWith('uint')) parseNumber(ext, o, arg, out)
}

/** Checks an option and reads its value (xtables_option_parse). */
export const optionCall = (
  ext: XtablesExtension,
  option: XtOption,
  arg: string,
  invert: boolean,
  seen: ReadonlySet<string>,
  nextWord: () => string | null,
): XtOptionCall => {
  const out: Values = { value: 0, value2: 0, mark: 0, mask: 0 }
  if (option.type !== 'raw' && option.type !== 'rawnone') {
    if (option.multi !== true && seen.has(option.id))
      xtablesError(`${ext.name}: option "--${option.name}" can only be used once.\n`)
    if (invert && option.invert !== true) xtablesError(`${ext.name}: option "--${option.name}" cannot be inverted.\n`)
    parseValue(ext.name, option, arg, out)
  }
  return { ext: ext.name, option, arg, invert, seen, nextWord, ...out }
}

/** Checks what must, and what must not, stand together (xtables_options_fcheck). */
export const optionsCheck = (ext: XtablesExtension, seen: ReadonlySet<string>): void => {
  for (const option of ext.options) {
    if (option.mandatory === true && !seen.has(option.id))
      xtablesError(`${ext.name}: option "--${option.name}" must be specified\n`)
    if (!seen.has(option.id)) continue
    for (const other of ext.options) {
      if (other.id === option.id) continue
      if (option.also?.includes(other.id) === true && !seen.has(other.id))
        xtablesError(`${ext.name}: option "--${option.name}" also requires "--${other.name}".\n`)
      if (option.excl?.includes(other.id) === true && seen.has(other.id))
        xtablesError(`${ext.name}: option "--${option.name}" cannot be used together with "--${other.name}".\n`)
    }
  }
}
