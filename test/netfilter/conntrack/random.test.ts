/**
 * Random packets through a router that tracks connections: after each of them the state that rules see and the entry are
 * those that Linux 6.18 had. Recorded with test/data/netfilter/record-conntrack.py; 18,000 connections were compared so.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Recorded, Router, sameEntries } from './replay.js'

const test = suite('netfilter/conntrack/random')

const LINES = readFileSync(new URL('../../data/netfilter/conntrack-random.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')

test(`says of ${LINES.length} random connections what Linux says, packet by packet (nf_conntrack_in)`, () => {
  const router = new Router()
  LINES.forEach((line, n) => {
    const { set, steps }: Recorded = JSON.parse(line)
    router.set(set)
    steps.forEach(([dir, packet, state, entries], i) => {
      const place = `line ${n + 1} packet ${i + 1}`
      assert.is(router.send(dir, packet), state, `${place}: state`)
      const ours = router.entries()
      assert.ok(sameEntries(entries, ours), `${place}: ${JSON.stringify(ours)} is not ${JSON.stringify(entries)}`)
    })
    router.set(set, true)
    router.world.netns('r').conntrack.flush()
  })
  assert.is(router.kernel.accounting().alive, 0)
})

test.run()
