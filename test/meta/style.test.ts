/**
 * House style that neither the compiler nor the linter checks.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filesOf, libSources, lineOf, placeOf, ROOT, readSource, type Source, walk } from './sources.js'

/** Most lines that a file and a function may have. */
const MAX_FILE = 600
const MAX_FUNCTION = 80

const lib = libSources()
const all: Source[] = [...lib, ...['test', 'bench', 'examples'].flatMap(dir => filesOf(dir, ['.ts'])).map(readSource)]

const find = (sources: readonly Source[], is: (node: ts.Node, source: Source) => boolean): string[] =>
  sources.flatMap(source => {
    const found: string[] = []
    walk(source.tree, node => {
      if (is(node, source)) found.push(placeOf(source, node))
    })
    return found
  })

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(m => m.kind === ts.SyntaxKind.DefaultKeyword) === true

const test = suite('meta/style')

test('every file opens with a doc comment; a test file names its suite instead', () => {
  const bare = all
    .filter(({ path, text }) => !path.endsWith('.test.ts') && !/^(?:(?:#!|\/\/\/ )[^\n]*\n)*\/\*\*/.test(text))
    .map(({ path }) => path)
  assert.equal(bare, [])
})

test(`no file has more than ${MAX_FILE} lines`, () => {
  const long = all.filter(({ text }) => text.split('\n').length - 1 > MAX_FILE).map(({ path }) => path)
  assert.equal(long, [])
})

test(`no function of lib/ has more than ${MAX_FUNCTION} lines`, () => {
  const long = find(lib, (node, source) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return false
    return lineOf(source, node.end) - lineOf(source, node.getStart(source.tree)) + 1 > MAX_FUNCTION
  })
  assert.equal(long, [])
})

test('no any', () => {
  assert.equal(
    find(all, node => node.kind === ts.SyntaxKind.AnyKeyword),
    [],
  )
})

test('no module-level let or var: worlds share no state', () => {
  const isModuleState = (node: ts.Node): boolean =>
    ts.isVariableStatement(node) &&
    ts.isSourceFile(node.parent) &&
    (node.declarationList.flags & ts.NodeFlags.Const) === 0
  assert.equal(find(lib, isModuleState), [])
})

test('no default exports', () => {
  assert.equal(
    find(lib, node => ts.isExportAssignment(node) || isExported(node)),
    [],
  )
})

test('no promise of later work', () => {
  const promise =
    /\b(?:TO(?:DO)|FIX(?:ME)|HA(?:CK)|XX(?:X))\b|\bfor (?:now)\b|\bnot (?:yet) (?:implemented|supported)\b/
  const found = all.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, n) => (promise.test(line) ? [`${path}:${n + 1}`] : [])),
  )
  assert.equal(found, [])
})

test('every test file runs each of its suites: uvu passes when .run() is forgotten', () => {
  const forgetful = filesOf('test', ['.test.ts'])
    .map(readSource)
    .filter(({ tree, text }) => {
      const runs = text.match(/^\w+\.run\(\)$/gm)?.length ?? 0
      let suites = 0
      walk(tree, node => {
        if (ts.isCallExpression(node) && node.expression.getText(tree) === 'suite') suites++
      })
      return suites === 0 || runs !== suites
    })
    .map(({ path }) => path)
  assert.equal(forgetful, [])
})

test('no test is switched off', () => {
  const off = all.flatMap(({ path, text }) => (/\b\w+\.(?:skip|only)\(\s*['"`]/.test(text) ? [path] : []))
  assert.equal(off, [])
})

test('package-lock.json names no download addresses', () => {
  assert.not.match(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'), '"resolved"')
})

test.run()
