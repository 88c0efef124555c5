/** What ICMP errors do to connections in each state: 1,316 as Linux 6.18 took them. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { replayIcmp } from './replay-icmp.js'

const test = suite('ip/tcp/icmp')

test('an ICMP error does to a connection in each state what it does in Linux', () => {
  const replayed = replayIcmp(new URL('../../data/tcp/icmp.jsonl', import.meta.url))
  assert.is(replayed.count, 1316)
  assert.equal(replayed.differences, [])
})

test.run()
