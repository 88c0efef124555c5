/**
 * `arping`: the command line of iputils arping over app/arping.ts. Names are not resolved.
 *
 * @see arping(8)
 */
import { arping, type ArpingOptions } from '../../app/arping.js'
import type { Process } from '../../app/process.js'
import { NetloomError } from '../../errors.js'
import { ArpingText } from '../../report/arping-text.js'
import { parseIpv4Aton } from '../../wire/ip.js'
import type { Command, CommandContext } from '../../app/command.js'
import { Getopt } from '../getopt.js'
import { ToolExit } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'
import { wholeNumber } from './numbers.js'
import { ARPING_USAGE } from './usage-text.js'

const SPEC = 'h?bfDUAqc:w:i:s:I:V'
const INT_MAX = 2147483647
const VERSION =
  'arping from iputils 20221126\nlibcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
interface Parsed {
  readonly options: Mutable<ArpingOptions>
  isQuiet: boolean
  source: string
}

const fail = (message: string): never => {
  throw new ToolExit(2, `arping: ${message}\n`)
}

const count = (value: string, min: number): number => wholeNumber('arping', value, min, INT_MAX)

const apply = (p: Parsed, option: string, value: string): void => {
  const { options } = p
  switch (option) {
    case 'b':
      options.broadcastOnly = true
      return
    case 'D':
      options.detectDuplicate = true
      return
    case 'U':
      options.announce ??= 'request'
      return
    case 'A':
      options.announce = 'reply'
      return
    case 'q':
      p.isQuiet = true
      return
    case 'f':
      options.quitOnReply = true
      return
    case 'c':
      options.count = count(value, 1)
      return
    case 'w':
      options.timeoutSec = count(value, 0)
      return
    case 'i':
      options.intervalSec = count(value, 0)
      return
    case 'I':
      options.device = value
      return
    case 's':
      p.source = value
      return
    default:
      throw new ToolExit(2, ARPING_USAGE)
  }
}

const address = (word: string, otherwise: string): number => {
  try {
    return parseIpv4Aton(word)
  } catch {
    return fail(otherwise)
  }
}

/** What is wrong with the device goes to standard output, and not at all with -q. */
const startError = (e: unknown, p: Parsed, ctx: CommandContext): number => {
  if (!(e instanceof NetloomError) || e.code === 'EGRAMMAR' || e.code === 'ESTORM') throw e
  if (e.context['device'] === true) {
    if (!p.isQuiet) ctx.out(`${e.message}\n`)
    return 2
  }
  ctx.err(`arping: ${e.message}\n`)
  return e.code === 'ENETUNREACH' ? 1 : 2
}

const run = (ctx: CommandContext, argv: readonly string[]): number | Process => {
  const getopt = new Getopt(argv.slice(1), SPEC)
  const p: Parsed = { options: {}, isQuiet: false, source: '' }
  for (let o = getopt.next(); o !== null; o = getopt.next()) {
    if (o.option === 'V') {
      ctx.out(VERSION)
      return 0
    }
    apply(p, o.option, o.value)
  }
  const [target, ...others] = getopt.operands
  if (target === undefined || others.length > 0) throw new ToolExit(2, ARPING_USAGE)
  const to = address(target, `${target}: Name or service not known`)
  if (p.source !== '') p.options.source = address(p.source, `invalid source ${p.source}`)
  const netns = netnsOf(ctx, 'arping')
  try {
    return arping(netns, to, p.options, new ArpingText(p.isQuiet)).process
  } catch (e) {
    return startError(e, p, ctx)
  }
}

/** The command `arping`. */
export const arpingCommand: Command = {
  name: 'arping',
  run: exiting(run, (ctx, message) => {
    ctx.err(`arping: ${message}\n${ARPING_USAGE}`)
    return 2
  }),
}
