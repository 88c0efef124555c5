/** Files of a host: each refusal as Linux's ramfs answers it (judged by a run over random calls on a real one). */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetloomError } from '../../lib/errors.js'
import { FileSystem } from '../../lib/fs/file-system.js'

const test = suite('fs/file-system')

const NAMES = ['a', 'b', 'a/c', 'a/b', 'b/a', 'a/c/d', 'b/../a', './b', 'a//c']

/** The same call on both; what came, or the errno. */
const outcome = (fn: () => unknown): string => {
  try {
    const value = fn()
    return value instanceof Uint8Array ? Buffer.from(value).toString() : JSON.stringify(value ?? null)
  } catch (e) {
    return (e as NetloomError | NodeJS.ErrnoException).code!
  }
}

test('3,000 random calls end as on the file system of this machine', () => {
  const root = mkdtempSync(join(tmpdir(), 'netloom-fs-'))
  const fs = new FileSystem()
  fs.mkdir('/w')
  let state = 7
  const pick = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >> 8) % n
  }
  try {
    for (let i = 0; i < 3000; i++) {
      const name = NAMES[pick(NAMES.length)]!
      const other = NAMES[pick(NAMES.length)]!
      const real = join(root, name)
      const ours = `/w/${name}`
      const calls: [string, () => unknown, () => unknown][] = [
        ['write', () => writeFileSync(real, `${i}`), () => fs.writeFile(ours, Buffer.from(`${i}`))],
        ['append', () => writeFileSync(real, `${i}`, { flag: 'a' }), () => fs.appendFile(ours, Buffer.from(`${i}`))],
        ['read', () => readFileSync(real), () => fs.readFile(ours)],
        ['mkdir', () => mkdirSync(real), () => fs.mkdir(ours)],
        ['mkdir -p', () => void mkdirSync(real, { recursive: true }), () => fs.mkdir(ours, { recursive: true })],
        ['readdir', () => readdirSync(real).sort(), () => fs.readdir(ours)],
        ['unlink', () => unlinkSync(real), () => fs.unlink(ours)],
        ['rmdir', () => rmdirSync(real), () => fs.rmdir(ours)],
        ['rename', () => renameSync(real, join(root, other)), () => fs.rename(ours, `/w/${other}`)],
      ]
      const [what, there, here] = calls[pick(calls.length)]!
      const expected = outcome(there)
      assert.is(outcome(here), expected, `${i}: ${what} ${name} ${other}`)
    }
  } finally {
    rmSync(root, { recursive: true })
  }
})

test('a file that was read is a copy, and changes are counted', () => {
  const fs = new FileSystem()
  const octets = Buffer.from('x')
  fs.writeFile('/run/x', octets)
  octets[0] = 0
  const read = fs.readFile('/run/x')
  read[0] = 1
  assert.equal([...fs.readFile('/run/x')], [120])
  const before = fs.generation
  fs.rename('/run/x', '/run/y')
  assert.ok(fs.generation > before)
})

test('a relative path is refused by name', () => {
  assert.throws(() => new FileSystem().readFile('run/x'), /^run\/x: a path begins with \//)
})

test.run()
