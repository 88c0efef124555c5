/**
 * Options and texts of the match `policy`.
 *
 * @see iptables extensions/libxt_policy.c
 */
import {
  XT_POLICY_MAX_ELEM,
  type XtPolicyElem,
  type XtPolicyInfo,
  type XtPolicyTest,
} from '../../../netfilter/match/policy.js'
import { formatIpv4 } from '../../../wire/ip.js'
import { maskSuffix, protoToName } from '../addresses.js'
import { extension, hex32, type XtablesExtension, xtablesError, type XtOption, type XtOptionCall } from '../xtables.js'

const HELP = `policy match options:
  --dir in|out			match policy applied during decapsulation/
				policy to be applied during encapsulation
  --pol none|ipsec		match policy
  --strict 			match entire policy instead of single element
				at any position
These options may be used repeatedly, to describe policy elements:
[!] --reqid reqid		match reqid
[!] --spi spi			match SPI
[!] --proto proto		match protocol (ah/esp/ipcomp)
[!] --mode mode 		match mode (transport/tunnel)
[!] --tunnel-src addr/mask	match tunnel source
[!] --tunnel-dst addr/mask	match tunnel destination
  --next 			begin next element in policy
`

const IPPROTO_ESP = 50
const IPPROTO_AH = 51
const IPPROTO_COMP = 108
const IPSEC_PROTOCOLS: readonly number[] = [IPPROTO_AH, IPPROTO_ESP, IPPROTO_COMP]

const fail = (why: string): never => xtablesError(`policy match: ${why}`)

const elementOption = (name: string, id: keyof XtPolicyElem, type: XtOption['type']): XtOption => ({
  name,
  id,
  type,
  multi: true,
  invert: true,
})

const OPTIONS: readonly XtOption[] = [
  { name: 'dir', id: 'dir', type: 'string' },
  { name: 'pol', id: 'pol', type: 'string' },
  { name: 'strict', id: 'strict', type: 'none' },
  elementOption('reqid', 'reqid', 'uint32'),
  elementOption('spi', 'spi', 'uint32'),
  elementOption('tunnel-src', 'saddr', 'hostmask'),
  elementOption('tunnel-dst', 'daddr', 'hostmask'),
  elementOption('proto', 'proto', 'protocol'),
  elementOption('mode', 'mode', 'string'),
  { name: 'next', id: 'next', type: 'none', multi: true, also: ['strict'] },
]

/** What the value of an option of an element is. */
const elementValue = ({ option, arg, value, mark, mask }: XtOptionCall): unknown => {
  switch (option.id) {
    case 'saddr':
    case 'daddr':
      return { addr: mark, mask }
    case 'mode':
      return arg === 'transport' || arg === 'tunnel' ? arg : fail(`invalid mode "${arg}"`)
    case 'proto':
      return IPSEC_PROTOCOLS.includes(value) ? value : fail('protocol must be ah/esp/ipcomp')
    default:
      return value
  }
}

/** Adds to the last element. */
const element = (call: XtOptionCall, info: XtPolicyInfo): XtPolicyInfo => {
  const id = call.option.id as keyof XtPolicyElem
  const last = info.pol.at(-1)!
  if (last[id] !== undefined) fail(`double --${call.option.name} option`)
  const test: XtPolicyTest<unknown> = { value: elementValue(call), invert: call.invert }
  return { ...info, pol: [...info.pol.slice(0, -1), { ...last, [id]: test }] }
}

const direction = (arg: string, info: XtPolicyInfo): XtPolicyInfo => {
  if (arg === 'in') return { ...info, in: true }
  return arg === 'out' ? { ...info, out: true } : xtablesError(`policy_match: invalid dir "${arg}"`)
}

const parse = (call: XtOptionCall, info: XtPolicyInfo): XtPolicyInfo => {
  const { option, arg } = call
  switch (option.id) {
    case 'dir':
      return direction(arg, info)
    case 'pol':
      if (arg !== 'none' && arg !== 'ipsec') fail(`invalid policy "${arg}"`)
      return { ...info, none: info.none || arg === 'none' }
    case 'strict':
      return { ...info, strict: true }
    case 'next':
      if (info.pol.length === XT_POLICY_MAX_ELEM) fail('maximum policy depth reached')
      return { ...info, pol: [...info.pol, {}] }
    default:
      return element(call, info)
  }
}

const checkElement = (e: XtPolicyElem, i: number, strict: boolean): void => {
  if (strict && Object.keys(e).length === 0)
    fail(
      `empty policy element ${i}. --strict is in effect, but at least one of reqid, spi, tunnel-src, tunnel-dst, proto or mode is required.`,
    )
  const isTransport = e.mode !== undefined && (e.mode.value === 'tunnel') === e.mode.invert
  if ((e.saddr !== undefined || e.daddr !== undefined) && isTransport)
    fail('--tunnel-src/--tunnel-dst is only valid in tunnel mode')
}

const check = (info: XtPolicyInfo): XtPolicyInfo => {
  if (!info.in && !info.out) fail('neither --dir in nor --dir out specified')
  if (!info.none) {
    for (const [i, e] of info.pol.entries()) checkElement(e, i, info.strict)
    return info
  }
  if (info.strict) fail('policy none but --strict given')
  if (info.pol.length > 1) fail('policy none but policy given')
  return { ...info, pol: [] }
}

const elementText = (e: XtPolicyElem, prefix: string, numeric: boolean): string => {
  const part = <T>(name: string, test: XtPolicyTest<T> | undefined, text: (value: T) => string): string =>
    test === undefined ? '' : `${test.invert ? ' !' : ''} ${prefix}${name} ${text(test.value)}`
  const address = ({ addr, mask }: { readonly addr: number; readonly mask: number }): string =>
    `${formatIpv4(addr)}${maskSuffix(mask)}`
  return (
    part('reqid', e.reqid, String) +
    part('spi', e.spi, hex32) +
    part('proto', e.proto, n => (numeric ? null : protoToName(n)) ?? `${n}`) +
    part('mode', e.mode, String) +
    part('tunnel-dst', e.daddr, address) +
    part('tunnel-src', e.saddr, address)
  )
}

const flagsText = (info: XtPolicyInfo, prefix: string): string =>
  ` ${prefix}dir ${info.in ? 'in' : 'out'} ${prefix}pol ${info.none ? 'none' : 'ipsec'}${info.strict ? ` ${prefix}strict` : ''}`

/** The extension. */
export const policyExtension: XtablesExtension = extension<XtPolicyInfo>({
  name: 'policy',
  help: HELP,
  options: OPTIONS,
  init: { in: false, out: false, none: false, strict: false, pol: [{}] },
  parse,
  finalCheck: check,
  print: (info, _ip, numeric) => {
    const { pol } = info
    const elements = pol.map((e, i) => `${pol.length > 1 ? ` [${i}]` : ''}${elementText(e, '', numeric)}`)
    return ` policy match${flagsText(info, '')}${elements.join('')}`
  },
  save: info => flagsText(info, '--') + info.pol.map(e => elementText(e, '--', false)).join(' --next'),
})
