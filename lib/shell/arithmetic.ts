/**
 * Arithmetic of `$((...))` and `((...))`: integers of 64 bits and C's operators.
 *
 * @see IEEE Std 1003.1 XCU 2.6.4, bash(1), Arithmetic Evaluation
 */
import { grammarError } from './source.js'
import type { Place } from './syntax.js'

/** Why an expression has no value: its own text, or that of a variable in it, and what is wrong. */
export interface ArithmeticProblem {
  readonly text: string
  readonly problem: string
}

const TOKEN =
  /\s*(?:(0[xX][0-9a-fA-F]+|\d+)|([A-Za-z_]\w*)|(\*\*|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%<>&|^~!?:(),]))/y

/** What makes an assignment of a name in front. */
const ASSIGNS = /\s*(<<|>>|[-+*/%&|^])?=(?!=)/y

const BITS = 64
const wrap = (n: bigint): bigint => BigInt.asIntN(BITS, n)
const truth = (is: boolean): bigint => (is ? 1n : 0n)

class NoValue extends Error {
  /** What has no value, and what stands where that shows; null until it is known. */
  where: { readonly text: string; readonly token: string } | null = null
}

/** Operators whose right side is named when they have no value. */
const NAMES_RIGHT_SIDE: readonly string[] = ['/', '%', '**']

const divisor = (n: bigint): bigint => {
  if (n === 0n) throw new NoValue('division by 0')
  return n
}

const power = (a: bigint, b: bigint): bigint => {
  if (b < 0n) throw new NoValue('exponent less than 0')
  let result = 1n
  let base = a
  for (let left = b; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = wrap(result * base)
    base = wrap(base * base)
  }
  return result
}

type Binary = (a: bigint, b: bigint) => bigint

/** Operators by how tightly they bind, the loosest first. */
const LEVELS: readonly Readonly<Record<string, Binary>>[] = [
  { '||': (a, b) => truth(a !== 0n || b !== 0n) },
  { '&&': (a, b) => truth(a !== 0n && b !== 0n) },
  { '|': (a, b) => a | b },
  { '^': (a, b) => a ^ b },
  { '&': (a, b) => a & b },
  { '==': (a, b) => truth(a === b), '!=': (a, b) => truth(a !== b) },
  {
    '<': (a, b) => truth(a < b),
    '>': (a, b) => truth(a > b),
    '<=': (a, b) => truth(a <= b),
    '>=': (a, b) => truth(a >= b),
  },
  { '<<': (a, b) => a << (b & 63n), '>>': (a, b) => a >> (b & 63n) },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / divisor(b), '%': (a, b) => a % divisor(b) },
]

const UNARY: Readonly<Record<string, (a: bigint) => bigint>> = {
  '-': a => -a,
  '+': a => a,
  '!': a => truth(a === 0n),
  '~': a => ~a,
}

/** The variables of an expression. */
export interface ArithmeticVariables {
  readonly get: (name: string) => string
  readonly set: (name: string, value: string) => void
}

const OPERATORS: Readonly<Record<string, Binary>> = Object.assign({}, ...LEVELS)

class Expression {
  readonly #text: string
  readonly #variables: ArithmeticVariables
  readonly #place: Place
  #at = 0
  /** Where the present token begins, and where an error is. */
  #tokenAt = 0
  #lastTokenAt = 0
  #errorAt = -1
  #operator = ''
  #operand: (() => bigint) | null = null
  /** Name of the variable that the present token is; empty for anything else. */
  #name = ''

  constructor(text: string, variables: ArithmeticVariables, place: Place) {
    this.#text = text
    this.#variables = variables
    this.#place = place
    this.#next()
  }

  /** What stands at the place of an error, to the end. */
  get #errorToken(): string {
    const token = this.#text.slice(this.#errorAt < 0 ? this.#tokenAt : this.#errorAt).trimStart()
    return token === '' ? this.#text.slice(this.#lastTokenAt).trimStart() : token
  }

  /** The value, or an error that says where it is. */
  located(): bigint {
    try {
      return this.#value()
    } catch (e) {
      if (e instanceof NoValue) e.where ??= { text: this.#text, token: this.#errorToken }
      throw e
    }
  }

  #value(): bigint {
    if (this.#operand === null && this.#operator === '') return 0n
    const value = this.#comma(true)
    if (this.#operand !== null || this.#operator !== '') throw new NoValue('syntax error in expression')
    return value
  }

  #next(): void {
    const isBehindName = this.#name !== ''
    this.#operand = null
    this.#operator = ''
    this.#name = ''
    this.#lastTokenAt = this.#tokenAt
    this.#tokenAt = this.#at
    if (this.#text.slice(this.#at).trim() === '') return
    TOKEN.lastIndex = this.#at
    const found = TOKEN.exec(this.#text)
    if (found === null) this.#refuseToken(this.#text.slice(this.#at).trim())
    const [whole, number, name, sign = ''] = found
    this.#at += whole.length
    // Two signs that no variable stands beside are two operators.
    const isSplit = /^(\+\+|--)$/.test(sign) && !isBehindName && !/^\s*[A-Za-z_]/.test(this.#text.slice(this.#at))
    if (isSplit) this.#at--
    this.#operator = isSplit ? sign[0]! : sign
    if (number !== undefined) this.#operand = () => this.#number(number)
    else if (name !== undefined) {
      this.#operand = () => this.#ofVariable(name)
      this.#name = name
    }
  }

  /** What bash would read, and netloom does not, is refused; the rest is an error in both. */
  #refuseToken(text: string): never {
    if (/^[#@[\]]/.test(text))
      throw grammarError(this.#place, text, 'an expression has integers, variables, ( ) and operators')
    throw new NoValue(
      text.startsWith('=') ? 'attempted assignment to non-variable' : 'syntax error: invalid arithmetic operator',
    )
  }

  #is(operator: string): boolean {
    return this.#operator === operator
  }

  #number(text: string): bigint {
    if (/^0\d/.test(text)) {
      if (/[89]/.test(text)) throw new NoValue('value too great for base')
      return wrap(BigInt(`0o${text.slice(1)}`))
    }
    return wrap(BigInt(text))
  }

  #ofVariable(name: string): bigint {
    const text = this.#variables.get(name).trim()
    if (text === '') return 0n
    return new Expression(text, this.#variables, this.#place).located()
  }

  #assign(name: string, value: bigint): bigint {
    this.#variables.set(name, String(value))
    return value
  }

  #comma(counted: boolean): bigint {
    let value = this.#assignment(counted)
    while (this.#is(',')) {
      this.#next()
      value = this.#assignment(counted)
    }
    return value
  }

  /** `a = b`, `a += b`. */
  #assignment(counted: boolean): bigint {
    const name = this.#name
    ASSIGNS.lastIndex = this.#at
    const found = name === '' ? null : ASSIGNS.exec(this.#text)
    if (found === null) return this.#choice(counted)
    const [whole, operator] = found
    this.#at += whole.length
    const left = counted && operator !== undefined ? this.#ofVariable(name) : 0n
    this.#name = ''
    this.#next()
    const rightAt = this.#tokenAt
    const right = this.#assignment(counted)
    if (!counted) return 0n
    if (operator === undefined) return this.#assign(name, right)
    if (NAMES_RIGHT_SIDE.includes(operator)) this.#errorAt = rightAt
    const value = wrap(OPERATORS[operator]!(left, right))
    this.#errorAt = -1
    return this.#assign(name, value)
  }

  /** `a ? b : c`; nothing of a part that is not `counted` is computed. */
  #choice(counted: boolean): bigint {
    const condition = this.#level(0, counted)
    if (!this.#is('?')) return condition
    this.#next()
    const isTrue = condition !== 0n
    const first = this.#comma(counted && isTrue)
    if (!this.#is(':')) throw new NoValue("`:' expected for conditional expression")
    this.#next()
    const second = this.#choice(counted && !isTrue)
    return isTrue ? first : second
  }

  #level(n: number, counted: boolean): bigint {
    const operators = LEVELS[n]
    if (operators === undefined) return this.#power(counted)
    let left = this.#level(n + 1, counted)
    while (this.#operator !== '' && Object.hasOwn(operators, this.#operator)) {
      const operator = this.#operator
      this.#next()
      const isDecided = (operator === '||' && left !== 0n) || (operator === '&&' && left === 0n)
      const rightAt = this.#tokenAt
      const right = this.#level(n + 1, counted && !isDecided)
      if (NAMES_RIGHT_SIDE.includes(operator)) this.#errorAt = rightAt
      left = counted ? wrap(operators[operator]!(left, right)) : 0n
      this.#errorAt = -1
    }
    return left
  }

  #power(counted: boolean): bigint {
    const base = this.#unary(counted)
    if (!this.#is('**')) return base
    this.#next()
    const exponent = this.#power(counted)
    return counted ? power(base, exponent) : 0n
  }

  #unary(counted: boolean): bigint {
    const operator = this.#operator
    if (operator === '(') {
      this.#next()
      const value = this.#comma(counted)
      if (!this.#is(')')) throw new NoValue("missing `)'")
      this.#next()
      return value
    }
    if (operator === '++' || operator === '--') return this.#increment(operator, counted)
    if (Object.hasOwn(UNARY, operator)) {
      this.#next()
      return wrap(UNARY[operator]!(this.#unary(counted)))
    }
    const operand = this.#operand
    if (operand === null) throw new NoValue('syntax error: operand expected')
    const name = this.#name
    this.#next()
    const value = counted ? operand() : 0n
    if (name !== '' && (this.#is('++') || this.#is('--'))) {
      if (counted) this.#assign(name, wrap(value + (this.#is('++') ? 1n : -1n)))
      this.#next()
    }
    return value
  }

  /** `++a` and `--a`. */
  #increment(operator: string, counted: boolean): bigint {
    this.#next()
    const name = this.#name
    const step = operator === '++' ? 1n : -1n
    this.#next()
    return counted ? this.#assign(name, wrap(this.#ofVariable(name) + step)) : 0n
  }
}

/** The value of an expression, or what is wrong with it. Throws `EGRAMMAR` for what is not supported. */
export const evaluate = (text: string, variables: ArithmeticVariables, place: Place): bigint | ArithmeticProblem => {
  try {
    return new Expression(text, variables, place).located()
  } catch (e) {
    if (e instanceof NoValue) {
      const where = e.where ?? { text, token: text }
      return { text: where.text, problem: `${e.message} (error token is "${where.token}")` }
    }
    // A variable whose value names itself.
    if (e instanceof RangeError) return { text, problem: 'expression recursion level exceeded' }
    throw e
  }
}
