/**
 * The alignment that the figures count by.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { align } from './align.js'

const test = suite('conformance/align')

/** Length of a longest common subsequence, by trying everything. */
const longest = (x: string, y: string): number => {
  if (x === '' || y === '') return 0
  if (x[0] === y[0]) return 1 + longest(x.slice(1), y.slice(1))
  return Math.max(longest(x.slice(1), y), longest(x, y.slice(1)))
}

test('pairs equal elements in order, as many as possible', () => {
  for (const [x, y] of [
    ['abcdef', 'abcdef'],
    ['abcdef', 'abdcef'],
    ['abcabba', 'cbabac'],
    ['aaaa', 'aa'],
    ['', 'abc'],
    ['abc', 'xyz'],
    ['xaxbxc', 'abcabc'],
  ] as const) {
    const pairs = align([...x], [...y])
    assert.is(pairs.length, longest(x, y), `${x} and ${y}`)
    for (const [n, [i, j]] of pairs.entries()) {
      assert.is(x[i], y[j])
      if (n > 0) assert.ok(i > pairs[n - 1]![0] && j > pairs[n - 1]![1])
    }
  }
})

test('leaves an element of the recording out first when both would do', () => {
  assert.equal(align(['a', 'b'], ['b', 'a']), [[1, 0]])
})

test('finds a null equal to nothing, not even to another null', () => {
  assert.equal(align(['a', null, 'b'], ['a', null, 'b']), [
    [0, 0],
    [2, 2],
  ])
})

test('compares very long lists place by place', () => {
  const list = Array.from({ length: 2100 }, (_, n) => `line ${n}`)
  const shifted = ['first', ...list.slice(0, -1)]
  assert.is(align(list, shifted).length, 0)
  assert.is(align(list.slice(0, 1900), shifted.slice(0, 1900)).length, 1899)
})

test.run()
