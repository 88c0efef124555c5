/** Every rule that the real tool printed with -S, in the recorded transcripts, is read and printed again as it was. */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'

const test = suite('shell/iptables-round-trip')

const FILES = ['iptables-extensions.txt', 'iptables-random.txt', 'iptables-policy.txt']

/** Rules printed by `iptables [-t TABLE] -S`, by table. */
const printedRules = (name: string): Map<string, Set<string>> => {
  const rules = new Map<string, Set<string>>()
  const text = readFileSync(new URL(`../data/shell/${name}`, import.meta.url), 'utf8')
  for (const entry of text.split(/^\$ /m)) {
    const [command = '', ...lines] = entry.split('\n')
    const table = /iptables(?: -t (\w+))? -S/.exec(command)
    if (table === null) continue
    const all = rules.get(table[1] ?? 'filter') ?? new Set()
    rules.set(table[1] ?? 'filter', all)
    for (const line of lines) if (line.startsWith('-A ')) all.add(line)
  }
  return rules
}

/** What the tool prints and does not read again as it was: empty and unquoted names, negative numbers. */
const UNREADABLE: readonly RegExp[] = [
  /--physdev-in {2}/,
  /--name [^-]* [^-]/,
  /seconds -|hitcount -/,
  /--log-prefix "a"b"/,
]

for (const name of FILES)
  test(`${name}: what -S prints can be typed again`, () => {
    for (const [table, rules] of printedRules(name)) {
      const world = createWorld()
      world.sh('ip netns add q')
      const iptables = (words: string): string =>
        world.sh(`ip netns exec q iptables -t ${table} ${words}`, { tailNs: 0 }).stdout
      const typed = [...rules].filter(rule => !UNREADABLE.some(pattern => pattern.test(rule)))
      assert.ok(typed.length > 3)
      for (const rule of typed) {
        const chain = /^-A (\S+)/.exec(rule)![1]!
        if (!/^(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/.test(chain)) continue
        iptables(rule)
        assert.is(iptables(`-S ${chain}`).split('\n')[1], rule)
        iptables(`-D ${rule.slice(3)}`)
      }
    }
  })

test.run()
