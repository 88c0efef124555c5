/**
 * Messages name the version that the package has.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { VERSION } from '../../lib/index.js'

const test = suite('lab/version')

test('VERSION is the version of package.json', () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
  assert.is(VERSION, manifest.version)
})

test.run()
