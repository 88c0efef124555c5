/**
 * Folders of lib/ are layers: imports point downward only, types included, and modules don't load each other in circles.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Import, importsOf, libSources, type Source } from './sources.js'

/** From the lowest. A file may import its own folder and what stands before it. */
const LAYERS = [
  'errors.ts',
  'wire',
  'sim',
  'core',
  'fs',
  'sched',
  'ip',
  'dev',
  'netfilter',
  'rtnl',
  'capture',
  'app',
  'grpc',
  'etcd',
  'kubernetes',
  'cloud',
  'flannel',
  'cni',
  'report',
  'shell',
  'lab',
  'testing',
  'index.ts',
  'cli',
]

const sources = libSources()
const layerOf = (path: string): string => path.split('/')[1]!
const imports: [Source, Import][] = sources.flatMap(source =>
  importsOf(source)
    .filter(({ isRelative }) => isRelative)
    .map((imported): [Source, Import] => [source, imported]),
)

/** A cycle of value imports, as paths with the first one again at the end; empty when there is none. */
const findCycle = (): string[] => {
  const next = new Map(sources.map(({ path }) => [path, [] as string[]]))
  for (const [{ path }, { to, isValue }] of imports) if (isValue && to !== path) next.get(path)?.push(to)
  const finished = new Set<string>()
  const visit = (path: string, trail: readonly string[]): string[] => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (finished.has(path)) return []
    for (const to of next.get(path) ?? []) {
      const cycle = visit(to, [...trail, path])
      if (cycle.length > 0) return cycle
    }
    finished.add(path)
    return []
  }
  for (const { path } of sources) {
    const cycle = visit(path, [])
    if (cycle.length > 0) return cycle
  }
  return []
}

const test = suite('meta/layers')

test('every folder of lib/ is a layer', () => {
  const unknown = new Set(sources.map(({ path }) => layerOf(path)).filter(layer => !LAYERS.includes(layer)))
  assert.equal([...unknown], [])
})

test('imports point downward, import type included', () => {
  const upward = imports
    .filter(([{ path }, { to }]) => LAYERS.indexOf(layerOf(to)) > LAYERS.indexOf(layerOf(path)))
    .map(([{ path }, { to, line }]) => `${path}:${line} imports ${to}`)
  assert.equal(upward, [])
})

test('imports reach files that exist', () => {
  const paths = new Set(sources.map(({ path }) => path))
  const missing = imports.filter(([, { to }]) => !paths.has(to)).map(([{ path }, { to }]) => `${path} imports ${to}`)
  assert.equal(missing, [])
})

test('a door (index.ts of a folder) is for users: lib/ imports the file itself', () => {
  const through = imports
    .filter(([{ path }, { to }]) => /^lib\/.+\/index\.ts$/.test(to) && path !== 'lib/index.ts')
    .map(([{ path }, { to, line }]) => `${path}:${line} imports ${to}`)
  assert.equal(through, [])
})

test('no module loads itself through others', () => {
  assert.is(findCycle().join(' -> '), '')
})

test.run()
