/**
 * The installed package loads from ES modules, from `require`, and from TypeScript with both ways of resolution that know
 * `exports`; strictly, and with the library's declarations checked.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { consumer, ROOT, run } from './consumer.js'

/** Three hosts' worth of use is elsewhere; here one frame must come out. */
const BODY = `
const world = createWorld({ seed: 1 })
world.sh(\`ip netns add a
ip netns add b
ip -n a link add eth0 type veth peer name eth0 netns b
ip -n a link set eth0 up
ip -n b link set eth0 up
ip -n a addr add 10.0.0.1/24 dev eth0
ip -n b addr add 10.0.0.2/24 dev eth0
ip netns exec a ping -c 1 10.0.0.2
ip -n a neigh show > a.neigh
\`)
console.log(world.netns('a').accounting().alive)
`

const write = (name: string, text: string): string => {
  const file = join(consumer().dir, name)
  writeFileSync(file, text)
  return file
}

const typeCheck = (name: string, options: Record<string, string>): void => {
  const file = write(
    `${name}.mts`,
    `import { createWorld } from 'netloom'
import * as wire from 'netloom/wire'
import * as sim from 'netloom/sim'
import * as capture from 'netloom/capture'
import * as shell from 'netloom/shell'
import * as testing from 'netloom/test'
declare const console: { log(text: unknown): void }
console.log([wire, sim, capture, shell, testing].length)
${BODY}`,
  )
  const config = write(
    `${name}.json`,
    JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2022'],
        types: [],
        strict: true,
        skipLibCheck: false,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noEmit: true,
        ...options,
      },
      files: [file],
    }),
  )
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', config], consumer().dir)
}

const test = suite('package/install')

test('loads as an ES module', () => {
  const file = write('use.mjs', `import { createWorld } from 'netloom'\n${BODY}`)
  assert.is(run(process.execPath, [file], consumer().dir), '0\n')
})

test('loads with require', () => {
  const file = write('use.cjs', `const { createWorld } = require('netloom')\n${BODY}`)
  assert.is(run(process.execPath, [file], consumer().dir), '0\n')
})

test('every door loads', () => {
  const doors = ['', '/wire', '/sim', '/capture', '/shell', '/test'].map(door => `import 'netloom${door}'`)
  run(process.execPath, [write('doors.mjs', doors.join('\n'))], consumer().dir)
})

test('types are right under module nodenext', () => {
  typeCheck('nodenext', { module: 'nodenext', moduleResolution: 'nodenext' })
})

test('types are right under moduleResolution bundler', () => {
  typeCheck('bundler', { module: 'esnext', moduleResolution: 'bundler' })
})

test('the command netloom is installed and says what it can do', () => {
  assert.match(run(join(consumer().dir, 'node_modules/.bin/netloom'), ['--help'], consumer().dir), 'netloom run')
})

test.run()
