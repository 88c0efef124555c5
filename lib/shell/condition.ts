/**
 * Evaluates `[[ ... ]]`.
 *
 * @see bash(1), CONDITIONAL EXPRESSIONS
 */
import { unaryTest } from './builtin/test.js'
import { posixRegex, RegexError } from './posix-regex.js'
import { Discard } from './environment.js'
import { computed, type Expansion, partsPattern, partsText } from './expand.js'
import { matches, patternOf, unescaped } from './pattern.js'
import type { ShellFiles } from './shell-files.js'
import type { Steps } from './steps.js'
import type { Condition, Place } from './syntax.js'
import { quoted, trace } from './xtrace.js'

/** An expression that regcomp does not take; `[[` has status 2 then. */
export class ConditionError extends Error {}

const COMPARE: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  '-eq': (a, b) => a === b,
  '-ne': (a, b) => a !== b,
  '-lt': (a, b) => a < b,
  '-le': (a, b) => a <= b,
  '-gt': (a, b) => a > b,
  '-ge': (a, b) => a >= b,
}

/** A pattern of `=~`, in which what was quoted stands for itself. */
const expressionOf = (pattern: string): RegExp => {
  try {
    return posixRegex(pattern)
  } catch (e) {
    if (e instanceof RegexError) throw new ConditionError(e.message)
    throw e
  }
}

type Side = readonly [place: Place, text: string]

/** A comparison of what two expressions have as their values; false when one of them has none. */
const compared = (x: Expansion, compare: (a: bigint, b: bigint) => boolean, left: Side, right: Side): boolean => {
  try {
    return compare(computed(x, ...left, '[[: '), computed(x, ...right, '[[: '))
  } catch (e) {
    if (!(e instanceof Discard)) throw e
    return false
  }
}

function* binary(x: Expansion, condition: Condition & { readonly kind: 'binary' }): Steps<boolean> {
  const { operator, left, right } = condition
  const a = yield* partsText(x, left.parts)
  const pattern = yield* partsPattern(x, right.parts)
  const b = unescaped(pattern)
  trace(x.env, `[[ ${quoted(a)} ${operator} ${pattern === patternOf(b) ? quoted(b) : pattern} ]]`)
  const compare = COMPARE[operator]
  if (compare !== undefined) return compared(x, compare, [left, a], [right, b])
  switch (operator) {
    case '<':
      return a < b
    case '>':
      return a > b
    case '=~':
      return expressionOf(pattern).test(a)
    case '!=':
      return !matches(pattern, a)
    default:
      return matches(pattern, a)
  }
}

/** The value of a condition; `files` has those that it asks for. Throws {@link ConditionError}. */
export function* holds(x: Expansion, condition: Condition, files: ShellFiles): Steps<boolean> {
  switch (condition.kind) {
    case 'not':
      return !(yield* holds(x, condition.of, files))
    case 'and':
      return (yield* holds(x, condition.left, files)) && (yield* holds(x, condition.right, files))
    case 'or':
      return (yield* holds(x, condition.left, files)) || (yield* holds(x, condition.right, files))
    case 'binary':
      return yield* binary(x, condition)
    case 'unary': {
      const { operator } = condition
      const text = yield* partsText(x, condition.word.parts)
      trace(x.env, `[[ ${operator} ${quoted(text)} ]]`)
      return unaryTest(operator, text, files)
    }
  }
}
