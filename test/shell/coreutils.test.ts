/**
 * cat, ls, mkdir, rm and tee answer as coreutils 9.1 did for the lines of test/data/coreutils.txt, in order, on an empty /tmp.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'

const test = suite('shell/coreutils')

const RECORDED = readFileSync(new URL('../data/coreutils.txt', import.meta.url), 'utf8')

test('every line is answered as recorded', () => {
  const world = createWorld()
  world.addNetns('h1')
  for (const entry of RECORDED.split(/^(?=\$ )/m)) {
    const [first = '', ...rest] = entry.trimEnd().split('\n')
    const line = first.slice(2)
    const [, printf = '', command = line] = /^(printf .*? \| )(.*)$/.exec(line) ?? ['', '', line]
    const errors = rest.filter(l => l.startsWith('! ')).map(l => l.slice(2))
    const output = rest.filter(l => !l.startsWith('! ') && !l.startsWith('= '))
    const { stdout, stderr, exits } = world.sh(`# may-fail\n${printf}ip netns exec h1 ${command}`)
    assert.equal(
      stdout.split('\n').filter((l, i, all) => l !== '' || i < all.length - 1),
      output,
      line,
    )
    assert.equal(
      stderr
        .trimEnd()
        .split('\n')
        .filter(l => l !== ''),
      errors,
      line,
    )
    assert.is(`= ${exits[0]?.exit ?? 0}`, rest.at(-1), line)
  }
})

test('pgrep and pkill find programs by name', () => {
  const world = createWorld()
  world.addNetns('h1')
  const { stdout, exits } = world.sh(`
    ip -n h1 link set lo up
    ip netns exec h1 nc -l 5 &
    ip netns exec h1 pgrep nc
    # may-fail
    ip netns exec h1 pgrep -x n
    ip netns exec h1 pkill -TERM nc
    # may-fail
    ip netns exec h1 pkill nc
    # may-fail
    ip netns exec h1 pkill
  `)
  assert.match(stdout, /^\d+\n$/)
  assert.equal(
    exits.map(e => e.exit),
    [1, 1, 2],
  )
})

// What procps 4.0.2 printed.
for (const { pattern, says } of [
  { pattern: '(', says: 'Unmatched ( or \\(' },
  { pattern: '[a', says: 'Unmatched [, [^, [:, [., or [=' },
  { pattern: '*', says: 'Invalid preceding regular expression' },
  { pattern: '[', says: 'Invalid regular expression' },
  { pattern: '[z-a]', says: 'Invalid range end' },
  { pattern: '[[:alpha:]-z]', says: 'Invalid range end' },
  { pattern: '[[:foo:]]', says: 'Invalid character class name' },
  { pattern: '(?:a)', says: 'Invalid preceding regular expression' },
  { pattern: 'a{x', says: 'Unmatched \\{' },
  { pattern: 'a{1,x}', says: 'Invalid content of \\{\\}' },
  { pattern: 'a{32768}', says: 'Regular expression too big' },
])
  test(`pgrep refuses the pattern ${pattern}`, () => {
    const world = createWorld()
    world.addNetns('h1')
    const { stderr, exits } = world.sh(`
      # may-fail
      ip netns exec h1 pgrep '${pattern}'
    `)
    assert.is(stderr, `pgrep: regex error: ${says}\n`)
    assert.is(exits[0]?.exit, 2)
  })

test('sysctl -r with a pattern that cannot be read finds no key and says nothing', () => {
  const world = createWorld()
  world.addNetns('h1')
  const { stdout, stderr } = world.sh(`
    ip netns exec h1 sysctl -a -r '['
    ip netns exec h1 sysctl -a -r '^net[.]ipv4[.]ip_forward$'
  `)
  assert.is(stdout, 'net.ipv4.ip_forward = 0\n')
  assert.is(stderr, '')
})

test.run()
