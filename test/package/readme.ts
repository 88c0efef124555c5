/**
 * The README's code blocks, and what the README shows of their output.
 *
 * A `ts` block is a program; a `text` block right behind it is what it prints. A `bash` block whose first line is
 * `# NAME.sh` is a file. A `console` block holds commands behind `$ ` and what they print.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './consumer.js'

interface Block {
  readonly language: string
  readonly text: string
  /** Line of the README on which it begins. */
  readonly line: number
}

/** A program and what it prints. */
export interface Program {
  readonly line: number
  readonly text: string
  readonly output: string
}

/** A file that the README shows. */
export interface ShownFile {
  readonly name: string
  readonly text: string
}

/** What the README shows. */
export interface Readme {
  readonly programs: readonly Program[]
  readonly files: readonly ShownFile[]
  /** Commands with their output, in order. */
  readonly commands: readonly Program[]
}

const blocksOf = (text: string): Block[] => {
  const blocks: Block[] = []
  const lines = text.split('\n')
  for (let n = 0; n < lines.length; n++) {
    const open = /^```(\w+)$/.exec(lines[n]!)
    if (open === null) continue
    const start = n + 1
    while (lines[++n] !== '```') if (n >= lines.length) throw new Error(`README.md:${start}: a block without an end`)
    blocks.push({ language: open[1]!, text: `${lines.slice(start, n).join('\n')}\n`, line: start })
  }
  return blocks
}

const commandsOf = ({ text, line }: Block): Program[] => {
  const commands: { line: number; text: string; output: string }[] = []
  for (const [n, shown] of text.split('\n').slice(0, -1).entries()) {
    if (shown.startsWith('$ ')) commands.push({ line: line + n + 1, text: shown.slice(2), output: '' })
    else commands.at(-1)!.output += `${shown}\n`
  }
  return commands
}

const README = join(ROOT, 'README.md')

/** How the README's programs and commands are run; each returns what was printed. */
export interface Runners {
  readonly program: (text: string) => string
  readonly command: (text: string) => string
}

/** Output as the README shows it: blanks at the end of a line, which iproute2 likes, don't survive in an edited text. */
export const shown = (output: string): string => output.replaceAll(/ +$/gm, '')

/** What a block shows when the README is true; null for a block that is no output. */
const trueText = (block: Block, before: Block | undefined, run: Runners): string | null => {
  if (block.language === 'text' && before?.language === 'ts') return shown(run.program(before.text))
  if (block.language !== 'console') return null
  return commandsOf(block)
    .map(({ text }) => `$ ${text}\n${shown(run.command(text))}`)
    .join('')
}

/** Writes what its programs and commands print into the README. */
export const writeOutputs = (run: Runners): void => {
  const text = readFileSync(README, 'utf8')
  const lines = text.split('\n')
  const blocks = blocksOf(text)
  // From the end, so that the lines before keep their numbers.
  for (const [n, block] of [...blocks.entries()].reverse()) {
    const now = trueText(block, blocks[n - 1], run)
    if (now !== null) lines.splice(block.line, block.text.split('\n').length - 1, ...now.split('\n').slice(0, -1))
  }
  writeFileSync(README, lines.join('\n'))
}

/** Reads the README. */
export const readReadme = (): Readme => {
  const blocks = blocksOf(readFileSync(README, 'utf8'))
  const programs = blocks.flatMap((block, n): Program[] => {
    const next = blocks[n + 1]
    const output = next?.language === 'text' ? next.text : ''
    return block.language === 'ts' ? [{ line: block.line, text: block.text, output }] : []
  })
  const files = blocks.flatMap(({ language, text }): ShownFile[] => {
    const name = /^# (\S+\.sh)\n/.exec(text)?.[1]
    return language === 'bash' && name !== undefined ? [{ name, text }] : []
  })
  return { programs, files, commands: blocks.filter(b => b.language === 'console').flatMap(commandsOf) }
}
