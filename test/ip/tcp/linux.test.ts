/**
 * TCP against Linux: the answer to one segment in every state, and longer conversations (test/data/tcp). The names in
 * test/data/tcp/must-be-equal.txt must be equal; `node --import tsx test/ip/tcp/linux.ts` shows the others.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { differenceOf, readAnswerSets } from './replay-answers.js'
import { holdTalk, readTalks } from './replay-talks.js'
import { SegmentText } from './segment-text.js'
import { loadTcp } from './sockets.js'

const test = suite('ip/tcp/linux')

const NAMES = readFileSync(new URL('../../data/tcp/must-be-equal.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))

const sets = readAnswerSets()
const talks = readTalks()
const calls = await loadTcp()

test('the recordings cover every state, and every name of the list has one', () => {
  const states = new Set(sets.map(({ setup }) => setup.setup.split('-')[0]))
  for (const state of 'CLOSED LISTEN SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT'.split(
    ' ',
  ))
    assert.ok(states.has(state), state)
  assert.ok(sets.reduce((n, { cases }) => n + cases.length, 0) >= 8000)
  assert.ok(talks.length >= 100)
  const known = new Set([
    ...sets.map(({ setup }) => `answers ${setup.setup}`),
    ...talks.map(({ name }) => `talk ${name}`),
  ])
  assert.equal(
    NAMES.filter(name => !known.has(name)),
    [],
  )
})

test('the text of every recorded segment of a peer makes a packet', () => {
  for (const { setup, cases } of sets) {
    const text = new SegmentText(7000, 1024, setup.isn, 'star')
    for (const c of cases) assert.is(text.packet(c.in)[0], 0x45)
  }
})

if (calls !== null) {
  for (const { setup, cases } of sets) {
    if (!NAMES.includes(`answers ${setup.setup}`)) continue
    test(`${setup.setup}: ${cases.length} segments have the answers of Linux`, () => {
      for (const c of cases) assert.is(differenceOf(calls, setup, c), '', `${setup.setup} < ${c.in}`)
    })
  }
  for (const talk of talks) {
    if (!NAMES.includes(`talk ${talk.name}`)) continue
    test(`${talk.about} (${talk.name}): goes as with Linux`, () => {
      const { difference, infoDifferences } = holdTalk(calls, talk)
      assert.is(difference, '')
      assert.equal(infoDifferences, [])
    })
  }
}

test.run()
