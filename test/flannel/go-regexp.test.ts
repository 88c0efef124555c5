/**
 * Patterns of Go: what Go's regexp package makes of right and wrong ones.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compileGoRegexp } from '../../lib/flannel/go-regexp.js'

const test = suite('flannel/go-regexp')

/** Texts that each pattern was tried on, in the order of the answers. */
const TEXTS = ['eth0', 'eth1', '192.168.99.11', '10.9.0.5', 'ETH0', 'a-b', 'flannel.1', '', 'x{2}', 'p]q', 'a_b']
/** Go counts repetitions within repetitions. */
const LEFT_OUT = ['(a{100}){100}']

const ROWS = readFileSync(new URL('../data/flannel/go/regexp.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as [pattern: string, isRight: boolean, answer: string])

const answer = (pattern: string): string => {
  try {
    const regexp = compileGoRegexp(pattern)
    return TEXTS.map(text => (regexp.test(text) ? '1' : '0')).join('')
  } catch (e) {
    return (e as Error).message
  }
}

test('each pattern matches, or is refused with the words, as in Go', () => {
  assert.is(ROWS.length, 144)
  const wrong = ROWS.filter(([pattern, , want]) => !LEFT_OUT.includes(pattern) && answer(pattern) !== want)
  assert.ok(wrong.length === 0, wrong.map(([p, , want]) => `${p}\n  Go:   ${want}\n  here: ${answer(p)}`).join('\n'))
})

test.run()
