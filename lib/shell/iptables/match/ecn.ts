/**
 * Options and texts of the match `ecn`.
 *
 * @see iptables extensions/libxt_ecn.c
 */
import {
  XT_ECN_OP_MATCH_CWR,
  XT_ECN_OP_MATCH_ECE,
  XT_ECN_OP_MATCH_IP,
  type XtEcnInfo,
} from '../../../netfilter/match/ecn.js'
import { extension, type XtablesExtension, xtablesError } from '../xtables.js'

const HELP = `ECN match options
[!] --ecn-tcp-cwr 		Match CWR bit of TCP header
[!] --ecn-tcp-ece		Match ECE bit of TCP header
[!] --ecn-ip-ect [0..3]	Match ECN codepoint in IPv4/IPv6 header
`

const OPERATIONS: Readonly<Record<string, number>> = {
  cwr: XT_ECN_OP_MATCH_CWR,
  ece: XT_ECN_OP_MATCH_ECE,
  ect: XT_ECN_OP_MATCH_IP,
}

/** In the order in which they are printed: operation, option, and what `-L` calls it. */
const TESTS: readonly (readonly [number, string, string])[] = [
  [XT_ECN_OP_MATCH_ECE, 'ecn-tcp-ece', 'ECE'],
  [XT_ECN_OP_MATCH_CWR, 'ecn-tcp-cwr', 'CWR'],
  [XT_ECN_OP_MATCH_IP, 'ecn-ip-ect', 'ECT'],
]

/** The extension. */
export const ecnExtension: XtablesExtension = extension<XtEcnInfo>({
  name: 'ecn',
  help: HELP,
  options: [
    { name: 'ecn-tcp-cwr', id: 'cwr', type: 'none', invert: true },
    { name: 'ecn-tcp-ece', id: 'ece', type: 'none', invert: true },
    { name: 'ecn-ip-ect', id: 'ect', type: 'uint8', max: 3, invert: true },
  ],
  init: { operation: 0, invert: 0, ipEct: 0 },
  parse: ({ option, value, invert }, info) => {
    const op = OPERATIONS[option.id]!
    return {
      operation: info.operation | op,
      invert: info.invert | (invert ? op : 0),
      ipEct: option.id === 'ect' ? value : info.ipEct,
    }
  },
  finalCheck: (info, seen) => (seen.size > 0 ? info : xtablesError('ECN match: some option required')),
  print: ({ operation, invert, ipEct }) => {
    let text = ' ECN match'
    for (const [op, , name] of TESTS)
      if (operation & op) text += ` ${invert & op ? '!' : ''}${name}${op === XT_ECN_OP_MATCH_IP ? `=${ipEct}` : ''}`
    return text
  },
  save: ({ operation, invert, ipEct }) => {
    let text = ''
    for (const [op, name] of TESTS)
      if (operation & op) text += `${invert & op ? ' !' : ''} --${name}${op === XT_ECN_OP_MATCH_IP ? ` ${ipEct}` : ''}`
    return text
  },
})
