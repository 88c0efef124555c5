import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetloomError } from '../../lib/errors.js'
import { Lexer, type Token } from '../../lib/shell/lexer.js'
import { Source } from '../../lib/shell/source.js'
import { literalText } from '../../lib/shell/syntax.js'

const test = suite('shell/lexer')

const tokenize = (text: string, line = 1): Token[] => {
  const lexer = new Lexer(new Source(text, { firstLine: line }), () => ({ items: [] }))
  const tokens: Token[] = []
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) tokens.push(token)
  return tokens
}

const words = (text: string): (string | null)[] =>
  tokenize(text).map(t => (t.word === null ? t.text : literalText(t.word)))

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
  ['a\\ b \\$c', ['a b', '$c']],
  ['"\\$a \\`b\\`"', ['$a `b`']],
  ['a\\\nb c \\\n d', ['ab', 'c', 'd']],
  ['"a\\\nb"', ['ab']],
  ["'a\nb'", ['a\nb']],
  ['a$ "b$"', ['a$', 'b$']],
]

test('splits words and removes quotes as bash does', () => {
  for (const [line, expected] of AS_BASH) assert.equal(words(line), expected, line)
})

test('finds operators without blanks around them and digits of a redirection only at the start of a word', () => {
  assert.equal(words('a>b 2>/dev/null&'), ['a', '>', 'b', '2>', '/dev/null', '&'])
  assert.equal(words('p2>f 2>&1'), ['p2', '>', 'f', '2>&', '1'])
  assert.equal(words('a&&b||c;d'), ['a', '&&', 'b', '||', 'c', ';', 'd'])
  assert.equal(
    tokenize('a|b\n').map(t => t.kind),
    ['word', 'operator', 'word', 'newline'],
  )
})

test('gives line and column of each token, from 1', () => {
  assert.equal(
    tokenize("ip  -n 'h 1' > f\n b").map(t => [t.line, t.column]),
    [
      [1, 1],
      [1, 5],
      [1, 8],
      [1, 14],
      [1, 16],
      [1, 17],
      [2, 2],
    ],
  )
})

test('refuses what bash would expand and netloom does not, and says where', () => {
  assert.equal(failure('a $$'), { column: 3, word: '$$' })
  assert.equal(failure('a "x $0"'), { column: 6, word: '$0' })
  assert.equal(failure(`a ${'$'}{b@Q}`), { column: 3, word: `${'$'}{b@Q}` })
  assert.equal(failure(`a ${'$'}{b^^}`), { column: 3, word: `${'$'}{b^^}` })
  assert.equal(failure(`a ${'$'}{!b}`), { column: 3, word: `${'$'}{!b}` })
  assert.equal(failure(`a ${'$'}{b/#x/y}`), { column: 7, word: '#' })
  assert.equal(failure(`a ${'$'}{b`), { column: 3, word: '$' + '{' })
  assert.equal(failure("a $'b'"), { column: 3, word: "$'" })
  assert.equal(failure('a `b`'), { column: 3, word: '`' })
  assert.equal(failure('cd ~/x'), { column: 4, word: '~' })
  assert.equal(failure('a $((1+2)'), { column: 3, word: '$((' })
})

test('refuses a quote that stays open', () => {
  assert.equal(failure("a 'b"), { column: 3, word: "'" })
  assert.equal(failure('a "b'), { column: 3, word: '"' })
})

test.run()
