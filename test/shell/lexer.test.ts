import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetloomError } from '../../lib/errors.js'
import { tokenize } from '../../lib/shell/lexer.js'

const test = suite('shell/lexer')

const words = (line: string): string[] => tokenize(line).map(t => t.text)

const failure = (line: string): { column: unknown; word: unknown } => {
  try {
    tokenize(line, 7)
  } catch (e) {
    const { code, context } = e as NetloomError
    assert.is(code, 'EGRAMMAR')
    assert.is(context['line'], 7)
    return { column: context['column'], word: context['word'] }
  }
  throw new Error(`accepted: ${line}`)
}

/** Each line with the words that `bash -c 'printf "%s\n" ...'` gave for it. */
const AS_BASH: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['a b  c', ['a', 'b', 'c']],
  ["a 'b c' d", ['a', 'b c', 'd']],
  ['a "b c" d', ['a', 'b c', 'd']],
  ["x'y z'w", ['xy zw']],
  ["'' a", ['', 'a']],
  ['"a \\" b" c', ['a " b', 'c']],
  ['"a \\n b"', ['a \\n b']],
  ['"a \\\\ b"', ['a \\ b']],
  ["'a \\' b", ['a \\', 'b']],
  ['a # b', ['a']],
  ['a#b c', ['a#b', 'c']],
  ['"#" b', ['#', 'b']],
  ['it"\'"s', ["it's"]],
  ["eth0:'*'", ['eth0:*']],
]

test('splits words and removes quotes as bash does', () => {
  for (const [line, expected] of AS_BASH) assert.equal(words(line), expected, line)
})

test('finds operators without blanks around them and digits of a redirection only at the start of a word', () => {
  assert.equal(words('a>b 2>/dev/null&'), ['a', '>', 'b', '2>', '/dev/null', '&'])
  assert.equal(words('p2>f 2>&1'), ['p2', '>', 'f', '2>&1'])
  assert.equal(
    tokenize('a|b').map(t => t.kind),
    ['word', 'operator', 'word'],
  )
})

test('gives the column of each token, from 1', () => {
  assert.equal(
    tokenize("ip  -n 'h 1' > f").map(t => t.column),
    [1, 5, 8, 14, 16],
  )
})

test('refuses what bash would expand and says where', () => {
  assert.equal(failure('a $b'), { column: 3, word: '$' })
  assert.equal(failure('a "x $b"'), { column: 6, word: '$' })
  assert.equal(failure('a `b`'), { column: 3, word: '`' })
  assert.equal(failure('a \\'), { column: 3, word: '\\' })
  assert.equal(failure('cd ~/x'), { column: 4, word: '~' })
  assert.equal(failure('a {b,c}'), { column: 3, word: '{b,c}' })
})

test('refuses a quote that stays open', () => {
  assert.equal(failure("a 'b"), { column: 3, word: "'" })
  assert.equal(failure('a "b'), { column: 3, word: '"' })
})

test.run()
