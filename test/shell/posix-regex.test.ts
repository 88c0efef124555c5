/**
 * Regular expressions of POSIX as JavaScript's: which of the texts GNU grep 3.8 and bash 5.2's `=~` (regcomp of glibc 2.36) found
 * in the C locale, or what they said.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type RegexSyntax, RegexError, translateRegex } from '../../lib/shell/posix-regex.js'

const test = suite('shell/posix-regex')

const TEXTS = ['', 'a', 'ab', 'aab', 'a*b', 'a{1', '{1}', '-', '^a', 'a\\b', '+a']

const found = (pattern: string, syntax: RegexSyntax): string => {
  try {
    const expression = new RegExp(translateRegex(pattern, syntax))
    return TEXTS.filter(text => expression.test(text)).join(' ')
  } catch (e) {
    if (e instanceof RegexError) return `error: ${e.message}`
    throw e
  }
}

const RECORDED: readonly (readonly [RegexSyntax, string, string])[] = [
  ['grep', 'a*', ' a ab aab a*b a{1 {1} - ^a a\\b +a'],
  ['grep', '*b', 'a*b'],
  ['grep', '\\(*b\\)', 'a*b'],
  ['grep', '^*b', ''],
  ['grep', '^^', '^a'],
  ['grep', 'a\\{2\\}', 'aab'],
  ['grep', '\\{1\\}', '{1}'],
  ['grep', 'a{1', 'a{1'],
  ['grep', '[z-a]', 'error: Invalid range end'],
  ['grep', '[:a:]', 'error: character class syntax is [[:space:]], not [:space:]'],
  ['grep', 'a\\{x\\}', 'error: Invalid content of \\{\\}'],
  ['grep', '\\(a\\)\\1', 'aab'],
  ['grep', '\\1', 'error: Invalid back reference'],
  ['grep', '[\\]b', 'a\\b'],
  ['grep', 'a\\|-', 'a ab aab a*b a{1 - ^a a\\b +a'],
  ['egrep', 'a**', ' a ab aab a*b a{1 {1} - ^a a\\b +a'],
  ['egrep', 'a{1}{2}', 'aab'],
  ['egrep', '*b', 'ab aab a*b a\\b'],
  ['egrep', '?', ' a ab aab a*b a{1 {1} - ^a a\\b +a'],
  ['egrep', '{1}', ' a ab aab a*b a{1 {1} - ^a a\\b +a'],
  ['egrep', 'a{1', 'a{1'],
  ['egrep', 'a{x', ''],
  ['egrep', '[]a]b', 'ab aab'],
  ['egrep', '[a-]$', 'a - ^a +a'],
  ['egrep', 'a|', ' a ab aab a*b a{1 {1} - ^a a\\b +a'],
  ['egrep', '()', ' a ab aab a*b a{1 {1} - ^a a\\b +a'],
  ['egrep', 'a)', ''],
  ['egrep', '(a)\\1', 'aab'],
  ['egrep', '[[.a.]]b', 'ab aab'],
  ['egrep', 'a\\.b', ''],
  ['egrep', '[[:punct:]]b', 'a*b a\\b'],
  ['egrep', '\\<b', 'a*b a\\b'],
  ['egrep', 'a{,1}b', 'ab aab a*b a\\b'],
  ['egrep', 'a{2}', 'aab'],
  ['posix-extended', 'a**', ' a ab aab a*b a{1 {1} - ^a a\\b +a'],
  ['posix-extended', 'a+?b', 'ab aab a*b a\\b'],
  ['posix-extended', '*b', 'error: Invalid preceding regular expression'],
  ['posix-extended', '(*b)', 'error: Invalid preceding regular expression'],
  ['posix-extended', '^*', 'error: Invalid preceding regular expression'],
  ['posix-extended', 'a|*b', 'error: Invalid preceding regular expression'],
  ['posix-extended', '$*', 'error: Invalid preceding regular expression'],
  ['posix-extended', 'a{1', 'error: Unmatched \\{'],
  ['posix-extended', '{1}', 'error: Invalid preceding regular expression'],
  ['posix-extended', 'a|', ' a ab aab a*b a{1 {1} - ^a a\\b +a'],
  ['posix-extended', '^\\+a', '+a'],
  ['posix-extended', '[[:alpha:]]{3}', 'aab'],
  ['posix-extended', '\\(', ''],
]

for (const [syntax, pattern, expected] of RECORDED)
  test(`${syntax}: ${pattern}`, () => {
    assert.is(found(pattern, syntax), expected)
  })

test.run()
