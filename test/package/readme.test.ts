/**
 * What the README shows is true: its programs compile strictly and print what stands below them, in an empty project that
 * has installed the package; its commands too.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { consumer, node, ROOT, run } from './consumer.js'
import { readReadme, shown } from './readme.js'

const { programs, files, commands } = readReadme()

/** Programs print with console.log; nothing else of the platform is promised to them. */
const GLOBALS = 'declare const console: { log(...values: unknown[]): void }\n'

const folder = (): string => {
  const dir = join(consumer().dir, 'readme')
  mkdirSync(dir, { recursive: true })
  return dir
}

const fileOf = (line: number): string => join(folder(), `line-${line}.mts`)

const test = suite('package/readme')

test('it has a program, a script and a command', () => {
  assert.ok(programs.length > 0 && files.length > 0 && commands.length > 0)
})

for (const { line, text, output } of programs)
  test(`the program on line ${line} prints what stands below it (npm run examples writes it)`, () => {
    writeFileSync(fileOf(line), text)
    assert.is(shown(node([fileOf(line)], folder())), output)
  })

test('its programs compile strictly', () => {
  writeFileSync(join(folder(), 'globals.d.ts'), GLOBALS)
  for (const { line, text } of programs) writeFileSync(fileOf(line), text)
  const options = { target: 'ES2022', lib: ['ES2022'], module: 'nodenext', types: [], strict: true, noEmit: true }
  const config = join(folder(), 'tsconfig.json')
  writeFileSync(config, JSON.stringify({ compilerOptions: options, include: ['*.mts', 'globals.d.ts'] }))
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', config], folder())
})

for (const { line, text, output } of commands)
  test(`the command on line ${line} prints what stands below it`, () => {
    for (const file of files) writeFileSync(join(folder(), file.name), file.text)
    const path = join(consumer().dir, 'node_modules/.bin') + delimiter + process.env['PATH']
    const printed = run('env', [`PATH=${path}`, 'bash', '-c', text.replace(/^npx /, '')], folder())
    assert.is(shown(printed), output)
  })

test.run()
