/**
 * The recorder and netloom beside the kernel that runs these tests: where it may make namespaces and has the tools, a
 * few short scenarios are recorded anew and must be what was recorded before, and what netloom leaves.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compareFiles } from './compare.js'
import { comparisonText } from './compare-text.js'
import { readFiles, readScript, SCENARIOS, SCRIPT } from './directory.js'
import { parseScenario } from './grammar.js'
import { dissectLine, runInNetloom } from './netloom.js'
import { recordScenario } from './recorder.js'
import { missingForRecording, toolsOf } from './requirements.js'
import { compareExits, judge, recordedExits } from './scenario-run.js'

const test = suite('conformance/live')

const NAMES: readonly string[] = ['veth-ping', 'bridge-learning', 'route-one-router']

const HEAD = '# title: t\n# shows: s\n# tags: a\n'

const withDir = async (check: (dir: string) => Promise<void>): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'netloom-live-'))
  try {
    await check(dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** Records a script of two header-less lines and returns why that failed. */
const failure = async (lines: string): Promise<string> => {
  let reason = ''
  await withDir(async dir => {
    const script = join(dir, SCRIPT)
    writeFileSync(script, HEAD + lines)
    try {
      await recordScenario(script, join(dir, 'out'))
    } catch (error) {
      reason = String(error)
    }
  })
  return reason
}

const scenarios = NAMES.map(name => parseScenario(readScript(join(SCENARIOS, name))))
const missing = missingForRecording(toolsOf(scenarios))

if (missing.length > 0) console.log(`SKIP conformance/live (${NAMES.join(', ')}): ${missing.join(', ')}`)
else {
  for (const name of NAMES) {
    test(`${name}: this kernel leaves what was recorded, and so does netloom`, () =>
      withDir(async dir => {
        const recorded = join(SCENARIOS, name)
        await recordScenario(join(recorded, SCRIPT), join(dir, name))
        const fresh = readFiles(join(dir, name))
        const again = compareFiles(readFiles(recorded), fresh)
        assert.ok(again.equal, comparisonText(again))
        assert.equal(compareExits(recordedExits(readFiles(recorded)), recordedExits(fresh)).differences, [])
        const { comparison, error } = judge(join(dir, name), runInNetloom(readScript(recorded)))
        assert.is(error, null)
        assert.ok(comparison.equal, comparisonText(comparison, { dissect: dissectLine }))
      }))
  }

  test('the recorder stops at a command that must succeed and does not, and says which', async () => {
    assert.match(
      await failure('ip netns add h1\nip -n h1 link set nope up\n'),
      /line 5: exit 1: ip -n h1 link set nope up/,
    )
    assert.is(await failure('ip netns add h1\n# may-fail\nip -n h1 link set nope up\n'), '')
  })

  test('the recorder refuses a capture that does not start', async () => {
    const lines = 'ip netns add h1\nip netns exec h1 tcpdump -i nope -w x.pcap &\n'
    assert.match(await failure(lines), /line 5: the capture did not start/)
  })
}

test('the recorder checks the grammar before it runs anything', async () => {
  assert.match(await failure('ip link add br0 type bridge\n'), /line 4: nothing happens in the root namespace/)
})

test.run()
