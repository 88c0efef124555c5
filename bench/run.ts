/**
 * `npm run bench -- [--json] [--only REGEX] [--seconds N]`: measures every case, each in a process of its own, and prints
 * a table of medians with their spread, or one JSON object.
 */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Figures } from './case.js'
import { GROUPS } from './cases/index.js'

const CHILD = join(import.meta.dirname, 'child.js')

const measure = (group: string, number: number, seconds: string): Figures => {
  const argv = [CHILD, group, String(number), seconds]
  const child = spawnSync(process.execPath, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.status !== 0) throw new Error(`${group}, case ${number}: exit ${child.status}`)
  return JSON.parse(child.stdout) as Figures
}

/** `12.3` or `1,234`: three digits are worth printing. */
const digits = (ns: number): string =>
  ns.toLocaleString('en', { maximumFractionDigits: ns < 10 ? 2 : ns < 100 ? 1 : 0 })

const row = ({ name, medianNs, p25Ns, p75Ns, minNs, maxNs }: Figures): string[] => [
  name,
  digits(medianNs),
  `${digits(p25Ns)}..${digits(p75Ns)}`,
  `${digits(minNs)}..${digits(maxNs)}`,
  (1e3 / medianNs).toLocaleString('en', { maximumFractionDigits: 2 }),
]

const HEAD = ['', 'ns, median', 'middle half', 'all', 'M/s']

/** Prints a case as soon as it is measured, so widths are fixed. */
const line = (cells: readonly string[]): string =>
  cells.map((cell, n) => (n === 0 ? cell.padEnd(42) : cell.padStart(n < 2 || n > 3 ? 11 : 17))).join(' ')

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      seconds: { type: 'string', default: '1' },
    },
  })
  const only = new RegExp(values.only)
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length }
  const cases: Figures[] = []
  if (!values.json) console.log(`Node ${machine.node}, ${machine.cpu}, ${machine.cores} cores`)
  for (const [group, load] of Object.entries(GROUPS)) {
    const wanted = [...(await load()).cases.entries()].filter(([, { name }]) => only.test(`${group}, ${name}`))
    if (wanted.length === 0) continue
    if (!values.json) console.log(`\n${line([group, ...HEAD.slice(1)])}`)
    for (const [number] of wanted) {
      const figures = measure(group, number, values.seconds)
      cases.push(figures)
      if (!values.json) console.log(line(row(figures)))
    }
  }
  if (cases.length === 0) throw new Error(`no case matches ${values.only}`)
  if (values.json) console.log(JSON.stringify({ machine, cases }))
}

await main()
