/**
 * Words of a capture filter: keywords, numbers, addresses, names, operators, each with its column.
 *
 * As in libpcap's scanner the longest word wins, so `tcp-syn` is one word and `80-90` is a name.
 * @see pcap-filter(7)
 */

import { NetloomError } from '../errors.js'

/** What a word is. `num` has its value; `word` is a keyword or an operator, compared by its text. */
export type TokenKind = 'word' | 'num' | 'mac' | 'addr' | 'addr6' | 'name' | 'end'

/** A word of a filter. */
export interface Token {
  readonly kind: TokenKind
  /** The word as written; for operators and keywords in the one spelling that the parser compares (`&&` is `and`). */
  readonly text: string
  readonly value: number
  /** Column of its first character, from 1. */
  readonly column: number
  /** Whether a keyword was escaped with a backslash, so that it is a name. */
  readonly isEscaped: boolean
}

/** An error in a filter: `context` has the column (from 1), the word, and libpcap's own text as `tool`. */
export const filterError = (tool: string, token: Token): NetloomError => {
  const word = token.kind === 'end' ? 'end of expression' : `"${token.text}"`
  return new NetloomError('EGRAMMAR', `${tool} at column ${token.column}: ${word}`, {
    column: token.column,
    word: token.text,
    tool,
  })
}

/** What tcpdump says of a filter that does not fit the grammar. */
export const SYNTAX_ERROR = "can't parse filter expression: syntax error"

const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['&&', 'and'],
  ['||', 'or'],
  ['!', 'not'],
  ['==', '='],
  ['length', 'len'],
  ['link', 'ether'],
  ['ppp', 'ether'],
  ['slip', 'ether'],
  ['fddi', 'ether'],
  ['tr', 'ether'],
  ['wlan', 'ether'],
])

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'dst src ether arp rarp ip sctp tcp udp icmp igmp igrp pim vrrp carp ip6 icmp6 ah esp atalk aarp decnet lat sca ' +
    'moprc mopdl stp host net mask port portrange proto protochain gateway less greater byte broadcast multicast and ' +
    'or not len inbound outbound ifindex vlan mpls pppoed pppoes geneve iso esis isis clnp ipx netbeui radio type ' +
    'subtype dir direction llc lane on ifname rset ruleset rnr rulenum srnr subrulenum reason action ra ta'
  ).split(' '),
)

const NAMED_NUMBERS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    icmptype: 0,
    icmpcode: 1,
    'icmp-echoreply': 0,
    'icmp-unreach': 3,
    'icmp-sourcequench': 4,
    'icmp-redirect': 5,
    'icmp-echo': 8,
    'icmp-routeradvert': 9,
    'icmp-routersolicit': 10,
    'icmp-timxceed': 11,
    'icmp-paramprob': 12,
    'icmp-tstamp': 13,
    'icmp-tstampreply': 14,
    'icmp-ireq': 15,
    'icmp-ireqreply': 16,
    'icmp-maskreq': 17,
    'icmp-maskreply': 18,
    icmp6type: 0,
    icmp6code: 1,
    'icmp6-destinationunreach': 1,
    'icmp6-packettoobig': 2,
    'icmp6-timeexceeded': 3,
    'icmp6-parameterproblem': 4,
    'icmp6-echo': 128,
    'icmp6-echoreply': 129,
    'icmp6-routersolicit': 133,
    'icmp6-routeradvert': 134,
    'icmp6-neighborsolicit': 135,
    'icmp6-neighboradvert': 136,
    'icmp6-redirect': 137,
    tcpflags: 13,
    'tcp-fin': 0x01,
    'tcp-syn': 0x02,
    'tcp-rst': 0x04,
    'tcp-push': 0x08,
    'tcp-ack': 0x10,
    'tcp-urg': 0x20,
    'tcp-ece': 0x40,
    'tcp-cwr': 0x80,
  }),
)

const B = '[0-9a-f]{1,2}'
const B2 = '[0-9a-f]{4}'
const MAC = [':', '-', '\\.'].map(s => `${B}(?:${s}${B}){5}`).join('|')
const N = '(?:0x[0-9a-f]+|[0-9]+)'

/** Patterns in the scanner's order; the longest match counts, the first of equal ones. */
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['word', /&&|\|\||[<>!=]=|<<|>>|[-+*/%:[\]!<>()&|^=]/y],
  ['mac', new RegExp(`${MAC}|${B2}\\.${B2}\\.${B2}|${B2}${B2}${B2}`, 'iy')],
  ['num', new RegExp(N, 'iy')],
  ['addr', new RegExp(`${N}\\.${N}(?:\\.${N}){0,2}`, 'iy')],
  ['addr6', /(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}/iy],
  ['name', /[a-z0-9](?:[-_.a-z0-9]*[.a-z0-9])?|\\[^ !()\n\t]+/iy],
]

const matchAt = (text: string, at: number): { kind: TokenKind; word: string } | null => {
  let best: { kind: TokenKind; word: string } | null = null
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at
    const word = pattern.exec(text)?.[0] ?? ''
    if (word.length > (best?.word.length ?? 0)) best = { kind, word }
  }
  return best
}

/** C's reading of a number: octal behind a leading 0. */
const numberOf = (word: string): number => {
  if (/^0x/i.test(word)) return Number.parseInt(word, 16)
  return /^0[0-7]/.test(word) ? Number.parseInt(word, 8) : Number.parseInt(word, 10)
}

const tokenOf = (kind: TokenKind, word: string, column: number): Token => {
  if (kind === 'num') return { kind, text: word, value: numberOf(word), column, isEscaped: false }
  if (kind === 'name' && word.startsWith('\\')) return { kind, text: word.slice(1), value: 0, column, isEscaped: true }
  if (kind === 'word' || kind === 'name') {
    const text = SYNONYMS.get(word) ?? word
    const value = NAMED_NUMBERS.get(word)
    if (value !== undefined) return { kind: 'num', text, value, column, isEscaped: false }
    const isWord = kind === 'word' || KEYWORDS.has(text)
    return { kind: isWord ? 'word' : 'name', text: isWord ? text : word, value: 0, column, isEscaped: false }
  }
  return { kind, text: word, value: 0, column, isEscaped: false }
}

/** The words of a filter, with a last one of kind `end`. Throws `EGRAMMAR` for a character that starts no word. */
export const lexFilter = (text: string): readonly Token[] => {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    if (/[ \r\n\t]/.test(text[at]!)) {
      at++
      continue
    }
    const match = matchAt(text, at)
    if (match === null)
      throw filterError(SYNTAX_ERROR, { kind: 'word', text: text[at]!, value: 0, column: at + 1, isEscaped: false })
    const token = tokenOf(match.kind, match.word, at + 1)
    if (token.kind === 'num' && token.value > 0xffffffff) throw filterError('number out of range', token)
    tokens.push(token)
    at += match.word.length
  }
  tokens.push({ kind: 'end', text: '', value: 0, column: text.length + 1, isEscaped: false })
  return tokens
}
