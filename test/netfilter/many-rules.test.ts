/**
 * Large tables: what takes the tools a moment on a real host takes a moment here.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'

const test = suite('netfilter/many-rules')

const COUNT = 10_000

const rule = (n: number): string =>
  [
    `-s 172.16.${(n >> 6) & 255}.${(n & 63) << 2}/30 -j DROP`,
    `-p udp -m udp --dport ${10_000 + n} -j ACCEPT`,
    `-i tun${n % 100} -j ACCEPT`,
    `-p tcp -m tcp --dport ${1 + n} -m conntrack --ctstate NEW -j ACCEPT`,
    `-d 192.168.1.1/32 -m comment --comment r${n} -j CHAIN${n % 10}`,
  ][n % 5]!

/** Seconds of the processor, which do not depend on what else the machine does. */
const cpu = <T>(fn: () => T): { readonly seconds: number; readonly result: T } => {
  const before = process.cpuUsage()
  const result = fn()
  const { user, system } = process.cpuUsage(before)
  return { seconds: (user + system) / 1e6, result }
}

test('10,000 rules are loaded and printed promptly, and come back as they were', () => {
  const world = createWorld()
  world.sh('ip netns add r')
  const chains = Array.from({ length: 10 }, (_, n) => `:CHAIN${n} - [0:0]`)
  const builtin = ['INPUT', 'FORWARD', 'OUTPUT'].map(name => `:${name} ACCEPT [0:0]`)
  const rules = Array.from({ length: COUNT }, (_, n) => `-A FORWARD ${rule(n)}`)
  const text = ['*filter', ...builtin, ...chains, ...rules, 'COMMIT', '']
  const load = cpu(() => world.sh(`printf '${text.join('\\n')}' | ip netns exec r iptables-restore`))
  assert.is(load.result.error, null)
  const save = cpu(() => world.sh('ip netns exec r iptables-save').stdout)
  assert.is(
    save.result
      .split('\n')
      .filter(line => !line.startsWith('#'))
      .join('\n'),
    text.join('\n'),
  )
  // Compiled, it is a third of a second and a tenth; what grows with the square of the rules takes minutes.
  assert.ok(load.seconds < 5, `loading took ${load.seconds} s`)
  assert.ok(save.seconds < 2, `printing took ${save.seconds} s`)
})

test.run()
