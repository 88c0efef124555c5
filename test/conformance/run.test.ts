/**
 * The runner: figures by directory and in sum, what cannot run counts as unequal, exit statuses, and a child process
 * that dies or hangs costs one scenario only.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findScenarios, readFiles, readTree, SCENARIOS } from './directory.js'
import { runAll } from './run.js'
import { ScenarioProcess } from './scenario-process.js'
import { compareExits, recordedExits, type RunScript, type ScriptRun } from './scenario-run.js'

const test = suite('conformance/run')

const NAMES = ['veth-ping', 'route-none', 'bridge-learning']
const DIRS: readonly string[] = NAMES.map(name => join(SCENARIOS, name))

/** A kernel that knows the recordings by heart, except for those of `unable`. */
const parrot =
  (unable: ReadonlyMap<string, Partial<ScriptRun>> = new Map()): RunScript =>
  script => {
    const name = NAMES.find(
      one => new TextDecoder().decode(readFiles(join(SCENARIOS, one)).get('scenario.sh')) === script,
    )!
    const files = readFiles(join(SCENARIOS, name))
    const { error = null, ...rest } = unable.get(name) ?? {}
    files.delete('scenario.sh')
    const exits = recordedExits(files)
    files.delete('meta.json')
    return { error, exits, files, ...rest }
  }

interface Ran {
  readonly status: number
  readonly lines: readonly string[]
  readonly out: string
}

const withRun = async (
  options: { dirs?: readonly string[]; runScript?: RunScript; expected?: readonly string[]; verbose?: boolean },
  check: (ran: Ran) => void,
): Promise<void> => {
  const out = mkdtempSync(join(tmpdir(), 'netloom-run-test-'))
  const lines: string[] = []
  try {
    const status = await runAll({
      dirs: options.dirs ?? DIRS,
      out,
      verbose: options.verbose ?? false,
      expected: options.expected === undefined ? null : new Set(options.expected),
      runScript: options.runScript ?? parrot(),
      print: line => lines.push(line),
    })
    check({ status, lines, out })
  } finally {
    rmSync(out, { recursive: true })
  }
}

test('prints figures by directory and in sum, keeps the files, and succeeds when all are equal', () =>
  withRun({}, ({ status, lines, out }) => {
    assert.is(status, 0)
    assert.equal(lines, [
      'veth-ping: frames equal 20/20, files equal 7/7',
      'route-none: frames equal 6/6, files equal 4/4',
      'bridge-learning: frames equal 18/18, files equal 4/4',
      'scenarios equal 3/3',
      'exits equal 8/8',
      'frames equal 44/44, files equal 15/15',
    ])
    assert.equal(
      readdirSync(join(out, 'route-none')),
      readdirSync(DIRS[1]!).filter(name => !/scenario|meta/.test(name)),
    )
  }))

test('counts a scenario that cannot run by its recording, and says why in one line', () =>
  withRun(
    {
      runScript: parrot(
        new Map([['veth-ping', { error: 'line 7, column 3: no such word\nmore', files: new Map(), exits: [] }]]),
      ),
    },
    ({ status, lines }) => {
      assert.is(status, 1)
      assert.is(lines[0], 'veth-ping: frames equal 0/20, files equal 0/7 (stopped: line 7, column 3: no such word)')
      assert.is(lines.at(-1), 'frames equal 24/44, files equal 8/15')
    },
  ))

test('is not satisfied with a script that stopped although all its files are equal', () =>
  withRun({ runScript: parrot(new Map([['veth-ping', { error: 'line 30: no' }]])) }, ({ status, lines }) => {
    assert.is(status, 1)
    assert.ok(lines.includes('scenarios equal 2/3'))
  }))

test('takes what a run throws for its error', () =>
  withRun(
    {
      dirs: DIRS.slice(0, 1),
      runScript: () => {
        throw new TypeError('x is not a function')
      },
    },
    ({ status, lines }) => {
      assert.is(status, 1)
      assert.match(lines[0]!, /^veth-ping: frames equal 0\/20, .*stopped: TypeError: x is not a function/)
    },
  ))

test('with a list of names, only those decide, and one that was not run is not equal', async () => {
  const runScript = parrot(new Map([['veth-ping', { error: 'no', files: new Map() }]]))
  await withRun({ runScript, expected: ['route-none'] }, ({ status, lines }) => {
    assert.is(status, 0)
    assert.ok(lines.includes('expected scenarios equal 1/1'))
  })
  await withRun({ runScript, expected: ['route-none', 'veth-ping', 'lost'] }, ({ status, lines }) => {
    assert.is(status, 1)
    assert.ok(lines.includes('must be equal and are not: veth-ping lost'))
  })
})

test('exit statuses are counted and no part of the verdict', () =>
  withRun({ runScript: parrot(new Map([['veth-ping', { exits: [{ line: 24, exit: 1 }] }]])), verbose: true }, ran => {
    assert.is(ran.status, 0)
    assert.ok(ran.lines.includes('exits equal 5/8'))
    assert.ok(ran.lines.includes('  exits: line 24: exit 0 recorded, 1'))
    assert.ok(ran.lines.includes('  exits: line 25: exit 0 recorded, not run'))
  }))

test('exit statuses: a failure that is not recorded is a difference, a success is none', () => {
  assert.equal(
    compareExits(
      [{ line: 3, exit: 1 }],
      [
        { line: 3, exit: 1 },
        { line: 5, exit: 0 },
      ],
    ),
    {
      equal: 1,
      total: 1,
      differences: [],
    },
  )
  assert.equal(compareExits([], [{ line: 5, exit: 2 }]).differences, ['line 5: exit 0 recorded, 2'])
})

test('never writes into a directory that holds a recording', async () => {
  const top = mkdtempSync(join(tmpdir(), 'netloom-run-test-'))
  const dir = join(top, 'veth-ping')
  mkdirSync(dir)
  writeFileSync(join(dir, 'scenario.sh'), readFiles(DIRS[0]!).get('scenario.sh')!)
  try {
    const options = { dirs: [dir], out: top, verbose: false, expected: null, runScript: parrot(), print: () => {} }
    await runAll(options)
    assert.unreachable('it must refuse')
  } catch (error) {
    assert.match(String(error), /holds a recording/)
  } finally {
    rmSync(top, { recursive: true })
  }
})

test('keeps the files of directories of one name apart', () =>
  withRun({ dirs: [DIRS[0]!, DIRS[0]!] }, ({ out }) => {
    assert.equal(readdirSync(out), ['veth-ping', 'veth-ping.2'])
  }))

test('a broken recording is reported and makes exit status 2', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'netloom-run-test-'))
  writeFileSync(join(dir, 'scenario.sh'), readFiles(DIRS[0]!).get('scenario.sh')!)
  writeFileSync(join(dir, 'x.pcap'), 'no')
  try {
    await withRun({ dirs: [dir, DIRS[1]!] }, ({ status, lines }) => {
      assert.is(status, 2)
      assert.match(lines[0]!, /broken recording: x\.pcap/)
      assert.is(lines.at(-1), 'frames equal 6/6, files equal 4/4')
    })
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('finds scenario directories given one by one or by the directory above them', () => {
  assert.ok(findScenarios(SCENARIOS).length >= 178)
  assert.equal(findScenarios(DIRS[0]!), [DIRS[0]!])
  assert.throws(() => findScenarios(join(SCENARIOS, 'no-such')), /no such directory/)
  const empty = mkdtempSync(join(tmpdir(), 'netloom-run-test-'))
  assert.throws(() => findScenarios(empty), /no scenario\.sh/)
  rmSync(empty, { recursive: true })
})

const FAKE_CHILD = fileURLToPath(new URL('./fake-child.ts', import.meta.url))

test('a script that kills its process or never ends is an error of that script only', async () => {
  const child = new ScenarioProcess(5, FAKE_CHILD)
  try {
    assert.is((await child.run('files')).files.get('a.route')?.length, 3)
    assert.match((await child.run('exit')).error!, /ended with status 3/)
    assert.is((await child.run('files')).error, null)
  } finally {
    child.stop()
  }
  const slow = new ScenarioProcess(1, FAKE_CHILD)
  try {
    assert.is((await slow.run('hang')).error, 'not finished after 1 s')
  } finally {
    slow.stop()
  }
})

test('the recordings are where the runner looks for them', () => assert.ok(existsSync(join(SCENARIOS, 'veth-ping'))))

const ALLOC = fileURLToPath(new URL('../data/flannel/cases/alloc', import.meta.url))

/** Runs with a copy of the recorded cluster alloc whose description was changed. */
const withCase = async (change: (text: string) => string, check: (ran: Ran) => void): Promise<void> => {
  const dir = join(mkdtempSync(join(tmpdir(), 'netloom-case-test-')), 'alloc')
  cpSync(ALLOC, dir, { recursive: true })
  writeFileSync(join(dir, 'case.json'), change(readFileSync(join(ALLOC, 'case.json'), 'utf8')))
  const files = readTree(ALLOC)
  const runScript: RunScript = () => ({ error: null, exits: [], files })
  try {
    await withRun({ dirs: [dir], runScript }, check)
  } finally {
    rmSync(join(dir, '..'), { recursive: true })
  }
}

test('keeps the files of a recorded cluster by their paths below OUT/NAME', () =>
  withCase(
    text => text,
    ({ status, lines, out }) => {
      assert.is(status, 0)
      assert.is(lines[0], 'alloc: frames equal 54/54, files equal 58/58')
      assert.ok(existsSync(join(out, 'alloc/steps/02-ping-cross-host/h1-eth0.pcap')))
      assert.ok(existsSync(join(out, 'alloc/state-2-all-hosts-and-pods/etcd.json')))
    },
  ))

test('does not run a cluster of another flannel, and names the version', () =>
  withCase(
    text => text.replace('"v0.20.2"', '"v0.11.0"'),
    ({ status, lines, out }) => {
      assert.is(status, 1)
      assert.is(lines[0], 'alloc: not run: recorded with flannel v0.11.0, netloom has v0.20.2')
      assert.ok(lines.includes('scenarios equal 0/1'))
      assert.not(existsSync(join(out, 'alloc')))
    },
  ))

test('a cluster whose description is broken is a broken recording', () =>
  withCase(
    text => text.replace('"timeline"', '"time"'),
    ({ status, lines }) => {
      assert.is(status, 2)
      assert.is(lines[0], 'alloc: broken recording: case.json: top.timeline: a list expected, undefined found')
    },
  ))

test.run()
