/**
 * What the published package contains, and whether the checkers of packages are content with it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filesOf } from '../meta/sources.js'
import { consumer, ROOT, run } from './consumer.js'

/** Everything but what is compiled. */
const OTHER_FILES = ['CHANGELOG.md', 'LICENSE', 'README.md', 'lib/DIFFERENCES.md', 'package.json']

/** The doors of the package; another one is a decision, not an accident. */
const DOORS = ['.', './capture', './package.json', './shell', './sim', './test', './wire']

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  exports: Record<string, { types: string; default: string } | string>
  bin: Record<string, string>
}

const test = suite('package/tarball')

test('holds the sources, four files for each of them, and nothing else', () => {
  const sources = filesOf('lib', ['.ts'])
  const compiled = sources
    .filter(path => !path.endsWith('.d.ts'))
    .map(path => path.replace(/^lib\//, 'dist/').replace(/\.ts$/, ''))
    .flatMap(path => [`${path}.d.ts`, `${path}.d.ts.map`, `${path}.js`, `${path}.js.map`])
  assert.equal(consumer().files, [...compiled, ...sources, ...OTHER_FILES].sort())
})

test('its doors are these, types first', () => {
  assert.equal(Object.keys(manifest.exports).sort(), DOORS)
  for (const [door, target] of Object.entries(manifest.exports))
    if (typeof target !== 'string') assert.is(Object.keys(target).join(), 'types,default', door)
})

test('publint has nothing to say', async () => {
  const { messages, pkg } = await publint({ pkgDir: ROOT, strict: true, level: 'suggestion' })
  assert.equal(
    messages.map(message => formatMessage(message, pkg)),
    [],
  )
})

test('arethetypeswrong has nothing to say (profile esm-only)', () => {
  const attw = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js')
  const report = run(process.execPath, [attw, consumer().tarball, '--profile', 'esm-only', '--no-emoji'], ROOT)
  // It leaves with a status of 1 when it has found a problem; the doors that it looked at stand in its report.
  for (const door of ['netloom', 'netloom/wire', 'netloom/test']) assert.match(report, `"${door}"`)
})

test.run()
