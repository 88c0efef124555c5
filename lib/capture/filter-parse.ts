/**
 * The grammar of capture filters, as libpcap reads it: `and` and `or` bind equally from left to right, `not` binds tighter,
 * and an address or number after `and`/`or` takes the qualifiers of the one before.
 *
 * Not supported, and refused by name: what needs more than the frame's bytes (inbound, outbound, ifindex, gateway, host
 * names, protochain), MPLS, PPPoE, Geneve, IPv6 addresses, and the link layers of other devices.
 * @see pcap-filter(7)
 */

import * as A from './filter-arith.js'
import { filterError, SYNTAX_ERROR, type Token } from './filter-lex.js'
import * as Q from './filter-qualified.js'
import * as T from './filter-test.js'

/** A test with the qualifiers that a bare address after it inherits; null when none may follow. */
interface Term {
  readonly test: T.Test
  readonly q: Q.Qualifiers | null
}

const PROTOCOLS: ReadonlySet<string> = new Set(
  'ether ip arp rarp sctp tcp udp icmp igmp igrp pim vrrp carp ip6 icmp6 ah esp stp lat moprc mopdl decnet sca'.split(
    ' ',
  ),
)
const UNSUPPORTED: ReadonlySet<string> = new Set(
  (
    'inbound outbound ifindex gateway protochain mpls pppoed pppoes geneve byte iso esis isis clnp ipx netbeui atalk ' +
    'aarp radio type subtype dir direction llc lane on ifname rset ruleset rnr rulenum srnr subrulenum reason action'
  ).split(' '),
)
const SUPPORTED =
  'supported are host, net, port, portrange, proto, broadcast, multicast, less, greater, len, vlan, proto[offset:size] and ' +
  'the names of protocols'
const KINDS: ReadonlySet<string> = new Set(['host', 'net', 'port', 'portrange', 'proto'])
const MAX_VID = 4095

/** Parser of one filter. */
export class FilterParser {
  readonly #tokens: readonly Token[]
  readonly #netmask: number
  #at: number
  #layout: T.Layout

  constructor(tokens: readonly Token[], layout: T.Layout, netmask: number) {
    this.#tokens = tokens
    this.#netmask = netmask
    this.#at = 0
    this.#layout = layout
  }

  /** The whole filter; an empty one accepts everything. */
  parse(): T.Test {
    if (this.#isEnd) return T.always(true)
    const { test } = this.#expression()
    if (!this.#isEnd) throw this.#syntaxError()
    return test
  }

  get #next(): Token {
    return this.#tokens[this.#at]!
  }

  get #isEnd(): boolean {
    return this.#next.kind === 'end'
  }

  #peek(ahead: number): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!
  }

  #is(text: string): boolean {
    return this.#next.kind === 'word' && this.#next.text === text
  }

  #take(): Token {
    const token = this.#next
    if (token.kind !== 'end') this.#at++
    return token
  }

  #skip(text: string): boolean {
    if (!this.#is(text)) return false
    this.#at++
    return true
  }

  #expect(text: string): void {
    if (!this.#skip(text)) throw this.#syntaxError()
  }

  #syntaxError(): Error {
    const token = this.#next
    if (token.kind === 'word' && UNSUPPORTED.has(token.text))
      return filterError(`'${token.text}' not supported; ${SUPPORTED}`, token)
    return filterError(SYNTAX_ERROR, token)
  }

  #expression(): Term {
    let left = this.#term()
    while (this.#is('and') || this.#is('or')) {
      const isAnd = this.#take().text === 'and'
      const right = this.#startsId() ? this.#inherited(left.q) : this.#term()
      left = { test: isAnd ? T.both(left.test, right.test) : T.either(left.test, right.test), q: right.q }
    }
    return left
  }

  /** Whether a bare address or number stands here, after `and` or `or`. */
  #startsId(): boolean {
    let ahead = 0
    while (this.#peek(ahead).kind === 'word' && (this.#peek(ahead).text === 'not' || this.#peek(ahead).text === '('))
      ahead++
    const token = this.#peek(ahead)
    if (token.kind === 'word' || token.kind === 'end') return false
    return token.kind !== 'num' || !this.#isOperand(ahead)
  }

  /** Whether the number at `ahead` belongs to arithmetic: an operator stands behind it and its closing parentheses. */
  #isOperand(ahead: number): boolean {
    let i = ahead + 1
    while (this.#peek(i).kind === 'word' && this.#peek(i).text === ')') i++
    const token = this.#peek(i)
    return token.kind === 'word' && (A.isOperator(token.text) || A.isComparison(token.text))
  }

  #inherited(q: Q.Qualifiers | null): Term {
    if (q === null) throw this.#syntaxError()
    return { test: this.#id(q), q }
  }

  #term(): Term {
    if (this.#skip('not')) {
      const { test, q } = this.#term()
      return { test: T.negate(test), q }
    }
    if (this.#isArithmetic()) return { test: this.#relation(), q: null }
    if (this.#skip('(')) {
      const inner = this.#expression()
      this.#expect(')')
      return inner
    }
    return this.#primitive()
  }

  /** Whether a comparison of operands starts here. */
  #isArithmetic(): boolean {
    const token = this.#next
    if (token.kind === 'num') return true
    if (token.kind !== 'word') return false
    if (token.text === '-' || token.text === 'len') return true
    if (PROTOCOLS.has(token.text)) return this.#peek(1).kind === 'word' && this.#peek(1).text === '['
    return token.text === '(' && this.#isOperandInParentheses()
  }

  #isOperandInParentheses(): boolean {
    let depth = 0
    for (let i = 0; ; i++) {
      const token = this.#peek(i)
      if (token.kind === 'end') return false
      if (token.kind !== 'word') continue
      if (token.text === '(') depth++
      else if (token.text === ')' && --depth === 0) {
        const after = this.#peek(i + 1)
        return after.kind === 'word' && (A.isOperator(after.text) || A.isComparison(after.text))
      }
    }
  }

  #relation(): T.Test {
    const left = this.#arith(0)
    const op = this.#next
    if (op.kind !== 'word' || !A.isComparison(op.text)) throw this.#syntaxError()
    this.#take()
    return A.compare(op.text, left, this.#arith(0))
  }

  /** Operands and operators that bind at least as tightly as `least`. */
  #arith(least: number): A.Arith {
    let left = this.#operand()
    for (;;) {
      const op = this.#next
      if (op.kind !== 'word' || !A.isOperator(op.text)) return left
      // libpcap gave `%` and `^` no place in its order, so its parser always goes on to their right.
      const binds = A.PRECEDENCE.get(op.text)
      if (binds !== undefined && binds <= least) return left
      this.#take()
      const right = this.#arith(binds ?? 0)
      const problem = A.operatorProblem(op.text, right)
      if (problem !== null) throw filterError(problem, op)
      left = A.binary(op.text, left, right)
    }
  }

  #operand(): A.Arith {
    const token = this.#take()
    if (token.kind === 'num') return A.literal(token.value)
    if (token.kind === 'word') {
      if (token.text === 'len') return A.frameLength(this.#layout)
      if (token.text === '-') return A.negative(this.#arith(5))
      if (token.text === '(') {
        const inner = this.#arith(0)
        this.#expect(')')
        return inner
      }
      if (PROTOCOLS.has(token.text) && this.#skip('[')) return this.#index(token)
    }
    if (token.kind !== 'end') this.#at--
    throw this.#syntaxError()
  }

  #index(proto: Token): A.Arith {
    const index = this.#arith(0)
    let size = 1
    if (this.#skip(':')) {
      const token = this.#take()
      if (token.kind !== 'num') throw filterError(SYNTAX_ERROR, token)
      if (token.value !== 1 && token.value !== 2 && token.value !== 4)
        throw filterError('data size must be 1, 2, or 4', token)
      size = token.value
    }
    this.#expect(']')
    const operand = A.indexed(this.#layout, proto.text, index, size)
    if (operand === null) throw filterError('unsupported index operation', proto)
    return operand
  }

  /** A keyword that is a test of its own, or qualifiers with an address, number or name. */
  #primitive(): Term {
    const token = this.#next
    if (token.kind !== 'word') throw this.#syntaxError()
    if (token.text === 'vlan') return { test: this.#vlan(), q: null }
    if (token.text === 'less' || token.text === 'greater') return { test: this.#length(), q: null }
    let proto = 'default'
    if (PROTOCOLS.has(token.text)) {
      this.#take()
      proto = token.text
    }
    if (this.#is('broadcast') || this.#is('multicast'))
      return { test: Q.castTest(this.#layout, this.#netmask, proto, token, this.#take()), q: null }
    const dir = this.#direction()
    const kind = this.#kind(dir)
    if (dir === null && kind === null) {
      if (proto === 'default' || proto === 'ether') throw this.#syntaxError()
      return { test: Q.abbreviationTest(this.#layout, proto, token), q: null }
    }
    const q: Q.Qualifiers = { proto, dir, kind: kind ?? 'default' }
    return { test: this.#id(q), q }
  }

  #direction(): T.Direction | null {
    const first = this.#next.text
    if (!this.#is('src') && !this.#is('dst')) return null
    this.#take()
    const other = first === 'src' ? 'dst' : 'src'
    const joined = this.#peek(1).kind === 'word' && this.#peek(1).text === other
    if (joined && (this.#is('or') || this.#is('and'))) {
      const isAnd = this.#take().text === 'and'
      this.#take()
      return isAnd ? 'both' : 'either'
    }
    return first === 'src' ? 'src' : 'dst'
  }

  #kind(dir: T.Direction | null): Q.Kind | null {
    const token = this.#next
    if (token.kind !== 'word' || !KINDS.has(token.text)) return null
    if (token.text === 'proto' && dir !== null) throw this.#syntaxError()
    this.#take()
    return token.text as Q.Kind
  }

  /** An address, number or name under the qualifiers, or several in parentheses. */
  #id(q: Q.Qualifiers): T.Test {
    if (this.#skip('not')) return T.negate(this.#id(q))
    if (this.#skip('(')) {
      let test = this.#id(q)
      while (this.#is('and') || this.#is('or')) {
        const isAnd = this.#take().text === 'and'
        const right = this.#id(q)
        test = isAnd ? T.both(test, right) : T.either(test, right)
      }
      this.#expect(')')
      return test
    }
    const token = this.#next
    if (token.kind === 'word' || token.kind === 'end') throw this.#syntaxError()
    this.#take()
    switch (token.kind) {
      case 'num':
        return Q.numberTest(this.#layout, q, token)
      case 'addr':
        return this.#address(q, token)
      case 'mac':
        return Q.macTest(this.#layout, q, token)
      case 'addr6':
        throw filterError('IPv6 addresses are not supported', token)
      default:
        return Q.nameTest(this.#layout, q, token)
    }
  }

  #address(q: Q.Qualifiers, token: Token): T.Test {
    const isMasked = this.#is('/') || this.#is('mask')
    if (q.kind === 'port' || q.kind === 'portrange' || q.kind === 'proto')
      throw filterError(`'${q.kind}' modifier applied to ip host`, token)
    const found = Q.addressOf(token.text)
    if (found === null) throw filterError(`invalid IPv4 address '${token.text}'`, token)
    if (!isMasked) return Q.hostTest(this.#layout, q, token, found.addr, Q.maskOfBits(found.bits))
    const { mask, text } = this.#mask(token)
    if ((found.addr & ~mask) !== 0) throw filterError(`non-network bits set in "${text}"`, token)
    if (q.kind !== 'net') throw filterError('Mask syntax for networks only', token)
    return Q.hostTest(this.#layout, q, token, found.addr, mask)
  }

  /** What follows an address: `/bits` or `mask ADDR`, with the text of both for errors. */
  #mask(addr: Token): { mask: number; text: string } {
    const isSlash = this.#take().text === '/'
    const token = this.#take()
    if (isSlash) {
      if (token.kind !== 'num') throw filterError(SYNTAX_ERROR, token)
      if (token.value > 32) throw filterError('mask length must be <= 32', token)
      return { mask: Q.maskOfBits(token.value), text: `${addr.text}/${token.value}` }
    }
    if (token.kind !== 'addr') throw filterError(SYNTAX_ERROR, token)
    const found = Q.addressOf(token.text)
    if (found === null) throw filterError(`invalid IPv4 address '${token.text}'`, token)
    return { mask: found.addr, text: `${addr.text} mask ${token.text}` }
  }

  #length(): T.Test {
    const isLess = this.#take().text === 'less'
    const token = this.#take()
    if (token.kind !== 'num') throw filterError(SYNTAX_ERROR, token)
    return isLess ? T.lengthAtMost(this.#layout, token.value) : T.negate(T.lengthAtMost(this.#layout, token.value - 1))
  }

  #vlan(): T.Test {
    const word = this.#take()
    if (!this.#layout.isEthernet) throw filterError('no VLAN support for raw IP', word)
    let vid = -1
    if (this.#next.kind === 'num' && !this.#isOperand(0)) {
      const token = this.#take()
      if (token.value > MAX_VID) throw filterError(`VLAN tag ${token.value} greater than maximum ${MAX_VID}`, token)
      vid = token.value
    }
    const test = T.vlanTag(this.#layout, vid)
    // Everything after `vlan` looks behind the tag, also where `or` stands between: so does libpcap.
    this.#layout = T.behindTag(this.#layout)
    return test
  }
}
