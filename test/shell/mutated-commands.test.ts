/**
 * Command lines of the transcripts with words left out, doubled, exchanged: whatever is typed, a command ends with an exit
 * status or is refused, and nothing else is thrown.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type World } from '../../lib/index.js'

const test = suite('shell/mutated-commands')

const FOLDER = new URL('../data/shell/', import.meta.url)
const LINES = 4000
const LINES_PER_WORLD = 500

const COMMANDS: readonly string[][] = readdirSync(FOLDER)
  .sort()
  .flatMap(name => readFileSync(new URL(name, FOLDER), 'utf8').split('\n'))
  .filter(line => /^\$ (ip|bridge) -n h1/.test(line))
  .map(line => line.slice(2).split(' '))

const WORDS: readonly string[] = [...new Set(COMMANDS.flatMap(words => words.slice(3)))]

const SETUP = `ip netns add h1
ip netns add h2
ip -n h1 link set lo up
ip -n h1 link add eth0 type veth peer name eth0 netns h2
ip -n h1 link add br0 type bridge
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h1 addr add 10.0.0.1/24 dev eth0`

/** Numbers below `n` from a seed. */
const random = (seed: number): ((n: number) => number) => {
  let state = seed
  return n => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >> 8) % n
  }
}

const mutate = (words: string[], draw: (n: number) => number): void => {
  const at = 3 + draw(Math.max(1, words.length - 3))
  const other = 3 + draw(Math.max(1, words.length - 3))
  const kind = draw(4)
  if (kind === 0) words.splice(at, 1)
  else if (kind === 1) words.splice(at, 0, WORDS[draw(WORDS.length)]!)
  else if (kind === 2) words[at] = WORDS[draw(WORDS.length)]!
  else if (at < words.length && other < words.length) [words[at], words[other]] = [words[other]!, words[at]!]
}

const newWorld = (): World => {
  const world = createWorld()
  world.sh(SETUP)
  return world
}

test('no line makes a command throw anything but a refusal', () => {
  const seed = 20251125
  const draw = random(seed)
  let world = newWorld()
  let succeeded = 0
  for (let i = 0; i < LINES; i++) {
    if (i % LINES_PER_WORLD === 0) world = newWorld()
    const words = [...COMMANDS[draw(COMMANDS.length)]!]
    for (let n = draw(4); n > 0; n--) mutate(words, draw)
    const line = words.join(' ')
    const { error, ok } = world.sh(line, { mayFail: true, tailNs: 0, commandNs: 0 })
    if (ok) succeeded++
    else assert.ok(['EIO', 'EGRAMMAR', 'EOPNOTSUPP'].includes(error!.code), `seed ${seed}: ${line}: ${error}`)
  }
  assert.ok(succeeded > LINES / 10, `only ${succeeded} of ${LINES} lines were right`)
})

test.run()
