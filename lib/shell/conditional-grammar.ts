/**
 * The grammar of `[[ ... ]]`.
 *
 * @see bash(1), Compound Commands
 */
import type { Token } from './lexer.js'
import { grammarError } from './source.js'
import type { Condition, Word } from './syntax.js'

/** Operators in front of one word. */
const UNARY: readonly string[] = ['-n', '-z', '-d', '-e', '-f', '-r', '-s']
/** Operators between two words. */
const BINARY: readonly string[] = ['=', '==', '!=', '=~', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge']

const SUPPORTED = `! ( ) && || ${[...UNARY, ...BINARY].join(' ')}`

/** Gives the tokens: the next one, and how to take it. */
export interface Tokens {
  readonly next: () => Token
  readonly take: () => Token
  /** Takes the `=~` that is the next one; a regular expression stands behind it. */
  readonly takeMatch: () => void
  readonly skipNewlines: () => void
}

class ConditionReader {
  readonly #tokens: Tokens

  constructor(tokens: Tokens) {
    this.#tokens = tokens
  }

  or(): Condition {
    const left = this.#and()
    if (!this.#takes('||')) return left
    return { kind: 'or', left, right: this.or() }
  }

  #and(): Condition {
    const left = this.#term()
    if (!this.#takes('&&')) return left
    return { kind: 'and', left, right: this.#and() }
  }

  #takes(operator: string): boolean {
    this.#tokens.skipNewlines()
    if (this.#tokens.next().text !== operator) return false
    this.#tokens.take()
    this.#tokens.skipNewlines()
    return true
  }

  #word(): Word {
    const token = this.#tokens.next()
    if (token.word === null || token.text === ']]') this.#fail(token, 'a word is missing')
    this.#tokens.take()
    return token.word
  }

  #fail(token: Token, problem: string): never {
    throw grammarError(token, token.kind === 'newline' ? '' : token.text, `${problem} in [[; supported: ${SUPPORTED}`)
  }

  #term(): Condition {
    if (this.#takes('!')) return { kind: 'not', of: this.#term() }
    if (this.#takes('(')) {
      const condition = this.or()
      if (!this.#takes(')')) this.#fail(this.#tokens.next(), ') is missing')
      return condition
    }
    const first = this.#tokens.next()
    const left = this.#word()
    if (UNARY.includes(first.text) && !BINARY.includes(this.#tokens.next().text))
      return { kind: 'unary', operator: first.text, word: this.#word() }
    const operator = this.#tokens.next()
    const isUnary = /^-[a-zA-Z]$/.test(first.text) && operator.text !== ']]' && !BINARY.includes(operator.text)
    if (isUnary) this.#fail(first, 'not supported')
    if (/^(\]\]|&&|\|\||\))$/.test(operator.text)) return { kind: 'unary', operator: '-n', word: left }
    if (!BINARY.includes(operator.text)) this.#fail(operator, 'not supported')
    if (operator.text === '=~') this.#tokens.takeMatch()
    else this.#tokens.take()
    return { kind: 'binary', operator: operator.text, left, right: this.#word() }
  }
}

/** The condition behind `[[`, up to `]]`. */
export const readCondition = (tokens: Tokens): Condition => new ConditionReader(tokens).or()
