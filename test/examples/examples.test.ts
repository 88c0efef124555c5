/**
 * The examples run, against the built package by its name, and print what they say.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compareFiles, figuresText } from '../conformance/compare.js'
import { readFiles } from '../conformance/directory.js'
import { runInNetloom } from '../conformance/netloom.js'
import { ROOT } from '../package/consumer.js'
import { exampleFiles, runExample, statedOutput } from './output.js'

const test = suite('examples')

/** Lines may lose blanks at their end in a comment. */
const trimmed = (text: string): string => text.replaceAll(/[ \t]+$/gm, '')

for (const file of exampleFiles())
  test(`${file} prints what it says (npm run examples writes it)`, () => {
    assert.is(trimmed(runExample(file)), statedOutput(file))
  })

/** Recorded by `npm run conformance:record` on Linux 6.18. */
const RECORDED = join(ROOT, 'test/data/examples/first-light')

test('first-light.sh leaves what it left on Linux 6.18', () => {
  const script = readFileSync(join(ROOT, 'examples/first-light.sh'), 'utf8')
  const run = runInNetloom(script)
  assert.is(run.error, null)
  const comparison = compareFiles(readFiles(RECORDED), run.files)
  assert.is(comparison.equal, true, figuresText(comparison))
})

test('the recorded script is first-light.sh without the capture that prints', () => {
  const own = readFileSync(join(ROOT, 'examples/first-light.sh'), 'utf8').split('\n# Output:\n')[0]!
  const lines = own.split('\n').filter(line => !line.includes('tcpdump -l'))
  assert.is(readFileSync(join(RECORDED, 'scenario.sh'), 'utf8').trimEnd(), lines.join('\n').trimEnd())
})

test.run()
