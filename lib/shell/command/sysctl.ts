/**
 * `sysctl` of procps 4.0.2 over the keys of a namespace.
 *
 * A key that Linux has and netloom has not is refused by name, which ends the script; one that Linux has not either is
 * answered as by the real tool. `-a` lists the keys that netloom has. Refused: reading settings from files.
 *
 * @see sysctl(8)
 */
import type { Netns } from '../../core/netns.js'
import { type SysctlEntry, sysctlDevice, sysctlName } from '../../core/sysctl.js'
import { isLinuxSysctl } from '../../core/sysctl-linux.js'
import { NetloomError } from '../../errors.js'
import type { Command, CommandContext } from '../../app/command.js'
import { Getopt, type LongOption } from '../getopt.js'
import { posixRegex, RegexError } from '../posix-regex.js'
import { ToolExit, unsupported } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'

const SPEC = 'bneNwfpqoxaAXr:Vdh'
const LONG: readonly LongOption[] = [
  { name: 'all', takesValue: false, option: 'a' },
  { name: 'binary', takesValue: false, option: 'b' },
  { name: 'ignore', takesValue: false, option: 'e' },
  { name: 'names', takesValue: false, option: 'N' },
  { name: 'values', takesValue: false, option: 'n' },
  { name: 'load', takesValue: false, option: 'p' },
  { name: 'quiet', takesValue: false, option: 'q' },
  { name: 'write', takesValue: false, option: 'w' },
  { name: 'system', takesValue: false, option: 'f' },
  { name: 'pattern', takesValue: true, option: 'r' },
  { name: 'help', takesValue: false, option: 'h' },
  { name: 'version', takesValue: false, option: 'V' },
]
const USAGE = `
Usage:
 sysctl [options] [variable[=value] ...]
 options: -a -b -e -h -N -n -q -r <expression> -V -w
`
const SUPPORTED = '-a -b -e -N -n -q -r -w'

/** The pattern of `-r`. No key fits one that cannot be read, of which sysctl(8) says nothing. */
const keyPattern = (text: string): RegExp => {
  try {
    return posixRegex(text)
  } catch (e) {
    if (!(e instanceof RegexError)) throw e
    return /(?!)/
  }
}

/** What the command line says. */
class Parsed {
  isQuiet = false
  isWrite = false
  showsAll = false
  ignoresUnknown = false
  /** What is printed of a key: both sides, the value, the value without line end, the name. */
  form: 'both' | 'value' | 'binary' | 'name' = 'both'
  pattern: RegExp | null = null
}

const parse = (p: Parsed, option: string, value: string): void => {
  switch (option) {
    case 'a':
    case 'A':
    case 'X':
      p.showsAll = true
      return
    case 'b':
      p.form = 'binary'
      return
    case 'e':
      p.ignoresUnknown = true
      return
    case 'N':
      p.form = 'name'
      return
    case 'n':
      if (p.form === 'both') p.form = 'value'
      return
    case 'q':
      p.isQuiet = true
      return
    case 'r':
      p.pattern = keyPattern(value)
      return
    case 'w':
      p.isWrite = true
      return
    case 'o':
    case 'x':
      return
    default:
      throw unsupported('sysctl', `-${option}`, SUPPORTED)
  }
}

const line = (p: Parsed, key: string, value: string): string => {
  switch (p.form) {
    case 'name':
      return `${key}\n`
    case 'value':
      return `${value}\n`
    case 'binary':
      return value
    default:
      return `${key} = ${value}\n`
  }
}

/** Prints entries that fit the pattern. */
const print = (ctx: CommandContext, p: Parsed, entries: readonly SysctlEntry[]): void => {
  for (const entry of entries)
    if (entry.read !== undefined && (p.pattern === null || p.pattern.test(entry.name)))
      ctx.out(line(p, entry.name, entry.read()))
}

/** What the tool says about a key that is not there; throws for one that Linux has. */
const unknown = (ctx: CommandContext, p: Parsed, netns: Netns, word: string, key: string, message: string): number => {
  if (isLinuxSysctl(key, ['all', 'default', ...netns.devices.map(d => sysctlDevice(d.name))]))
    throw new NetloomError('EGRAMMAR', `sysctl: netloom does not implement ${key}; sysctl -a lists what it has`, {
      word,
      key,
    })
  if (p.ignoresUnknown) return 0
  ctx.err(`sysctl: ${message}\n`)
  return 1
}

const readKey = (ctx: CommandContext, p: Parsed, netns: Netns, word: string): number => {
  const key = sysctlName(word)
  if (key === '') throw new ToolExit(255, `sysctl: "${word}" is an unknown key\n`)
  const all = netns.sysctl.list()
  const entries = all.filter(e => e.name === key || e.name.startsWith(`${key}.`))
  if (entries.length === 0) {
    try {
      netns.sysctl.get(word)
    } catch (e) {
      if (e instanceof NetloomError) return unknown(ctx, p, netns, word, key, e.message)
      throw e
    }
  }
  print(ctx, p, entries)
  return 0
}

const writeKey = (ctx: CommandContext, p: Parsed, netns: Netns, setting: string): number => {
  const equals = setting.indexOf('=')
  const word = setting.slice(0, equals).trim().replace(/^-/, '')
  const value = setting.slice(equals + 1).trim()
  const key = sysctlName(word)
  if (key === '') throw new ToolExit(1, 'sysctl: Path is not under /proc/sys/: /proc/sys/\n')
  try {
    netns.sysctl.set(word, value)
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    if (e.code === 'ENOENT') return unknown(ctx, p, netns, setting, key, e.message)
    if (e.code === 'EOPNOTSUPP') throw new NetloomError('EGRAMMAR', `sysctl: ${e.message}`, { word: setting })
    ctx.err(`sysctl: setting key "${key}": Invalid argument\n`)
    // A key that nobody may write is a message and no failure.
    return e.code === 'EACCES' ? 0 : 1
  }
  if (!p.isQuiet) ctx.out(line(p, key, value))
  return 0
}

const run = (ctx: CommandContext, argv: readonly string[]): number => {
  const getopt = new Getopt(argv.slice(1), SPEC, LONG)
  const p = new Parsed()
  for (let o = getopt.next(); o !== null; o = getopt.next()) {
    if (o.option === 'h' || o.option === 'd') throw new ToolExit(0, USAGE)
    if (o.option === 'V') {
      ctx.out('sysctl from procps-ng 4.0.2\n')
      return 0
    }
    parse(p, o.option, o.value)
  }
  const { operands } = getopt
  if (argv.length === 1) throw new ToolExit(1, USAGE)
  if (operands.length === 0 && !p.showsAll)
    throw new ToolExit(1, "sysctl: no variables specified\nTry `sysctl --help' for more information.\n")
  const netns = netnsOf(ctx, 'sysctl')
  if (p.showsAll) {
    print(ctx, p, netns.sysctl.list())
    return 0
  }
  let status = 0
  for (const word of operands) {
    if (!p.isWrite && !word.includes('=')) status |= readKey(ctx, p, netns, word)
    // A single character is no setting, and not worth a message.
    else if (word.length < 2) status = 1
    else if (word.includes('=')) status |= writeKey(ctx, p, netns, word)
    else {
      ctx.err('sysctl: command line(0): invalid syntax, continuing...\n')
      status = 1
    }
  }
  return status
}

/** The command `sysctl`. */
export const sysctlCommand: Command = {
  name: 'sysctl',
  run: exiting(run, (ctx, message) => {
    ctx.err(`sysctl: ${message}\n`)
    ctx.out(USAGE)
    return 0
  }),
}
