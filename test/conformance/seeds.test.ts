/**
 * What a seed decides: the same one gives the same bytes, another one changes only what the kernel chooses at random,
 * which is what the masks of the comparison cover.
 */
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compareFiles, figuresText } from './compare.js'
import { MUST_BE_EQUAL, readFiles, readNameList, readScript, SCENARIOS } from './directory.js'
import { runWithSeed } from './netloom.js'

const test = suite('conformance/seeds')

const NAMES = readNameList(MUST_BE_EQUAL)
const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex')

test('the same seed gives the same bytes, twice', () => {
  for (const name of NAMES) {
    const script = readScript(join(SCENARIOS, name))
    const [first, second] = [runWithSeed(script, 7), runWithSeed(script, 7)]
    assert.equal([...second.files.keys()], [...first.files.keys()], name)
    for (const [file, bytes] of first.files) assert.is(hex(second.files.get(file)!), hex(bytes), `${name}/${file}`)
  }
})

test('another seed gives other bytes, and what the kernel left all the same', () => {
  let changed = 0
  for (const name of NAMES) {
    const dir = join(SCENARIOS, name)
    const script = readScript(dir)
    const other = runWithSeed(script, 20261124)
    const comparison = compareFiles(readFiles(dir), other.files)
    assert.ok(comparison.equal, `${name}: ${figuresText(comparison)}`)
    const first = runWithSeed(script, 7)
    if ([...first.files].some(([file, bytes]) => hex(other.files.get(file)!) !== hex(bytes))) changed++
  }
  assert.ok(changed > NAMES.length / 2, `only ${changed} of ${NAMES.length} changed`)
})

test.run()
