/**
 * Rules and chains as `-L`, `-S`, `-v` and iptables-save print them.
 *
 * @see iptables iptables/xshared.c, iptables/iptables.c
 */
import {
  type IptChain,
  type IptChainRule,
  type IptcHandle,
  type IptRule,
  IPT_F_FRAG,
  IPT_F_GOTO,
  IPT_INV_DSTIP,
  IPT_INV_FRAG,
  IPT_INV_SRCIP,
  IPT_INV_VIA_IN,
  IPT_INV_VIA_OUT,
  STANDARD_TARGETS,
  XT_INV_PROTO,
  type XtCounters,
} from '../../rtnl/iptables.js'
import { formatIpv4 } from '../../wire/ip.js'
import { addrText, maskText, protoToName } from './addresses.js'
import { findMatch, findTarget } from './extensions.js'

/** How `-L` prints. */
export interface ListFormat {
  readonly numeric: boolean
  /** Counters and devices. */
  readonly verbose: boolean
  /** Counters in full. */
  readonly exact: boolean
  readonly lineNumbers: boolean
}

/** A counter as `-L` prints it (xtables_print_num), with a blank behind it. */
const numText = (n: number, exact: boolean, table: boolean): string => {
  const pad = (text: string, width: number): string => `${table ? text.padStart(width) : text} `
  if (exact) return pad(`${n}`, 8)
  if (n <= 99999) return pad(`${n}`, 5)
  let rest = n
  for (const unit of 'KMG') {
    rest = Math.floor((rest + 500) / 1000)
    if (rest <= 9999) return pad(`${rest}${unit}`, 5)
  }
  return pad(`${Math.floor((rest + 500) / 1000)}T`, 5)
}

const header = (chain: IptChain, references: number, f: ListFormat): string => {
  const { packets, bytes } = chain.counters
  const counters = f.verbose
    ? ` ${numText(packets, f.exact, false)}packets, ${numText(bytes, f.exact, false)}bytes`
    : ''
  let text = `Chain ${chain.name} `
  text += chain.policy !== null ? `(policy ${chain.policy}${counters})\n` : `(${references} references)\n`
  if (f.lineNumbers) text += 'num  '
  if (f.verbose) text += f.exact ? '    pkts      bytes ' : ' pkts bytes '
  text += 'target     prot opt'
  if (f.verbose) text += ' in     out    '
  return `${text} source               destination         \n`
}

const ifaceText = (name: string, inverted: boolean, numeric: boolean): string =>
  `${inverted ? '!' : ''}${name === '' ? (numeric ? '*' : 'any') : name}`

const extensionsText = (rule: IptRule, isChain: boolean, numeric: boolean): string => {
  const { ip, matches, target } = rule
  let text = ip.flags & IPT_F_GOTO ? '[goto] ' : ''
  for (const { name, info } of matches) text += findMatch(name)?.print?.(info, ip, numeric) ?? `${name} `
  if (!isChain && target.name !== '' && !STANDARD_TARGETS.includes(target.name))
    text += findTarget(target.name)?.print?.(target.info, ip, numeric) ?? ''
  return text
}

const fragText = (flags: number, invflags: number): string =>
  `${invflags & IPT_INV_FRAG ? '!' : '-'}${flags & IPT_F_FRAG ? 'f' : '-'} `

const ruleLine = ({ rule, counters }: IptChainRule, num: number, isChain: boolean, f: ListFormat): string => {
  const { ip, target } = rule
  let text = f.lineNumbers ? `${`${num}`.padEnd(4)} ` : ''
  if (f.verbose) text += numText(counters.packets, f.exact, true) + numText(counters.bytes, f.exact, true)
  const proto = f.numeric ? `${ip.proto}` : (protoToName(ip.proto) ?? `${ip.proto}`)
  text += `${target.name.padEnd(9)} ${ip.invflags & XT_INV_PROTO ? '!' : ' '}${proto.padEnd(4)} `
  text += fragText(ip.flags, ip.invflags)
  if (f.verbose) {
    text += ` ${ifaceText(ip.iniface, (ip.invflags & IPT_INV_VIA_IN) !== 0, f.numeric).padEnd(6)} `
    text += `${ifaceText(ip.outiface, (ip.invflags & IPT_INV_VIA_OUT) !== 0, f.numeric).padEnd(6)} `
  }
  text += `${ip.invflags & IPT_INV_SRCIP ? '!' : ' '}${addrText(ip.src, ip.smsk, f.numeric).padEnd(19)} `
  text += `${ip.invflags & IPT_INV_DSTIP ? '!' : ' '}${addrText(ip.dst, ip.dmsk, f.numeric).padEnd(19)} `
  return `${text}${extensionsText(rule, isChain, f.numeric)}\n`
}

/** What `-v` prints of a rule that is added or deleted (print_firewall_line). */
export const verboseRule = (rule: IptRule, isChain: boolean): string => {
  const { ip, target } = rule
  let text = `${target.name} ${ip.invflags & XT_INV_PROTO ? '!' : ' '}${protoToName(ip.proto) ?? ip.proto} `
  text += `opt ${fragText(ip.flags, ip.invflags)}`
  text += `in ${ifaceText(ip.iniface, (ip.invflags & IPT_INV_VIA_IN) !== 0, true)} `
  text += `out ${ifaceText(ip.outiface, (ip.invflags & IPT_INV_VIA_OUT) !== 0, true)} `
  text += `${ip.invflags & IPT_INV_SRCIP ? '!' : ' '}${addrText(ip.src, ip.smsk, true)} `
  text += `${ip.invflags & IPT_INV_DSTIP ? '!' : ' '}-> ${addrText(ip.dst, ip.dmsk, true)}  `
  return `${text}${extensionsText(rule, isChain, true)}\n`
}

/** `-L`: all chains, or one; null when there is none of that name. `rulenum` 0 for all rules. */
export const listText = (
  handle: IptcHandle,
  name: string | null,
  rulenum: number,
  format: ListFormat,
): string | null => {
  const parts: string[] = []
  for (const chain of handle.chains()) {
    if (name !== null && name !== chain.name) continue
    let text = rulenum === 0 ? header(chain, handle.references(chain.name), format) : ''
    for (const [i, chained] of chain.rules.entries())
      if (rulenum === 0 || rulenum === i + 1)
        text += ruleLine(chained, i + 1, handle.isChain(chained.rule.target.name), format)
    parts.push(text)
  }
  return parts.length === 0 ? null : parts.join('\n')
}

const saveIface = (letter: string, name: string, inverted: boolean): string =>
  name === '' || name === '+' ? '' : `${inverted ? ' !' : ''} -${letter} ${name}`

const saveAddr = (letter: string, addr: number, mask: number, inverted: boolean): string =>
  mask === 0 && addr === 0 && !inverted
    ? ''
    : `${inverted ? ' !' : ''} -${letter} ${formatIpv4(addr)}/${maskText(mask)}`

/** A counter style: none, in front as iptables-save -c, or behind as -S -v. */
export type SaveCounters = 'none' | 'front' | 'option'

const countersText = ({ packets, bytes }: XtCounters): string => `${packets} ${bytes}`

/** A rule as `-S` and iptables-save print it (print_rule4). */
export const saveRule = (
  { rule, counters }: IptChainRule,
  chain: string,
  isChain: boolean,
  how: SaveCounters,
): string => {
  const { ip, matches, target } = rule
  const { invflags } = ip
  let text = how === 'front' ? `[${counters.packets}:${counters.bytes}] ` : ''
  text += `-A ${chain}${saveAddr('s', ip.src, ip.smsk, (invflags & IPT_INV_SRCIP) !== 0)}`
  text += saveAddr('d', ip.dst, ip.dmsk, (invflags & IPT_INV_DSTIP) !== 0)
  text += saveIface('i', ip.iniface, (invflags & IPT_INV_VIA_IN) !== 0)
  text += saveIface('o', ip.outiface, (invflags & IPT_INV_VIA_OUT) !== 0)
  if (ip.proto > 0) text += `${invflags & XT_INV_PROTO ? ' !' : ''} -p ${protoToName(ip.proto) ?? ip.proto}`
  if (ip.flags & IPT_F_FRAG) text += `${invflags & IPT_INV_FRAG ? ' !' : ''} -f`
  for (const { name, info } of matches) {
    const ext = findMatch(name)
    text += ` -m ${ext?.alias?.(info) ?? name}${ext?.save?.(info, ip) ?? ''}`
  }
  if (how === 'option') text += ` -c ${countersText(counters)}`
  if (target.name === '') return `${text}\n`
  if (isChain) return `${text} -${ip.flags & IPT_F_GOTO ? 'g' : 'j'} ${target.name}\n`
  const ext = STANDARD_TARGETS.includes(target.name) ? null : findTarget(target.name)
  return `${text} -j ${ext?.alias?.(target.info) ?? target.name}${ext?.save?.(target.info, ip) ?? ''}\n`
}

/** `-S`: all chains, or one; null when there is none of that name. */
export const listRulesText = (
  handle: IptcHandle,
  name: string | null,
  rulenum: number,
  verbose: boolean,
): string | null => {
  const chains = handle.chains().filter(c => name === null || c.name === name)
  if (chains.length === 0) return null
  let text = ''
  if (rulenum === 0)
    for (const { name: chain, policy, counters } of chains) {
      if (policy === null) text += `-N ${chain}\n`
      else text += `-P ${chain} ${policy}${verbose ? ` -c ${countersText(counters)}` : ''}\n`
    }
  for (const chain of chains)
    for (const [i, chained] of chain.rules.entries())
      if (rulenum === 0 || rulenum === i + 1)
        text += saveRule(chained, chain.name, handle.isChain(chained.rule.target.name), verbose ? 'option' : 'none')
  return text
}
