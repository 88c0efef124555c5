/**
 * Options and texts of the match `tcp`.
 *
 * @see iptables extensions/libxt_tcp.c
 */
import {
  XT_TCP_INV_DSTPT,
  XT_TCP_INV_FLAGS,
  XT_TCP_INV_OPTION,
  XT_TCP_INV_SRCPT,
  type XtTcp,
} from '../../../netfilter/match/tcpudp.js'
import { type PortRange, printPorts, savePorts } from '../ports-text.js'
import {
  extension,
  strtoul,
  type XtablesExtension,
  xtablesError,
  type XtOption,
  type XtOptionCall,
} from '../xtables.js'
import { portNumber } from '../xtoptions.js'

const HELP = `tcp match options:
[!] --tcp-flags mask comp	match when TCP flags & mask == comp
				(Flags: SYN ACK FIN RST URG PSH ALL NONE)
[!] --syn			match when only SYN flag set
				(equivalent to --tcp-flags SYN,RST,ACK,FIN SYN)
[!] --source-port port[:port]
 --sport ...
				match source port(s)
[!] --destination-port port[:port]
 --dport ...
				match destination port(s)
[!] --tcp-option number        match if TCP option set
`

const FLAGS: readonly (readonly [string, number])[] = [
  ['FIN', 0x01],
  ['SYN', 0x02],
  ['RST', 0x04],
  ['PSH', 0x08],
  ['ACK', 0x10],
  ['URG', 0x20],
]
const FLAG_WORDS: ReadonlyMap<string, number> = new Map([...FLAGS, ['ALL', 0x3f], ['NONE', 0]])

const parseFlags = (words: string): number => {
  let flags = 0
  for (const word of words.split(',').filter(w => w !== ''))
    flags |= FLAG_WORDS.get(word.toUpperCase()) ?? xtablesError(`Unknown TCP flag \`${word}'`)
  return flags
}

const flagsText = (flags: number): string =>
  FLAGS.filter(([, bit]) => flags & bit)
    .map(([name]) => name)
    .join(',') || 'NONE'

const port = (word: string): number =>
  portNumber(word, 'tcp') ?? xtablesError(`invalid port/service \`${word}' specified`)

/** `A`, `A:B`, `:B`, `A:` (parse_tcp_ports). */
const parsePorts = (arg: string): PortRange => {
  const colon = arg.indexOf(':')
  if (colon < 0) {
    const one = port(arg)
    return [one, one]
  }
  const low = arg.slice(0, colon)
  const high = arg.slice(colon + 1)
  const min = low === '' ? 0 : port(low)
  const max = high === '' ? 0xffff : port(high)
  if (min > max) xtablesError('invalid portrange (min > max)')
  return [min, max]
}

const once = ({ option, seen }: XtOptionCall, words: string): void => {
  if (seen.has(option.id)) xtablesError(words)
}

const ONE_OF = "Only one of `--syn' or `--tcp-flags'  allowed"

const tcpFlags = (call: XtOptionCall): readonly [number, number] => {
  once(call, ONE_OF)
  if (call.option.name === 'syn') return [0x17, 0x02]
  const compare = call.nextWord() ?? xtablesError('--tcp-flags requires two args.')
  return [parseFlags(call.arg), parseFlags(compare)]
}

const parse = (call: XtOptionCall, info: XtTcp): XtTcp => {
  const inverted = (flag: number): number => info.invflags | (call.invert ? flag : 0)
  switch (call.option.id) {
    case 'sport':
      once(call, "Only one `--source-port' allowed")
      return { ...info, spts: parsePorts(call.arg), invflags: inverted(XT_TCP_INV_SRCPT) }
    case 'dport':
      once(call, "Only one `--destination-port' allowed")
      return { ...info, dpts: parsePorts(call.arg), invflags: inverted(XT_TCP_INV_DSTPT) }
    case 'flags': {
      const [flgMask, flgCmp] = tcpFlags(call)
      return { ...info, flgMask, flgCmp, invflags: inverted(XT_TCP_INV_FLAGS) }
    }
    default: {
      once(call, "Only one `--tcp-option' allowed")
      const option = strtoul(call.arg, 1, 255) ?? xtablesError(`Bad TCP option "${call.arg}"`)
      return { ...info, option, invflags: inverted(XT_TCP_INV_OPTION) }
    }
  }
}

const OPTIONS: readonly XtOption[] = [
  { name: 'source-port', id: 'sport', type: 'raw' },
  { name: 'sport', id: 'sport', type: 'raw' },
  { name: 'destination-port', id: 'dport', type: 'raw' },
  { name: 'dport', id: 'dport', type: 'raw' },
  { name: 'syn', id: 'flags', type: 'rawnone' },
  { name: 'tcp-flags', id: 'flags', type: 'raw' },
  { name: 'tcp-option', id: 'option', type: 'raw' },
]

/** The extension. */
export const tcpExtension: XtablesExtension = extension<XtTcp>({
  name: 'tcp',
  help: HELP,
  options: OPTIONS,
  init: { spts: [0, 0xffff], dpts: [0, 0xffff], option: 0, flgMask: 0, flgCmp: 0, invflags: 0 },
  parse,
  print: ({ spts, dpts, option, flgMask, flgCmp, invflags }, _ip, numeric) => {
    let text = ` tcp${printPorts('spt', spts, (invflags & XT_TCP_INV_SRCPT) !== 0, numeric, 'tcp')}`
    text += printPorts('dpt', dpts, (invflags & XT_TCP_INV_DSTPT) !== 0, numeric, 'tcp')
    if (option !== 0 || invflags & XT_TCP_INV_OPTION)
      text += ` option=${invflags & XT_TCP_INV_OPTION ? '!' : ''}${option}`
    if (flgMask === 0 && !(invflags & XT_TCP_INV_FLAGS)) return text
    const hex = (n: number): string => `0x${n.toString(16).toUpperCase().padStart(2, '0')}`
    const flags = numeric ? `${hex(flgMask)}/${hex(flgCmp)}` : `${flagsText(flgMask)}/${flagsText(flgCmp)}`
    return `${text} flags:${invflags & XT_TCP_INV_FLAGS ? '!' : ''}${flags}`
  },
  save: ({ spts, dpts, option, flgMask, flgCmp, invflags }) => {
    let text = savePorts('sport', spts, (invflags & XT_TCP_INV_SRCPT) !== 0)
    text += savePorts('dport', dpts, (invflags & XT_TCP_INV_DSTPT) !== 0)
    if (option !== 0 || invflags & XT_TCP_INV_OPTION)
      text += `${invflags & XT_TCP_INV_OPTION ? ' !' : ''} --tcp-option ${option}`
    if (flgMask !== 0 || invflags & XT_TCP_INV_FLAGS)
      text += `${invflags & XT_TCP_INV_FLAGS ? ' !' : ''} --tcp-flags ${flagsText(flgMask)} ${flagsText(flgCmp)}`
    return text
  },
})
