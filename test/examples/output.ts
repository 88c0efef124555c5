/**
 * Examples end with what they print, behind a comment line `Output:`, and the README shows what its programs print.
 * `npm run examples` writes that again.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { node, ROOT } from '../package/consumer.js'
import { readReadme, writeOutputs } from '../package/readme.js'

const EXAMPLES = join(ROOT, 'examples')

/** File names of the examples. */
export const exampleFiles = (): string[] =>
  readdirSync(EXAMPLES)
    .filter(file => /\.(?:ts|sh)$/.test(file))
    .sort()

const markOf = (file: string): string => (file.endsWith('.sh') ? '#' : '//')

/** Runs an example from dist/ and returns what it prints. */
export const runExample = (file: string): string => {
  const out = mkdtempSync(join(tmpdir(), 'netloom-example-'))
  try {
    const path = join(EXAMPLES, file)
    return file.endsWith('.sh')
      ? node([join(ROOT, 'dist/cli/main.js'), 'run', path, '--out', out], ROOT)
      : node([path], ROOT)
  } finally {
    rmSync(out, { recursive: true })
  }
}

/** An example's text in front of its output. */
const programOf = (file: string, text: string): string => text.split(`\n${markOf(file)} Output:\n`)[0]!

/** What an example says that it prints; empty when it says nothing. */
export const statedOutput = (file: string): string => {
  const mark = markOf(file)
  const stated = readFileSync(join(EXAMPLES, file), 'utf8').split(`\n${mark} Output:\n`)[1] ?? ''
  return stated.replaceAll(new RegExp(`^${mark} ?`, 'gm'), '')
}

const withOutput = (file: string, text: string, output: string): string => {
  const mark = markOf(file)
  const lines = output.split('\n').slice(0, -1)
  const comment = lines.map(line => `${mark} ${line}`.trimEnd()).join('\n')
  return `${programOf(file, text).trimEnd()}\n\n${mark} Output:\n${comment}\n`
}

/** Runs a program of the README. It lies inside the package, where `netloom` is the package itself. */
const runProgram = (text: string): string => {
  const dir = join(ROOT, '.bench')
  mkdirSync(dir, { recursive: true })
  const file = join(dir, 'readme.ts')
  writeFileSync(file, text)
  return node([file], ROOT)
}

/** Runs a command of the README among the files that it shows. */
const runCommand = (text: string): string => {
  const dir = mkdtempSync(join(tmpdir(), 'netloom-readme-'))
  try {
    for (const file of readReadme().files) writeFileSync(join(dir, file.name), file.text)
    const [, command, ...args] = text.split(' ')
    if (command !== 'netloom') throw new Error(`the README shows a command that is not npx netloom: ${text}`)
    return node([join(ROOT, 'dist/cli/main.js'), ...args], dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  for (const file of exampleFiles()) {
    const path = join(EXAMPLES, file)
    writeFileSync(path, withOutput(file, readFileSync(path, 'utf8'), runExample(file)))
  }
  writeOutputs({ program: runProgram, command: runCommand })
}
