#!/usr/bin/env node
/// <reference types="node" />
/**
 * The command `netloom`: runs a script of real `ip`, `bridge`, `ping`, `nc`, `tcpdump` ... commands and writes the files
 * that it names. The only part of netloom that knows Node.
 *
 * Exit status: 0 when every command that must succeed did, that of the script's `exit`, 1 otherwise, with one line on
 * standard error; 2 for a usage error.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createWorld, NetloomError, VERSION, type World } from '../index.js'

const HELP = `Usage: netloom run SCRIPT --out DIR [--pcapng FILE] [--seed N]
       netloom --help | --version

Runs SCRIPT, a script of ip, bridge, ping, nc, tcpdump ... commands, in an emulated Linux kernel. Standard output is the
script's; its captures and state files are written into DIR under the names that it gives them. With --pcapng, --out may
be left out; the script's own files are then not kept.

  --out DIR      where the files go; made when it is not there
  --pcapng FILE  capture every interface of every namespace into one pcapng file; packets that were dropped have a
                 comment with the reason
  --seed N       seed of everything that the kernel draws at random, an integer; 1 by default
  --help         this text
  --version      the version of netloom

Exit status: 0 when every command that must succeed did, that of the script's own exit, 1 otherwise; 2 when netloom was
called wrongly.
`

/** Where the program writes; tests give their own. */
export interface CliOutput {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** What `netloom run` was asked for. */
interface RunArguments {
  readonly script: string
  /** Empty when the script's files are not kept. */
  readonly out: string
  /** Empty for no capture of the world. */
  readonly pcapng: string
  readonly seed: number
}

class UsageError extends Error {}

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, '; ')

const messageOf = (e: unknown): string => (e instanceof Error ? e.message : String(e))

const seedOf = (text: string | undefined): number => {
  if (text === undefined) return 1
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new UsageError(`--seed ${text}: not an integer`)
  return Number(text)
}

const OPTIONS = {
  out: { type: 'string' },
  pcapng: { type: 'string' },
  seed: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const

/** Reads the command line; a text is all that there is to print. */
const parse = (args: readonly string[]): RunArguments | string => {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (e) {
    throw new UsageError(oneLine(messageOf(e)))
  }
  const { values, positionals } = parsed
  if (values.help === true) return HELP
  if (values.version === true) return `netloom ${VERSION}\n`
  const [command, script, ...others] = positionals
  if (command === undefined) throw new UsageError('a command is missing: netloom run SCRIPT --out DIR')
  if (command !== 'run') throw new UsageError(`unknown command "${command}"; there is run`)
  if (script === undefined) throw new UsageError('run: the script is missing')
  if (others.length > 0) throw new UsageError(`run: one script at a time, not "${others[0]}" as well`)
  const { out = '', pcapng = '' } = values
  if (values.pcapng === '') throw new UsageError('run: --pcapng needs a file name')
  if (out === '' && pcapng === '') throw new UsageError('run: --out DIR is missing')
  return { script, out, pcapng, seed: seedOf(values.seed) }
}

const writeFiles = (dir: string, files: ReadonlyMap<string, Uint8Array>): void => {
  // Making every missing folder at once never returns below /proc, so the usual case is asked for by itself.
  mkdirSync(dir, { recursive: existsSync(dir) || !existsSync(dirname(resolve(dir))) })
  for (const [name, bytes] of files) writeFileSync(join(dir, name), bytes)
}

const writeWhole = (file: number, piece: Uint8Array): void => {
  for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at)
}

/** Does `act` while everything in the world is captured into a file, piece by piece. */
const capturing = <T>(world: World, path: string, act: () => T): T => {
  if (path === '') return act()
  const file = openSync(path, 'w')
  try {
    const all = world.captureAll({ sink: piece => writeWhole(file, piece) })
    try {
      return act()
    } finally {
      all.stop()
    }
  } finally {
    closeSync(file)
  }
}

const run = ({ script, out, pcapng, seed }: RunArguments, to: CliOutput): number => {
  const text = readFileSync(script, 'utf8')
  const world = createWorld({ seed })
  const { error, files, status } = capturing(world, pcapng, () =>
    world.sh(text, {
      mayFail: true,
      onOutput: (stream, piece) => (stream === 'stdout' ? to.out : to.err)(piece),
    }),
  )
  if (out !== '') writeFiles(out, files)
  if (error === null) return 0
  to.err(`netloom: ${script}: ${oneLine(error.message)}\n`)
  return status
}

/** Runs the command line `args` (without the program's name); returns the exit status. */
export const main = (args: readonly string[], to: CliOutput): number => {
  try {
    const parsed = parse(args)
    if (typeof parsed !== 'string') return run(parsed, to)
    to.out(parsed)
    return 0
  } catch (e) {
    if (e instanceof UsageError) {
      to.err(`netloom: ${e.message}\nTry "netloom --help".\n`)
      return 2
    }
    // A script or directory that cannot be read or written; anything else is a fault of netloom and shows its stack.
    if (!(e instanceof NetloomError) && (e as NodeJS.ErrnoException).syscall === undefined) throw e
    to.err(`netloom: ${oneLine(messageOf(e))}\n`)
    return 1
  }
}

const isProgram = (): boolean => {
  const started = process.argv[1]
  return started !== undefined && realpathSync(started) === realpathSync(fileURLToPath(import.meta.url))
}

if (isProgram())
  process.exitCode = main(process.argv.slice(2), {
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
  })
