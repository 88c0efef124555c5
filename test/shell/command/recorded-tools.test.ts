/**
 * Commands against what the real tools printed for the same commands on the same hosts (test/data/tools).
 *
 * Times that a real machine needs are masked: round trips, the sums over them, ages and timers of a bridge.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type World } from '../../../lib/index.js'
import { labScript, readToolRuns, toolFiles, type ToolRun, toolRunsText } from './tool-record.js'

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/time=[\d.]+ ms/g, 'time=T ms'],
  [/= [\d.]+\/[\d.]+\/[\d.]+\/[\d.]+ ms/g, '= T ms'],
  [/, time \d+ms/g, ', time T'],
  [/ipg\/ewma [\d.]+\/[\d.]+ ms/g, 'ipg/ewma T'],
  [/ [\d.]+ms$/gm, ' Tms'],
  [/(\tno\t\t) +\d+\.\d\d$/gm, '$1T'],
  [/((?:gc|hello|forward delay|hold|message age) timer\t+) *\d+\.\d\d/g, '$1T'],
]

const masked = (run: ToolRun): ToolRun => ({
  ...run,
  stdout: MASKS.reduce((text, [from, to]) => text.replace(from, to), run.stdout),
})

/** Runs one command in netloom as the shell does. */
const runHere = (world: World, { command }: ToolRun): ToolRun => {
  const script = `# may-fail\n${command.replace(' </dev/null', '')}\n`
  const { error, exits, stdout, stderr } = world.sh(script, { mayFail: true, tailNs: 0 })
  const refused = error === null ? '' : `netloom: ${error.message}\n`
  return { command, stdout, stderr: stderr + refused, exit: exits[0]?.exit ?? 0 }
}

const test = suite('shell/recorded-tools')

for (const name of toolFiles()) {
  test(`${name.replace('.txt', '')} prints and ends as the real tool did`, () => {
    const world = createWorld()
    world.sh(labScript(), { tailNs: 0 })
    for (const recorded of readToolRuns(name)) {
      const here = runHere(world, recorded)
      assert.fixture(toolRunsText('', [masked(here)]), toolRunsText('', [masked(recorded)]), recorded.command)
    }
  })
}

test('files of all tools are there', () => {
  assert.ok(toolFiles().length >= 8)
})

test.run()
