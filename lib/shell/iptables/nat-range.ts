/**
 * Ranges of addresses and ports of NAT's targets, as the tool reads and prints them.
 *
 * @see iptables extensions/libxt_NAT.c
 */
import {
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_NONE,
  NF_NAT_RANGE_PERSISTENT,
  NF_NAT_RANGE_PROTO_OFFSET,
  NF_NAT_RANGE_PROTO_RANDOM,
  NF_NAT_RANGE_PROTO_RANDOM_FULLY,
  NF_NAT_RANGE_PROTO_SPECIFIED,
  type NfNatRange,
} from '../../netfilter/nat/nf-nat-range.js'
import { formatIpv4, isIpv4Text, parseIpv4 } from '../../wire/ip.js'
import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../wire/ipv4.js'
import { portNumber } from './xtoptions.js'
import { extension, type XtablesExtension, xtablesError, type XtOption, type XtOptionCall } from './xtables.js'

const IPPROTO_DCCP = 33
const MAX_PORT = 0xffff

/** A number at the beginning of `text` and what follows it; null where there is none, or none up to 65,535 (xtables_strtoui). */
const leadingNumber = (text: string): { readonly value: number; readonly rest: string } | null => {
  const m = /^\s*\+?(0[xX][0-9a-fA-F]+|[0-9]+)/.exec(text)
  if (m === null) return null
  const digits = m[1]!
  const isOctal = /^0[0-9]/.test(digits)
  const octal = /^[0-7]+/.exec(digits)?.[0] ?? digits
  const value = isOctal ? Number.parseInt(octal, 8) : Number(digits)
  const used = isOctal ? m[0].length - digits.length + octal.length : m[0].length
  return value > MAX_PORT ? null : { value, rest: text.slice(used) }
}

const hasPorts = (proto: number): boolean =>
  proto === IPPROTO_TCP ||
  proto === IPPROTO_UDP ||
  proto === IPPROTO_SCTP ||
  proto === IPPROTO_DCCP ||
  proto === IPPROTO_ICMP

const notValid = (text: string): never => xtablesError(`Port \`${text}' not valid`)

/** `PORT[-PORT[/PORT]]` (parse_ports). */
const parsePorts = (text: string, proto: number, range: NfNatRange): NfNatRange => {
  if (!hasPorts(proto)) xtablesError('Need TCP, UDP, SCTP or DCCP with port specification')
  const flags = range.flags | NF_NAT_RANGE_PROTO_SPECIFIED
  const first = leadingNumber(text)
  const port = first?.value ?? portNumber(text, null) ?? notValid(text)
  const rest = first?.rest ?? ''
  if (rest === '') return { ...range, flags, minProto: port, maxProto: port }
  if (rest.startsWith(':')) xtablesError('Invalid port:port syntax - use dash')
  if (!rest.startsWith('-')) xtablesError(`Garbage after port value: \`${rest}'`)
  const second = leadingNumber(rest.slice(1)) ?? notValid(rest.slice(1))
  if (second.value < port) xtablesError(`Port range \`${rest.slice(1)}' funky`)
  const both = { ...range, flags, minProto: port, maxProto: second.value }
  if (second.rest === '') return both
  if (!second.rest.startsWith('/')) xtablesError(`Garbage after port range: \`${second.rest}'`)
  const word = second.rest.slice(1)
  const base = leadingNumber(word)
  const baseProto =
    base !== null && base.rest === '' && base.value > 0 ? base.value : (portNumber(word, null) ?? notValid(word))
  return { ...both, flags: flags | NF_NAT_RANGE_PROTO_OFFSET, baseProto }
}

const address = (text: string): number =>
  isIpv4Text(text) ? parseIpv4(text) : xtablesError(`Bad IP address "${text}"`)

/** `[ADDRESS[-ADDRESS]][:PORTS]` (parse_to). */
const parseTo = (text: string, proto: number, range: NfNatRange): NfNatRange => {
  if (text.includes('[')) xtablesError('Invalid address format')
  const at = text.indexOf(':')
  const colon = at >= 0 && text.includes(':', at + 1) ? -1 : at
  const withPorts = colon < 0 ? range : parsePorts(text.slice(colon + 1), proto, range)
  if (colon === 0) return withPorts
  const addresses = colon < 0 ? text : text.slice(0, colon)
  const dash = addresses.indexOf('-')
  const minAddr = address(dash < 0 ? addresses : addresses.slice(0, dash))
  const maxAddr = dash < 0 ? minAddr : address(addresses.slice(dash + 1))
  return { ...withPorts, flags: withPorts.flags | NF_NAT_RANGE_MAP_IPS, minAddr, maxAddr }
}

/** Takes an option of one of NAT's targets (__NAT_parse). */
export const parseNatOption = ({ option: { id }, arg, proto }: XtOptionCall, range: NfNatRange): NfNatRange => {
  switch (id) {
    case 'to':
      return parseTo(arg, proto, range)
    case 'to-ports':
      return parsePorts(arg, proto, range)
    case 'persistent':
      return { ...range, flags: range.flags | NF_NAT_RANGE_PERSISTENT }
    case 'random':
      return { ...range, flags: range.flags | NF_NAT_RANGE_PROTO_RANDOM }
    default:
      return { ...range, flags: range.flags | NF_NAT_RANGE_PROTO_RANDOM_FULLY }
  }
}

const rangeText = (r: NfNatRange): string => {
  let text = ''
  if (r.flags & NF_NAT_RANGE_MAP_IPS) {
    text += formatIpv4(r.minAddr)
    if (r.maxAddr !== r.minAddr) text += `-${formatIpv4(r.maxAddr)}`
  }
  if (r.flags & NF_NAT_RANGE_PROTO_SPECIFIED) {
    text += `:${r.minProto}`
    if (r.maxProto !== r.minProto) text += `-${r.maxProto}`
    if (r.flags & NF_NAT_RANGE_PROTO_OFFSET) text += `/${r.baseProto}`
  }
  return text
}

/** A range behind the word `to`, and its flags, each with `dashes` (__NAT_print). */
const natText = (r: NfNatRange, to: string, dashes: string, skipColon: boolean): string => {
  const full = rangeText(r)
  const text = skipColon && full.startsWith(':') ? full.slice(1) : full
  let out = full === '' ? '' : ` ${to}${text}`
  if (r.flags & NF_NAT_RANGE_PROTO_RANDOM) out += ` ${dashes}random`
  if (r.flags & NF_NAT_RANGE_PROTO_RANDOM_FULLY) out += ` ${dashes}random-fully`
  if (r.flags & NF_NAT_RANGE_PERSISTENT) out += ` ${dashes}persistent`
  return out
}

const FLAG_OPTIONS = { random: 'random', 'random-fully': 'random-fully', persistent: 'persistent' } as const

/** What tells NAT's targets apart for the tool. */
interface NatTarget {
  readonly name: string
  readonly help: string
  /** The option with the range, and what it is printed behind by `-L`. */
  readonly option: XtOption
  readonly listed: string
  readonly flags: readonly (keyof typeof FLAG_OPTIONS)[]
  /** Ranges have ports only, printed without a colon. */
  readonly portsOnly?: boolean
  /** Ports may be shifted (PORT-PORT/BASE). */
  readonly shifts?: boolean
}

/** The extension of one of NAT's targets. */
export const natExtension = (t: NatTarget): XtablesExtension =>
  extension<NfNatRange>({
    name: t.name,
    help: t.help,
    options: [t.option, ...t.flags.map(name => ({ name, id: name, type: 'none' as const }))],
    init: NF_NAT_RANGE_NONE,
    parse: parseNatOption,
    finalCheck: range =>
      t.shifts !== true && t.name === 'REDIRECT' && range.flags & NF_NAT_RANGE_PROTO_OFFSET
        ? xtablesError('Shifted portmap ranges not supported with this kernel')
        : range,
    print: range => natText(range, t.listed, '', t.portsOnly === true),
    save: range => natText(range, `--${t.option.name} `, '--', t.portsOnly === true),
  })
