/**
 * Outputs of real tools, as the files of test/data/tools hold them: a command behind `$ `, its standard output behind `| `,
 * its standard error behind `! `, its exit status behind `= ` unless it is 0. A line that does not end in a line end is
 * followed by `\`.
 *
 * Run as a program it runs the commands of the files again, on a Linux machine, as root, and writes what they print:
 * `unshare -m -n node --import tsx test/shell/command/tool-record.ts [NAME...]`.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the files are, and the script that builds the hosts on which the commands run. */
export const TOOLS_DIR: string = join(import.meta.dirname, '../../data/tools')
const LAB = join(TOOLS_DIR, 'lab.sh')

/** One command and what it printed. */
export interface ToolRun {
  readonly command: string
  readonly stdout: string
  readonly stderr: string
  readonly exit: number
}

/** The script that builds the hosts. */
export const labScript = (): string => readFileSync(LAB, 'utf8')

/** Names of the recorded files. */
export const toolFiles = (): string[] => readdirSync(TOOLS_DIR).filter(f => f.endsWith('.txt'))

const unquoted = (lines: readonly string[], mark: string): string => {
  let text = ''
  for (const line of lines) {
    if (line === `${mark}\\`) text = text.slice(0, -1)
    else if (line.startsWith(mark)) text += `${line.slice(2)}\n`
  }
  return text
}

/** Reads a file. */
export const readToolRuns = (name: string): ToolRun[] => {
  const runs: ToolRun[] = []
  const blocks = readFileSync(join(TOOLS_DIR, name), 'utf8').split(/^(?=\$ )/m)
  for (const block of blocks) {
    const lines = block.split('\n')
    if (!lines[0]!.startsWith('$ ')) continue
    const exit = lines.find(l => l.startsWith('= '))
    runs.push({
      command: lines[0]!.slice(2),
      stdout: unquoted(lines.slice(1), '| '),
      stderr: unquoted(lines.slice(1), '! '),
      exit: exit === undefined ? 0 : Number(exit.slice(2)),
    })
  }
  return runs
}

const quoted = (text: string, mark: string): string => {
  if (text === '') return ''
  const isWhole = text.endsWith('\n')
  const lines = (isWhole ? text.slice(0, -1) : text).split('\n')
  return `${lines.map(l => mark + l).join('\n')}\n${isWhole ? '' : `${mark}\\\n`}`
}

/** The text of a file. */
export const toolRunsText = (comment: string, runs: readonly ToolRun[]): string =>
  comment +
  runs
    .map(
      r => `$ ${r.command}\n${quoted(r.stdout, '| ')}${quoted(r.stderr, '! ')}${r.exit === 0 ? '' : `= ${r.exit}\n`}`,
    )
    .join('')

const record = (name: string): void => {
  const file = join(TOOLS_DIR, name)
  const comment = readFileSync(file, 'utf8').split(/^\$ /m)[0]!
  execFileSync('bash', ['-e', LAB], { stdio: ['ignore', 'ignore', 'inherit'] })
  const runs = readToolRuns(name).map(({ command }) => {
    const { stdout, stderr, status } = spawnSync('taskset', ['-c', '0', 'bash', '-c', command], { encoding: 'utf8' })
    return { command, stdout, stderr, exit: status ?? 128 }
  })
  writeFileSync(file, toolRunsText(comment, runs))
  for (const netns of execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).match(/^\S+/gm) ?? [])
    execFileSync('ip', ['netns', 'del', netns])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // A mount namespace of our own: names of namespaces are private to it.
  mkdirSync('/run/netns', { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', 'none', '/run/netns'])
  for (const name of process.argv.length > 2 ? process.argv.slice(2) : toolFiles()) record(name)
}
