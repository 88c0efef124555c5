/**
 * The subnet file: what flannel's reader makes of files, and what is written.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fsOf } from '../../lib/fs/file-system.js'
import { createWorld } from '../../lib/index.js'
import { parseEnvFile, writeSubnetFile } from '../../lib/flannel/subnet-file.js'

const test = suite('flannel/subnet-file')

const ROWS = readFileSync(new URL('../data/flannel/go/env.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as [kind: string, text: string, result: string, values: Record<string, string> | string])

test('each file is read as by flannel itself', () => {
  assert.is(ROWS.length, 47)
  for (const [, text, result, want] of ROWS) {
    const got = parseEnvFile(text)
    if (result === 'error') assert.is(got, null, JSON.stringify(text))
    else assert.equal(Object.fromEntries(got ?? [['refused', '']]), want, JSON.stringify(text))
  }
})

const files = () => {
  const world = createWorld()
  return fsOf(world.addNetns('h1').kernel)
}

test('the file is written beside its place and moved there, its directories made', () => {
  const fs = files()
  writeSubnetFile(fs, '/run/flannel/subnet.env', 'A=1\n')
  writeSubnetFile(fs, '/run/flannel/subnet.env', 'A=2\n')
  assert.is(new TextDecoder().decode(fs.readFile('/run/flannel/subnet.env')), 'A=2\n')
  assert.equal(fs.readdir('/run/flannel'), ['subnet.env'])
})

test('what is in the way is named as Go names it', () => {
  const fs = files()
  fs.mkdir('/a/b', { recursive: true })
  fs.writeFile('/a/f', new Uint8Array())
  assert.throws(() => writeSubnetFile(fs, '/a/f/x/subnet.env', ''), /^mkdir \/a\/f: not a directory$/)
  assert.throws(() => writeSubnetFile(fs, '/a/b', ''), /^rename \/a\/\.b \/a\/b: file exists$/)
  fs.mkdir('/a/.c', { recursive: true })
  assert.throws(() => writeSubnetFile(fs, '/a/c', ''), /^open \/a\/\.c: is a directory$/)
})

test.run()
