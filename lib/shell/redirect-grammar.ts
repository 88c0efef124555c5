/**
 * Redirections: which descriptor goes where.
 *
 * @see IEEE Std 1003.1 XCU 2.7
 */
import type { Lexer, Token } from './lexer.js'
import { grammarError } from './source.js'
import { type IoRedirect, literalText, type RedirectOperator, type Word } from './syntax.js'

const SUPPORTED: readonly string[] = ['<', '>', '>>', '>|', '>&', '&>', '&>>', '<<', '<<-', '<<<']

/** The redirection of an operator with its digits and the word behind it. Throws `EGRAMMAR`. */
export const redirectOf = (token: Token, target: Word, lexer: Lexer): IoRedirect => {
  const [, digits = '', text = ''] = /^(\d*)(.*)$/.exec(token.text)!
  const operator = text as RedirectOperator
  const { line, column } = token
  if (!SUPPORTED.includes(text))
    throw grammarError(token, token.text, `not supported; supported: ${SUPPORTED.join(' ')}`)
  const isInput = text.startsWith('<')
  const fd = digits === '' ? (isInput ? 0 : 1) : Number(digits)
  if (isInput ? fd !== 0 : fd !== 1 && fd !== 2)
    throw grammarError(token, token.text, 'the descriptors are 0 for input, 1 and 2 for output')
  if (text === '>&' && !/^[12]$/.test(literalText(target) ?? ''))
    throw grammarError(target, target.text, '>& copies descriptor 1 or 2; for a file write &> FILE')
  const hereDocument = text === '<<' || text === '<<-' ? lexer.hereDocument(target, text === '<<-') : null
  return { fd, operator, target, hereDocument, line, column }
}
