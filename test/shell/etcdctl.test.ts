/**
 * etcdctl and etcd answer as etcdctl 3.4.23 did with etcd 3.4.23 for the lines of test/data/etcdctl.txt, in order, on an
 * empty store. Times and identifiers of clients and leases are other ones each time. The keys of a lease come in any order.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'

const test = suite('shell/etcdctl')

const RECORDED = readFileSync(new URL('../data/etcdctl.txt', import.meta.url), 'utf8')

/** Lease ids of a text in the order in which they come, in hexadecimal. */
const leasesIn = (text: string): string[] => [
  ...(text.match(/\b694d[0-9a-f]{12}\b/g) ?? []),
  ...[...text.matchAll(/(?:"(?:ID|id|lease)":|"(?:ID|Lease)" : )(758\d{16})/g)].map(m => BigInt(m[1]!).toString(16)),
]

/** Puts names in the place of what is another one each time. */
class Names {
  readonly ids: string[] = []

  learn(text: string): void {
    for (const id of leasesIn(text)) if (!this.ids.includes(id)) this.ids.push(id)
  }

  mask(text: string): string {
    let masked = text.replace(/"ts":"[^"]*"/g, '"ts":"TIME"').replace(/client-[0-9a-f-]{36}/g, 'client-UUID')
    // How much time has passed is another matter.
    masked = masked.replace(/(remaining\(|"ttl":|"TTL" : )9\d(?!\d)/g, '$1LEFT')
    masked = masked.replace(/(took = |"took":"|"Took" : )[\d.]+[nµm]?s/g, '$1TIME')
    for (const [i, id] of this.ids.entries())
      masked = masked.replaceAll(id, `LEASE${i}`).replaceAll(String(BigInt(`0x${id}`)), `LEASE${i}`)
    return masked
  }
}

/** Sorts the lines of a lease's keys. */
const sortKeys = (lines: string[]): string[] => {
  const at = lines.findIndex(line => line.startsWith('"GrantedTTL"'))
  return at < 0 ? lines : [...lines.slice(0, at + 1), ...lines.slice(at + 1).sort()]
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

test('every line is answered as recorded', () => {
  const world = createWorld()
  world.sh(`
    ip netns add h1
    ip -n h1 link set lo up
    ip netns exec h1 etcd --data-dir /var/lib/etcd &
  `)
  const real = new Names()
  const own = new Names()
  for (const entry of RECORDED.split(/^(?=\$ )/m)) {
    const [first = '', ...rest] = entry.replace(/\n$/, '').split('\n')
    let line = first.slice(2)
    real.learn(entry)
    for (const [i, id] of real.ids.entries()) if (own.ids[i] !== undefined) line = line.replaceAll(id, own.ids[i])
    const [, printf = '', command = line] = /^(printf .*? \| )(.*)$/.exec(line) ?? ['', '', line]
    if (/^etcdctl get k1$/.test(command) && rest.some(l => l.includes('TransientFailure')))
      world.sh('ip netns exec h1 pkill -KILL -x etcd')
    const isWatch = command.startsWith('timeout 2 ')
    const script = `${printf}ip netns exec h1 ${command.replace('timeout 2 ', '')}${isWatch ? ' &\nsleep 2' : ''}`
    const { stdout, stderr, exits } = world.sh(`# may-fail\n${script}`)
    own.learn(stdout)
    const output = rest.filter(l => !l.startsWith('! ') && !l.startsWith('= '))
    assert.equal(
      sortKeys(linesOf(own.mask(stdout))),
      sortKeys(linesOf(real.mask(output.map(l => `${l}\n`).join('')))),
      line,
    )
    const errors = rest.filter(l => l.startsWith('! ')).map(l => l.slice(2))
    assert.equal(linesOf(own.mask(stderr)), linesOf(real.mask(errors.map(l => `${l}\n`).join(''))), line)
    if (!isWatch) assert.is(`= ${exits[0]?.exit ?? 0}`, rest.at(-1), line)
  }
})

test.run()
