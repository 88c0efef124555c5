/**
 * The list of deliberate differences is complete, and the README tells how many there are.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DIFFERENCES, differencesText, findDifferences } from './differences.js'
import { ROOT } from './sources.js'

const test = suite('meta/differences')

test(`${DIFFERENCES} lists every DIFFERS comment (npm run differences writes it)`, () => {
  assert.is(readFileSync(join(ROOT, DIFFERENCES), 'utf8'), differencesText(findDifferences()))
})

test('the README links to the list', () => {
  assert.match(readFileSync(join(ROOT, 'README.md'), 'utf8'), `](${DIFFERENCES})`)
})

test.run()
