/**
 * What a host answers to single segments in each state: 8,293 as Linux 6.18 answered them, with what the program sees and
 * what comes of the connection.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { replayAnswers, replayIcmp } from './replay.js'

const test = suite('ip/tcp/answers')

const FOLDER = new URL('../../data/tcp/answers/', import.meta.url)

const STATES: readonly (readonly [string, number])[] = [
  ['closed', 311],
  ['listen', 327],
  ['syn-sent', 442],
  ['syn-recv', 1178],
  ['time-wait', 705],
]

for (const [state, count] of STATES)
  test(`answers ${count} segments in the state ${state} as Linux does`, () => {
    const replayed = replayAnswers(new URL(`${state}.jsonl`, FOLDER))
    assert.is(replayed.count, count)
    assert.equal(replayed.differences, [])
  })

test('an ICMP error does to a connection in each state what it does in Linux', () => {
  const replayed = replayIcmp(new URL('../icmp.jsonl', FOLDER))
  assert.is(replayed.count, 1316)
  assert.equal(replayed.differences, [])
})

test.run()
