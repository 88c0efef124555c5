/**
 * `iptables-restore`: version 1.8.9, the legacy one. Reads from standard input: `printf ... | iptables-restore`.
 *
 * @see iptables-restore(8); iptables iptables/iptables-restore.c
 */
import { NetloomError, strerror } from '../../errors.js'
import { type IptcHandle, iptcInit, NO_COUNTERS, type XtCounters } from '../../rtnl/iptables.js'
import type { Command, CommandContext } from '../../app/command.js'
import { Getopt } from '../getopt.js'
import { doCommand } from '../iptables/do-command.js'
import { parseIptables } from '../iptables/iptables-parse.js'
import { splitLine } from '../iptables/split-line.js'
import { OTHER_PROBLEM, VERSION, XtablesError, xtablesError, xtablesExit } from '../iptables/xtables.js'
import { ToolExit, unsupported } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'

const PROGRAM = 'iptables-restore'
const NAME_SIZE = 29

const LONG = [
  { name: 'counters', takesValue: false, option: 'c' },
  { name: 'verbose', takesValue: false, option: 'v' },
  { name: 'version', takesValue: false, option: 'V' },
  { name: 'test', takesValue: false, option: 't' },
  { name: 'help', takesValue: false, option: 'h' },
  { name: 'noflush', takesValue: false, option: 'n' },
  { name: 'modprobe', takesValue: true, option: 'M' },
  { name: 'table', takesValue: true, option: 'T' },
  { name: 'wait', takesValue: false, option: 'w' },
  { name: 'wait-interval', takesValue: false, option: 'W' },
]

const HELP = `Usage: ${PROGRAM} [-c] [-v] [-V] [-t] [-h] [-n] [-w secs] [-W usecs] [-T table] [-M command] [file]
	   [ --counters ]
	   [ --verbose ]
	   [ --version]
	   [ --test ]
	   [ --help ]
	   [ --noflush ]
	   [ --wait=<seconds>
	   [ --table=<TABLE> ]
	   [ --modprobe=<command> ]
`

const parseCounters = (text: string | undefined): XtCounters | null => {
  const m = /^\[(\d+):(\d+)\]$/.exec(text ?? '')
  return m === null ? null : { packets: Number(m[1]), bytes: Number(m[2]) }
}

/** Nobody else holds the lock, so how long it is waited for (-w, -W) does not matter; a word behind may be the time. */
const withoutWaiting = (words: readonly string[]): string[] =>
  words.filter((word, i) => !(/^(-[wW]|--wait(-interval)?)$/.test(words[i - 1] ?? '') && /^[^-!]/.test(word)))

class Restore {
  readonly #ctx: CommandContext
  #counters = false
  #verbose = 0
  #testing = false
  #noflush = false
  #only: string | null = null
  #handle: IptcHandle | null = null
  #table = ''
  line = 0

  constructor(ctx: CommandContext) {
    this.#ctx = ctx
  }

  /** Reads the options; an exit status when there is nothing more to do. */
  options(argv: readonly string[]): number | null {
    const getopt = new Getopt(withoutWaiting(argv.slice(1)), 'bcvVthnwWM:T:', LONG)
    for (let o = getopt.next(); o !== null; o = getopt.next()) {
      if (o.option === 'b') this.#ctx.err('-b/--binary option is not implemented\n')
      else if (o.option === 'c') this.#counters = true
      else if (o.option === 'v') this.#verbose++
      else if (o.option === 't') this.#testing = true
      else if (o.option === 'n') this.#noflush = true
      else if (o.option === 'W') this.#ctx.err('Ignoring deprecated --wait-interval option.\n')
      else if (o.option === 'T') this.#only = o.value
      else if (o.option === 'V' || o.option === 'h') {
        if (o.option === 'V') this.#ctx.out(`${PROGRAM} v${VERSION}\n`)
        else this.#ctx.err(HELP)
        return 0
      }
    }
    if (getopt.operands.length === 1)
      throw unsupported(PROGRAM, getopt.operands[0]!, 'rules from standard input: printf ... | iptables-restore')
    if (getopt.operands.length > 1) throw new ToolExit(1, 'Unknown arguments found on commandline\n')
    return null
  }

  run(text: string): number {
    for (const line of text.split('\n')) {
      this.line++
      if (line === '' && this.line > 1) continue
      if (!this.#one(line)) throw new ToolExit(1, `${PROGRAM}: line ${this.line} failed\n`)
    }
    if (this.#handle !== null) throw new ToolExit(1, `${PROGRAM}: COMMIT expected at line ${this.line}\n`)
    return 0
  }

  #one(line: string): boolean {
    if (line === '') return true
    if (line.startsWith('#')) {
      if (this.#verbose > 0) this.#ctx.out(`${line}\n`)
      return true
    }
    const handle = this.#handle
    if (handle === null) {
      if (!line.startsWith('*')) return this.#only !== null
      this.#open(line)
      return true
    }
    if (line === 'COMMIT') return this.#commit(handle)
    if (line.startsWith(':')) {
      this.#chain(handle, line)
      return true
    }
    return this.#rule(handle, line)
  }

  #open(line: string): void {
    const table = line
      .slice(1)
      .split(/[ \t]+/)
      .find(w => w !== '')
    if (table === undefined) return xtablesError(`${PROGRAM}: line ${this.line} table name invalid`)
    this.#table = table
    if (this.#only !== null && this.#only !== table) return
    try {
      this.#handle = iptcInit(netnsOf(this.#ctx, PROGRAM), table)
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code === 'EGRAMMAR') throw e
      return xtablesError(`${PROGRAM}: unable to initialize table '${table}'\n`.trimEnd())
    }
    if (this.#noflush) return
    const chains = this.#handle.chains()
    for (const { name } of chains) {
      if (this.#verbose > 0) this.#ctx.out(`Flushing chain \`${name}'\n`)
      this.#handle.flush(name)
    }
    for (const { name, policy } of chains) {
      if (policy !== null) continue
      if (this.#verbose > 0) this.#ctx.out(`Deleting chain \`${name}'\n`)
      this.#handle.deleteChain(name)
    }
  }

  #commit(handle: IptcHandle): boolean {
    this.#handle = null
    if (this.#testing) return true
    try {
      handle.commit()
      return true
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      return false
    }
  }

  #chain(handle: IptcHandle, line: string): void {
    const [chain, policy, counters] = line.slice(1).split(/[ \t]+/)
    if (chain === undefined || chain === '') return xtablesError(`${PROGRAM}: line ${this.line} chain name invalid`)
    if (chain.length >= NAME_SIZE) xtablesError(`Invalid chain name \`${chain}' (${NAME_SIZE - 1} chars max)`)
    if (!handle.isBuiltin(chain)) {
      if (this.#noflush && handle.isChain(chain)) handle.flush(chain)
      else if (handle.isChain(chain)) xtablesError(`error creating chain '${chain}':${strerror('EEXIST')}`)
      else handle.create(chain)
    }
    if (policy === undefined || policy === '') return xtablesError(`${PROGRAM}: line ${this.line} policy invalid`)
    if (policy === '-') return
    const count = this.#counters
      ? (parseCounters(counters) ?? xtablesError(`invalid policy counters for chain '${chain}'`))
      : NO_COUNTERS
    try {
      handle.setPolicy(chain, policy, count)
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      xtablesError(`Can't set policy \`${policy}' on \`${chain}' line ${this.line}: ${e.message}`, OTHER_PROBLEM)
    }
  }

  #rule(handle: IptcHandle, line: string): boolean {
    let rest = line
    const counters: string[] = []
    if (line.startsWith('[')) {
      const m = /^\[:*([^:]+):\]*([^\]]+)/.exec(line)
      if (m === null || !line.includes(']')) return xtablesError(`Bad line ${this.line}: need ]`)
      rest = line.slice(line.indexOf(']') + 1)
      if (this.#counters) counters.push('--set-counters', m[1]!, m[2]!)
    }
    const words = [...Array<string>(this.#noflush ? 0 : this.#verbose).fill('-v'), ...counters, ...splitLine(rest)]
    const p = parseIptables(PROGRAM, words, this.#table, this.line, this.#ctx.err)
    if (p.ignored) return true
    try {
      doCommand(p, handle, this.#ctx)
      return true
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      return false
    }
  }
}

const textOf = (octets: Uint8Array | null): string => {
  let text = ''
  for (const octet of octets ?? []) text += String.fromCharCode(octet)
  return text
}

/** The command. */
export const iptablesRestoreCommand: Command = {
  name: PROGRAM,
  run: exiting(
    (ctx, argv) => {
      netnsOf(ctx, PROGRAM)
      const restore = new Restore(ctx)
      try {
        return restore.options(argv) ?? restore.run(textOf(ctx.stdin))
      } catch (e) {
        if (!(e instanceof XtablesError)) throw e
        throw xtablesExit(PROGRAM, e, restore.line)
      }
    },
    (ctx, message) => {
      ctx.err(`${PROGRAM}: ${message}\nTry \`${PROGRAM} -h' for more information.\n`)
      return 1
    },
  ),
}
