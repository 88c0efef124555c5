/**
 * netloom against the recordings: every scenario of must-be-equal.txt leaves the captures and state files that the
 * kernel left, and none of the list is lost.
 */
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { figuresText } from './compare.js'
import { differenceText } from './compare-text.js'
import { findScenarios, MUST_BE_EQUAL, readNameList, SCENARIOS, scenarioName } from './directory.js'
import { dissectLine, runInNetloom } from './netloom.js'
import { judge, runScenario } from './scenario-run.js'

const test = suite('conformance')

const NAMES = readNameList(MUST_BE_EQUAL)

/** Kinds of scenario of which every one must be equal. */
const KINDS =
  /^(arp|bridge|broadcast|docker|flannel|forwarding|gratuitous|icmp-error|link-up|neigh|nf|ping|proxy-arp|route|source|udp|veth|vxlan)-/

for (const name of NAMES) {
  test(`${name} leaves what the kernel left`, async () => {
    const dir = join(SCENARIOS, name)
    const outcome = judge(dir, await runScenario(dir, runInNetloom))
    if (outcome.equal) return
    const lines = differenceText(outcome.comparison, { dissect: dissectLine })
    const stopped = outcome.error === null ? [] : [`stopped: ${outcome.error}`]
    assert.unreachable([figuresText(outcome.comparison), ...stopped, ...lines].join('\n'))
  })
}

test('every name of the list has a recording, once', () => {
  const known = new Set(findScenarios(SCENARIOS).map(scenarioName))
  assert.equal(
    NAMES.filter(name => !known.has(name)),
    [],
  )
  assert.is(new Set(NAMES).size, NAMES.length)
})

/** Scenarios of these kinds that need what netloom does not have yet. */
const LATER: ReadonlyMap<string, string> = new Map([
  ['bridge-stp-states', 'a spanning tree'],
  ['route-multipath-dead', 'routes with several next hops'],
  ['route-throw-rules', 'ip rule add'],
])

test('the list holds every scenario of the kinds that must be equal', () => {
  const due = findScenarios(SCENARIOS)
    .map(scenarioName)
    .filter(name => KINDS.test(name))
  assert.equal(
    due.filter(name => !NAMES.includes(name)),
    [...LATER.keys()],
  )
})

test('no recording and no name of the list is lost', () => {
  assert.ok(findScenarios(SCENARIOS).length >= 840)
  assert.ok(NAMES.length >= 822)
})

test.run()
