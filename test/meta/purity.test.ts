/**
 * The core needs no Node, no clock and no chance, so that it runs in a browser and the same seed gives the same bytes.
 * What only lib/cli may use is listed here.
 */
import ts from 'typescript'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { importsOf, libSources, placeOf, type Source, walk } from './sources.js'

/** Globals that bring in a clock, chance, a machine or asynchrony. */
const FORBIDDEN = new Set([
  'Date',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'process',
  'Buffer',
  'crypto',
  'require',
  'globalThis',
  'window',
  'fetch',
  'console',
  'WeakRef',
  'FinalizationRegistry',
])

/** Packages that the core may import. */
const PACKAGES = ['buffer-layout', 'ipaddr.js', 'pure-rand', 'tinyqueue']

const core = libSources().filter(({ path }) => !path.startsWith('lib/cli/'))

/** Names that a file declares itself: a parameter called `process` is no global. */
const declaredNames = (source: Source): Set<string> => {
  const names = new Set<string>()
  walk(source.tree, node => {
    if (
      (ts.isVariableDeclaration(node) ||
        ts.isParameter(node) ||
        ts.isBindingElement(node) ||
        ts.isFunctionDeclaration(node) ||
        ts.isImportSpecifier(node)) &&
      node.name !== undefined &&
      ts.isIdentifier(node.name)
    )
      names.add(node.name.text)
  })
  return names
}

/** True when the identifier is a name behind a dot, a key, or a member's name. */
const isMemberName = (node: ts.Identifier): boolean => {
  const { parent } = node
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    ((ts.isPropertyDeclaration(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isGetAccessorDeclaration(parent)) &&
      parent.name === node)
  )
}

const globalsUsed = (source: Source): string[] => {
  const own = declaredNames(source)
  const found: string[] = []
  walk(source.tree, node => {
    if (ts.isIdentifier(node) && FORBIDDEN.has(node.text) && !own.has(node.text) && !isMemberName(node))
      found.push(`${placeOf(source, node)} ${node.text}`)
    if (ts.isPropertyAccessExpression(node) && node.getText(source.tree) === 'Math.random')
      found.push(`${placeOf(source, node)} Math.random`)
    if (ts.isAwaitExpression(node)) found.push(`${placeOf(source, node)} await`)
  })
  return found
}

const test = suite('meta/purity')

test('no clock, chance, machine or asynchrony outside lib/cli', () => {
  assert.equal(core.flatMap(globalsUsed), [])
})

test('no node: module outside lib/cli, and no package but the four', () => {
  const foreign = core.flatMap(source =>
    importsOf(source)
      .filter(({ isRelative, to }) => !isRelative && !PACKAGES.some(name => to === name || to.startsWith(`${name}/`)))
      .map(({ to, line }) => `${source.path}:${line} imports ${to}`),
  )
  assert.equal(foreign, [])
})

test('each package has one place: tinyqueue the event queue, ipaddr.js the addresses, buffer-layout the layouts', () => {
  const users = (name: string): string[] =>
    core
      .filter(source => importsOf(source).some(({ to }) => to === name || to.startsWith(`${name}/`)))
      .map(({ path }) => path)
  assert.equal(users('tinyqueue'), ['lib/sim/queue.ts'])
  assert.equal(users('ipaddr.js'), ['lib/wire/ip.ts'])
  assert.equal(users('buffer-layout'), ['lib/wire/layout.ts'])
  assert.equal(users('pure-rand'), ['lib/sim/rng.ts'])
})

test.run()
