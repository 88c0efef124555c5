/**
 * The judge against figures of another one: test/data/conformance-verdicts.txt holds what the judge published with the
 * recordings says about recordings changed at random.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compareFiles, figuresText } from './compare.js'
import { findScenarios, readFiles, SCENARIOS, scenarioName } from './directory.js'
import { mutatedCase, ownVerdict, shortText } from './mutated-case.js'

const test = suite('conformance/verdicts')

const CASES = readFileSync(join(SCENARIOS, '../conformance-verdicts.txt'), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))

test('gives the published figures for recordings changed at random', () => {
  assert.ok(CASES.length >= 300)
  for (const line of CASES) {
    const [, number, name] = /^(\d+) ([^:]+): /.exec(line)!
    const verdict = ownVerdict(mutatedCase(Number(number), join(SCENARIOS, name!)))
    assert.is(`${number} ${name}: ${shortText(verdict)}`, line)
  }
})

test('finds every recording equal to itself, all frames and files of it', () => {
  const dirs = findScenarios(SCENARIOS)
  assert.ok(dirs.length >= 178)
  for (const dir of dirs) {
    const files = readFiles(dir)
    const comparison = compareFiles(files, files)
    assert.ok(comparison.equal, `${scenarioName(dir)}: ${figuresText(comparison)}`)
    assert.is(comparison.framesEqual, comparison.framesTotal)
    assert.is(comparison.filesEqual, comparison.filesTotal)
  }
})

test.run()
