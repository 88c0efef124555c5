/**
 * Durations and points of time against what Go's time package prints.
 *
 * @see Go time/time_test.go TestDurationString
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { goDuration, goTime, parseGoDuration } from '../../lib/app/go-time.js'

const test = suite('app/go-time')

const DURATIONS: readonly (readonly [string, number])[] = [
  ['0s', 0],
  ['1ns', 1],
  ['1.1µs', 1100],
  ['2.2ms', 2_200_000],
  ['3.3s', 3_300_000_000],
  ['4m5s', 245e9],
  ['4m5.001s', 245_001e6],
  ['5h6m7.001s', 18_367_001e6],
  ['8m0.000000001s', 480_000_000_001],
]

for (const [text, ns] of DURATIONS)
  test(`${ns} ns is ${text}`, () => {
    assert.is(goDuration(ns), text)
    assert.is(goDuration(-ns), ns === 0 ? text : `-${text}`)
    assert.is(parseGoDuration(text), ns)
  })

test('a text that is no duration is refused', () => {
  for (const text of ['', '3', 's', '1 s', '1x']) assert.is(parseGoDuration(text), null, text)
})

test('a point of time before the start of the program has its distance with a minus', () => {
  assert.is(goTime(2_500_000_000, 1_000_000_000), '1970-01-01 00:00:02.5 +0000 UTC m=+1.500000000')
  assert.is(goTime(33_230_000_000, 34_230_000_000), '1970-01-01 00:00:33.23 +0000 UTC m=-1.000000000')
})

test.run()
