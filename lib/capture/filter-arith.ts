/**
 * Arithmetic of a capture filter: `proto[offset:size]`, numbers, operators, comparisons; all on unsigned 32 bits.
 * @see pcap-filter(7)
 */

import { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ETH_P_RARP } from '../wire/ethernet.js'
import {
  both,
  etherProto,
  ip6Proto,
  ipProto,
  isFirstFragment,
  type Layout,
  load,
  loadLink,
  type Test,
  transportOffset,
} from './filter-test.js'
import type { Value } from './filter-test.js'

/** An operand: how to get it, what must hold first (null: nothing), and its value when it is a plain number. */
export interface Arith {
  readonly value: Value
  readonly guard: Test | null
  readonly literal: number | null
}

/** An operand that is a number. */
export const literal = (n: number): Arith => ({ value: () => n, guard: null, literal: n })

/** An operand that is the frame's length. */
export const frameLength = (l: Layout): Arith => ({
  value: (_b, off, end) => end - off - l.beside,
  guard: null,
  literal: null,
})

const allOf = (x: Test | null, y: Test | null): Test | null => {
  if (x === null) return y
  return y === null ? x : both(x, y)
}

type Operation = (x: number, y: number) => number

/** Operators; each gets and gives unsigned 32-bit numbers. Division by zero is dealt with by the caller. */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['+', (x, y) => (x + y) >>> 0],
  ['-', (x, y) => (x - y) >>> 0],
  ['*', (x, y) => Math.imul(x, y) >>> 0],
  ['/', (x, y) => Math.floor(x / y)],
  ['%', (x, y) => x % y],
  ['&', (x, y) => (x & y) >>> 0],
  ['|', (x, y) => (x | y) >>> 0],
  ['^', (x, y) => (x ^ y) >>> 0],
  ['<<', (x, y) => (y > 31 ? 0 : (x << y) >>> 0)],
  ['>>', (x, y) => (y > 31 ? 0 : x >>> y)],
])

/** How tightly an operator binds; `%` and `^` have no place in libpcap's order and are handled by the parser. */
export const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ['|', 1],
  ['&', 2],
  ['<<', 3],
  ['>>', 3],
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
])

/** Whether the word is an operator between two operands. */
export const isOperator = (text: string): boolean => OPERATIONS.has(text)

/** What is wrong with `x op y` when `y` is a number: division by zero, a shift that is too long; null when nothing is. */
export const operatorProblem = (op: string, y: Arith): string | null => {
  if (op === '/' && y.literal === 0) return 'division by zero'
  if (op === '%' && y.literal === 0) return 'modulus by zero'
  if ((op === '<<' || op === '>>') && y.literal !== null && y.literal > 31) return 'shift by more than 31 bits'
  return null
}

/**
 * The operand `x op y`. A frame that makes the divisor zero is rejected. Of the two operands' conditions only that of `x`
 * counts: libpcap 1.10 loses the other one, so `4 * (ip[0] & 0xf) = 20` also looks at frames that are not IPv4.
 * @see libpcap gencode.c gen_arth
 */
export const binary = (op: string, x: Arith, y: Arith): Arith => {
  const operation = OPERATIONS.get(op)!
  const canFail = op === '/' || op === '%'
  const value: Value = (b, off, end, run) => {
    const left = x.value(b, off, end, run)
    const right = y.value(b, off, end, run)
    if (canFail && right === 0) {
      run.outside = true
      return 0
    }
    return operation(left, right)
  }
  return { value, guard: x.guard, literal: null }
}

/** The operand `-x`. */
export const negative = (x: Arith): Arith => ({
  value: (b, off, end, run) => -x.value(b, off, end, run) >>> 0,
  guard: x.guard,
  literal: null,
})

type Compare = (x: number, y: number) => boolean

const COMPARISONS: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ['>', (x, y) => x > y],
  ['<', (x, y) => x < y],
  ['>=', (x, y) => x >= y],
  ['<=', (x, y) => x <= y],
  ['=', (x, y) => x === y],
  ['!=', (x, y) => x !== y],
])

/** Whether the word compares two operands. */
export const isComparison = (text: string): boolean => COMPARISONS.has(text)

/** The test `x op y`; false when what a `proto[...]` in it needs is not there. */
export const compare = (op: string, x: Arith, y: Arith): Test => {
  const operation = COMPARISONS.get(op)!
  const test: Test = (b, off, end, run) => {
    const left = x.value(b, off, end, run)
    const right = y.value(b, off, end, run)
    return !run.outside && operation(left, right)
  }
  const guard = allOf(x.guard, y.guard)
  return guard === null ? test : both(guard, test)
}

/** Protocol numbers of the words that index a transport header over IPv4. */
export const TRANSPORTS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['tcp', 6],
  ['igrp', 9],
  ['udp', 17],
  ['pim', 103],
  ['vrrp', 112],
  ['carp', 112],
  ['sctp', 132],
])

const NETWORKS: ReadonlyMap<string, number> = new Map([
  ['ip', ETH_P_IP],
  ['arp', ETH_P_ARP],
  ['rarp', ETH_P_RARP],
  ['ip6', ETH_P_IPV6],
])

const IPV6_HLEN = 40
const IPPROTO_ICMPV6 = 58

/** The operand `proto[index:size]`, or null when `proto` cannot be indexed. */
export const indexed = (l: Layout, proto: string, index: Arith, size: number): Arith | null => {
  const at =
    (base: number): Value =>
    (b, off, end, run) =>
      load(b, off + base + index.value(b, off, end, run), size, end, run)
  const operand = (value: Value, guard: Test | null): Arith => ({
    value,
    guard: allOf(index.guard, guard),
    literal: null,
  })
  if (proto === 'ether') {
    const value: Value = (b, off, end, run) => loadLink(l, b, off, index.value(b, off, end, run), size, end, run)
    return operand(value, null)
  }
  const type = NETWORKS.get(proto)
  if (type !== undefined) return operand(at(l.net), etherProto(l, type))
  if (proto === 'icmp6') return operand(at(l.net + IPV6_HLEN), ip6Proto(l, IPPROTO_ICMPV6))
  const number = TRANSPORTS.get(proto)
  if (number === undefined) return null
  const value: Value = (b, off, end, run) => {
    const header = off + transportOffset(l, b, off, end, run)
    return load(b, header + index.value(b, off, end, run), size, end, run)
  }
  return operand(value, both(ipProto(l, number), isFirstFragment(l)))
}
