/**
 * Addresses that the health server can't listen on, with what flanneld v0.20.2 says of them.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type FlanneldOptions, ms } from '../../lib/index.js'

const test = suite('flannel/healthz')

/** What a daemon with these options logs behind `healthz server`, and its exit status. */
const logged = (options: FlanneldOptions): { lines: string[]; exitStatus: number | null } => {
  const world = createWorld({ seed: 1 })
  const h1 = world.addNetns('h1')
  h1.link.set('lo', { up: true })
  const flanneld = h1.flanneld(options)
  world.run({ for: ms(100) })
  const { errorText, exitStatus } = flanneld
  return {
    lines: [...errorText.matchAll(/(?:healthz server (?:error\. )?|^panic: )(.*)/gm)].map(m => m[1]!),
    exitStatus,
  }
}

test('a port that is none ends the daemon, as recorded', () => {
  const why = 'listen tcp: address 70000: invalid port'
  assert.equal(logged({ healthzPort: 70000 }), { lines: ['on 0.0.0.0:70000', why, why], exitStatus: 2 })
})

test('an address that is not there ends the daemon, as recorded', () => {
  const why = 'listen tcp 1.2.3.4:8080: bind: cannot assign requested address'
  const { lines, exitStatus } = logged({ healthzIp: '1.2.3.4', healthzPort: 8080 })
  assert.equal(lines, ['on 1.2.3.4:8080', why, why])
  assert.is(exitStatus, 2)
})

test('names are not known, and IPv6 is refused by name', () => {
  assert.is(logged({ healthzIp: 'foo', healthzPort: 8080 }).lines[1], 'listen tcp: lookup foo: no such host')
  const { lines } = logged({ healthzIp: '::1', healthzPort: 8080 })
  assert.equal(lines.slice(0, 2), ['on [::1]:8080', 'listen tcp [::1]:8080: netloom has IPv4 only'])
})

test('without an address it listens on all', () => {
  assert.equal(logged({ healthzIp: '', healthzPort: 8080 }), { lines: ['on :8080'], exitStatus: null })
})

test.run()
