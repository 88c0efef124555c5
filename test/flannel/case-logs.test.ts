/**
 * What the daemons of recorded clusters have logged: whole logs, and what came during each event. The traffic between the
 * events is left out where it leaves no line.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { replayCase } from '../conformance/case/replay.js'
import { readTree } from '../conformance/directory.js'
import { firstDifference, maskedLines } from './edge-transcript.js'

const test = suite('flannel/case-logs')

const DATA = fileURLToPath(new URL('../data/flannel/', import.meta.url))
/** Recorded clusters with their numbers of log files. */
const CASES: readonly (readonly [name: string, files: number])[] = [
  ['alloc', 2],
  ['host-gw', 22],
  ['udp', 22],
  ['vxlan', 22],
  ['vxlan-directrouting', 3],
  ['vxlan-vni7-port4789', 3],
]

const decode = (octets: Uint8Array): string => new TextDecoder().decode(octets)

/** A recorded cluster without its traffic, of which only the proxy of udp says a word. */
const withoutTraffic = (name: string): string => {
  const recorded = JSON.parse(readFileSync(join(DATA, 'cases', name, 'case.json'), 'utf8')) as {
    timeline: Readonly<Record<string, unknown>>[]
  }
  return JSON.stringify({ ...recorded, timeline: recorded.timeline.filter(entry => name === 'udp' || !('step' in entry)) })
}

/**
 * The lines of each run of a daemon, which its options begin. A store that has come back gives each lease its whole time and
 * one second more; whether that second is still there depends on when the connection is up again, which chance decides.
 */
const runsOf = (text: string): string[] => text.split(/^(?=.*CLI flags config)/m).flatMap(run => [...maskedLines(run.replace(/22h59m5[789](\.\d+)?s/g, '22h59m59s')), '--'])

for (const [name, files] of CASES)
  test(`${name}: each daemon logs what the real one logged`, () => {
    const recorded = readTree(join(DATA, 'logs', name))
    const { error, files: written } = replayCase(withoutTraffic(name))
    assert.is(error, null)
    assert.is(recorded.size, files)
    const wrong = [...recorded].flatMap(([file, octets]) => {
      const got = runsOf(decode(written.get(file) ?? new Uint8Array()))
      const difference = firstDifference(got, runsOf(decode(octets)))
      return difference === null ? [] : [`${file}, ${difference}`]
    })
    assert.ok(wrong.length === 0, wrong.join('\n'))
    // No daemon has logged during an event in which the real one did not.
    const more = [...written.keys()].filter(file => file.endsWith('.flanneld.log') && !recorded.has(file))
    assert.equal(more, [])
  })

test.run()
