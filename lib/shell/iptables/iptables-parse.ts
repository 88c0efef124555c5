/**
 * The command line of iptables: what is to be done, and with which rule.
 *
 * @see iptables iptables/xshared.c do_parse
 */
import {
  IPT_F_FRAG,
  IPT_F_GOTO,
  IPT_INV_DSTIP,
  IPT_INV_FRAG,
  IPT_INV_SRCIP,
  IPT_INV_VIA_IN,
  IPT_INV_VIA_OUT,
  STANDARD_TARGETS,
  XT_INV_PROTO,
  type XtCounters,
  type XtEntry,
} from '../../rtnl/iptables.js'
import { ToolExit } from '../command/args.js'
import { type AddrMask, parseAddresses, parseInterface, parseProtocol, protoToName } from './addresses.js'
import { findMatch, findTarget } from './extensions.js'
import { type BaseOption, BaseOptions, type ExtensionUse, XtGetopt, type XtOpt } from './xt-getopt.js'
import { strtoul, tryHelpText, type XtablesExtension, xtablesError } from './xtables.js'
import { optionCall, optionsCheck } from './xtoptions.js'

const COMMANDS = 'ACDRILSFZNXEP'

const opt = (letter: string, arg: 0 | 1 | 2, ...names: string[]): BaseOption => ({ letter, arg, names })

const OPTIONS: BaseOptions = new BaseOptions([
  opt('A', 1, 'append'),
  opt('D', 1, 'delete'),
  opt('C', 1, 'check'),
  opt('I', 1, 'insert'),
  opt('R', 1, 'replace'),
  opt('L', 2, 'list'),
  opt('S', 2, 'list-rules'),
  opt('F', 2, 'flush'),
  opt('Z', 2, 'zero'),
  opt('N', 1, 'new-chain'),
  opt('X', 2, 'delete-chain'),
  opt('E', 1, 'rename-chain'),
  opt('P', 1, 'policy'),
  opt('s', 1, 'source', 'src'),
  opt('d', 1, 'destination', 'dst'),
  opt('p', 1, 'protocol'),
  opt('i', 1, 'in-interface'),
  opt('j', 1, 'jump'),
  opt('t', 1, 'table'),
  opt('m', 1, 'match'),
  opt('n', 0, 'numeric'),
  opt('o', 1, 'out-interface'),
  opt('v', 0, 'verbose'),
  opt('w', 2, 'wait'),
  opt('W', 2, 'wait-interval'),
  opt('x', 0, 'exact'),
  opt('f', 0, 'fragments'),
  opt('V', 0, 'version'),
  opt('h', 2, 'help'),
  opt('0', 0, 'line-numbers'),
  opt('M', 1, 'modprobe'),
  opt('c', 1, 'set-counters'),
  opt('g', 1, 'goto'),
  opt('4', 0, 'ipv4'),
  opt('6', 0, 'ipv6'),
])

/** What an option is checked by: the commands that it goes with, and the flag for `!` in front of it. */
const RULE_COMMANDS = 'IDRAC'
const LEGAL: Readonly<Record<string, string>> = {
  n: 'L',
  s: RULE_COMMANDS,
  d: RULE_COMMANDS,
  p: RULE_COMMANDS,
  j: RULE_COMMANDS,
  x: 'L',
  i: RULE_COMMANDS,
  o: RULE_COMMANDS,
  '0': 'L',
  c: 'IRAP',
  f: RULE_COMMANDS,
}
const INVERSE: Readonly<Record<string, number>> = {
  s: IPT_INV_SRCIP,
  d: IPT_INV_DSTIP,
  p: XT_INV_PROTO,
  i: IPT_INV_VIA_IN,
  o: IPT_INV_VIA_OUT,
  f: IPT_INV_FRAG,
}

/** Longest name of a chain, with the octet behind it. */
const NAME_SIZE = 29

/** What a command line says. */
export class ParsedCommand {
  /** Letter of the command; with `L` or `S` there may be `Z` as well. */
  command = ''
  zero = false
  /** A number was given with -D or -Z. */
  byNumber = false
  table: string
  chain: string | null = null
  rulenum = 0
  newname = ''
  policy = ''
  help: boolean | 'version' = false
  verbose = 0
  readonly options: Set<string> = new Set()
  proto = 0
  invflags = 0
  flags = 0
  iniface = ''
  outiface = ''
  source: readonly AddrMask[] = [{ addr: 0, mask: 0 }]
  destination: readonly AddrMask[] = [{ addr: 0, mask: 0 }]
  counters: XtCounters = { packets: 0, bytes: 0 }
  /** Name after -j or -g. */
  jumpto = ''
  matches: ExtensionUse[] = []
  target: ExtensionUse | null = null
  /** The line is for ip6tables. */
  ignored = false

  constructor(table: string) {
    this.table = table
  }
}

/** Rules in the way the kernel takes them. */
export const entryOf = ({ ext, info }: ExtensionUse): XtEntry => ({ name: ext.realName ?? ext.name, info })

const NAME_SPACE = /[ \t\n\v\f\r]/

const checkTargetName = (name: string): string => {
  if (name === '') xtablesError('Invalid target name (too short)')
  if (name.length >= NAME_SIZE) xtablesError(`Invalid target name \`${name}' (${NAME_SIZE - 1} chars max)`)
  if (NAME_SPACE.test(name)) xtablesError(`Invalid target name \`${name}'`)
  return name
}

/** Refuses names that a new chain cannot have (assert_valid_chain_name). */
const checkChainName = (name: string): void => {
  if (name.length >= NAME_SIZE) xtablesError(`chain name \`${name}' too long (must be under ${NAME_SIZE} chars)`)
  if (name.startsWith('-') || name.startsWith('!')) xtablesError(`chain name not allowed to start with \`${name[0]}'`)
  if (findTarget(name) !== null || STANDARD_TARGETS.includes(name))
    xtablesError('chain name may not clash with target name')
  if (NAME_SPACE.test(name)) xtablesError(`Invalid chain name \`${name}'`)
}

const ruleNumber = (word: string): number =>
  strtoul(word, 1, 0x7fffffff) ?? xtablesError(`Invalid rule number \`${word}'`)

/** Reads one command line. */
class Parser {
  readonly #getopt: XtGetopt
  readonly #out: ParsedCommand
  readonly #program: string
  readonly #warn: (text: string) => void
  readonly #line: number
  #protocol: string | null = null
  #invert = false
  #sourceText: string | null = null
  #destinationText: string | null = null
  #isWaiting = false
  #hasWaitInterval = false

  constructor(program: string, words: readonly string[], table: string, line: number, warn: (text: string) => void) {
    this.#warn = warn
    this.#getopt = new XtGetopt(words, OPTIONS)
    this.#out = new ParsedCommand(table)
    this.#program = program
    this.#line = line
  }

  parse(): ParsedCommand {
    const out = this.#out
    for (let o = this.#getopt.next(); o !== null; o = this.#getopt.next()) {
      if (o.kind === 'operand' && o.word === '!') {
        if (this.#invert) xtablesError('multiple consecutive ! not allowed')
        this.#invert = true
        continue
      }
      if (!this.#option(o)) continue
      if (out.help !== false || out.ignored) return out
      this.#invert = false
    }
    this.#finish()
    return out
  }

  /** False when the option is to be looked up again. */
  #option(o: XtOpt): boolean {
    switch (o.kind) {
      case 'operand':
        throw new ToolExit(2, `Bad argument \`${o.word}'\n${tryHelpText(this.#program, this.#line)}`)
      case 'base':
        if (COMMANDS.includes(o.letter)) this.#command(o.letter, o.arg)
        else this.#base(o.letter, o.arg)
        return true
      case 'extension':
        this.#extension(o)
        return true
      default:
        if (this.#loadProto()) return false
        return xtablesError(
          o.kind === 'missing' ? `option "${o.text}" requires an argument` : `unknown option "${o.text}"`,
        )
    }
  }

  /** The match of the rule's protocol, which need not be named (load_proto). */
  #loadProto(): boolean {
    if (this.#protocol === null) return false
    const number = strtoul(this.#protocol, 0, 255)
    const name = number === null ? this.#protocol : protoToName(number)
    const ext = name === null ? null : findMatch(name)
    if (ext === null || this.#out.matches.some(m => m.ext === ext)) return false
    this.#addMatch(ext)
    this.#getopt.again()
    return true
  }

  #addMatch(ext: XtablesExtension): void {
    const isNew = !this.#out.matches.some(m => m.ext === ext)
    this.#out.matches.push({ ext, info: ext.init, seen: new Set() })
    if (isNew) this.#getopt.add(ext, false)
  }

  #extension(o: XtOpt & { readonly kind: 'extension' }): void {
    const { target, matches } = this.#out
    const use = o.isTarget ? target : matches.findLast(m => m.ext.name === o.use)
    if (use === null || use === undefined) return xtablesError(`unknown option "--${o.option.name}"`)
    const nextWord = (): string | null => (this.#getopt.hasArg ? this.#getopt.take() : null)
    const { proto, invflags } = this.#out
    const call = optionCall(use.ext, o.option, {
      arg: o.arg,
      invert: this.#invert,
      seen: use.seen,
      nextWord,
      proto,
      invflags,
      warn: this.#warn,
    })
    if (use.ext.parse !== undefined) use.info = use.ext.parse(call, use.info)
    use.seen.add(o.option.id)
  }

  #setOption(letter: string): void {
    const { options } = this.#out
    if (options.has(letter)) xtablesError(`multiple -${letter} flags not allowed`)
    options.add(letter)
    if (!this.#invert) return
    const flag = INVERSE[letter] ?? xtablesError(`cannot have ! before -${letter}`)
    this.#out.invflags |= flag
  }

  #addCommand(letter: string, others: string): void {
    const out = this.#out
    if (this.#invert) xtablesError("unexpected '!' flag")
    const has = out.command + (out.zero ? 'Z' : '')
    const clash = [...has].find(c => !others.includes(c))
    if (clash !== undefined) xtablesError(`Cannot use -${letter} with -${clash}`)
    if (letter === 'Z' && out.command !== '') out.zero = true
    else {
      out.zero = out.command === 'Z' && letter !== 'Z'
      out.command = letter
    }
  }

  #command(letter: string, arg: string | null): void {
    const out = this.#out
    const getopt = this.#getopt
    if (letter === 'N') checkChainName(arg!)
    this.#addCommand(letter, letter === 'L' || letter === 'S' ? 'Z' : letter === 'Z' ? 'LS' : '')
    if ('LSFZX'.includes(letter)) {
      if (arg !== null) out.chain = arg
      else if (getopt.hasArg) out.chain = getopt.take()
    } else out.chain = arg
    switch (letter) {
      case 'L':
      case 'S':
        if (getopt.hasArg) out.rulenum = ruleNumber(getopt.take())
        break
      case 'D':
      case 'Z':
        if (!getopt.hasArg) break
        out.rulenum = ruleNumber(getopt.take())
        out.byNumber = true
        break
      case 'R':
        if (!getopt.hasArg) xtablesError('-R requires a rule number')
        out.rulenum = ruleNumber(getopt.take())
        break
      case 'I':
        out.rulenum = getopt.hasArg ? ruleNumber(getopt.take()) : 1
        break
      case 'E':
        if (!getopt.hasArg) xtablesError('-E requires old-chain-name and new-chain-name')
        out.newname = getopt.take()
        checkChainName(out.newname)
        break
      case 'P':
        if (!getopt.hasArg) xtablesError('-P requires a chain and a policy')
        out.policy = getopt.take()
        break
    }
  }

  #base(letter: string, arg: string | null): void {
    const out = this.#out
    switch (letter) {
      case 'p':
        this.#setOption('p')
        this.#protocol = arg!.toLowerCase()
        out.proto = parseProtocol(this.#protocol)
        if (out.proto === 0 && out.invflags & XT_INV_PROTO) xtablesError('rule would never match protocol')
        return
      case 's':
        this.#setOption('s')
        this.#sourceText = arg
        return
      case 'd':
        this.#setOption('d')
        this.#destinationText = arg
        return
      case 'i':
        if (arg === '') xtablesError('Empty interface is likely to be undesired')
        this.#setOption('i')
        out.iniface = parseInterface(arg!)
        return
      case 'o':
        if (arg === '') xtablesError('Empty interface is likely to be undesired')
        this.#setOption('o')
        out.outiface = parseInterface(arg!)
        return
      case 'g':
        this.#setOption('j')
        out.flags |= IPT_F_GOTO
        out.jumpto = checkTargetName(arg!)
        return
      case 'j':
        return this.#jump(arg!)
      case 'm':
        return this.#match(arg!)
      case 'f':
        this.#setOption('f')
        out.flags |= IPT_F_FRAG
        return
      case 'n':
      case 'x':
      case '0':
        return this.#setOption(letter)
      case 'v':
        if (out.verbose++ === 0) this.#setOption('v')
        return
      default:
        return this.#rest(letter, arg)
    }
  }

  #rest(letter: string, arg: string | null): void {
    const out = this.#out
    switch (letter) {
      case 't':
        if (this.#invert) xtablesError('unexpected ! flag before --table')
        if (this.#line > 0) xtablesError(`The -t option cannot be used in ${this.#program}.\n`)
        out.table = arg!
        return
      case 'c':
        return this.#counters(arg!)
      case 'w':
        return this.#wait(arg)
      case 'W':
        return this.#waitInterval(arg)
      case 'V':
        out.help = 'version'
        return
      case 'h':
        out.help = true
        if (out.matches.length === 0) this.#loadProto()
        return
      case '6':
        if (this.#line > 0) out.ignored = true
        else throw new ToolExit(2, tryHelpText(this.#program, this.#line))
    }
  }

  #jump(name: string): void {
    this.#setOption('j')
    const out = this.#out
    out.jumpto = checkTargetName(name)
    const ext = findTarget(name)
    if (ext === null) return
    out.target = { ext, info: ext.init, seen: new Set() }
    this.#getopt.add(ext, true)
  }

  #match(name: string): void {
    if (this.#invert) xtablesError('unexpected ! flag before --match')
    const ext = findMatch(name) ?? xtablesError(`Couldn't load match \`${name}':No such file or directory\n`)
    this.#addMatch(ext)
  }

  #counters(arg: string): void {
    this.#setOption('c')
    const [packets, rest] = arg.split(',', 2)
    const bytes = rest ?? (this.#getopt.hasArg ? this.#getopt.take() : null)
    if (bytes === null) return xtablesError('-c requires packet and byte counter')
    const number = (word: string, what: string): number => {
      const m = /^\s*[-+]?\d+/.exec(word)
      return m === null ? xtablesError(`-c ${what} counter not numeric`) : Number(m[0])
    }
    this.#out.counters = { packets: number(packets!, 'packet'), bytes: number(bytes, 'byte') }
  }

  #wait(arg: string | null): void {
    if (this.#line > 0) xtablesError("You cannot use `-w' from iptables-restore")
    this.#isWaiting = true
    const word = arg ?? (this.#getopt.hasArg ? this.#getopt.take() : null)
    if (word !== null && !/^\s*[-+]?\d/.test(word)) xtablesError('wait seconds not numeric')
  }

  #waitInterval(arg: string | null): void {
    if (this.#line > 0) xtablesError("You cannot use `-W' from iptables-restore")
    this.#hasWaitInterval = true
    const word = arg ?? (this.#getopt.hasArg ? this.#getopt.take() : xtablesError('wait interval value required'))
    const usec = /^\s*\+?\d+/.exec(word)
    if (usec === null) return xtablesError('wait interval not numeric')
    if (Number(usec[0]) > 999999) xtablesError(`too long usec wait ${Number(usec[0])} > 999999 usec`)
    this.#warn('Ignoring deprecated --wait-interval option.\n')
  }

  #finish(): void {
    const out = this.#out
    if (out.table === 'nat' && (out.policy === 'DROP' || out.jumpto === 'DROP'))
      xtablesError('\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n')
    if (this.#hasWaitInterval && !this.#isWaiting) xtablesError('--wait-interval only makes sense with --wait\n')
    for (const use of out.matches) finishUse(use, this.#warn)
    if (out.target !== null) finishUse(out.target, this.#warn)
    if (out.command === '') xtablesError('no command specified')
    if (this.#invert) xtablesError('nothing appropriate following !')
    if (this.#sourceText !== null) out.source = parseAddresses(this.#sourceText)
    if (this.#destinationText !== null) out.destination = parseAddresses(this.#destinationText)
    if ((out.source.length > 1 || out.destination.length > 1) && out.invflags & (IPT_INV_SRCIP | IPT_INV_DSTIP))
      xtablesError('! not allowed with multiple source or destination IP addresses')
    if (out.command === 'R' && (out.source.length !== 1 || out.destination.length !== 1))
      xtablesError('Replacement rule does not specify a unique address')
    this.#checkOptions()
    this.#checkChain()
  }

  #checkOptions(): void {
    const { options, command } = this.#out
    // A number after -D takes the place of a rule.
    const rule = command === 'D' && this.#out.byNumber ? '' : command
    for (const letter of 'nsdpjvxio0cf') {
      if (!options.has(letter) || letter === 'v') continue
      if (rule === '' || !LEGAL[letter]!.includes(rule)) xtablesError(`Illegal option \`-${letter}' with this command`)
    }
  }

  #checkChain(): void {
    const { chain, command, options } = this.#out
    if (chain === null) return
    if (chain.length >= NAME_SIZE) xtablesError(`chain name \`${chain}' too long (must be under ${NAME_SIZE} chars)`)
    if (!RULE_COMMANDS.includes(command)) return
    if ((chain === 'PREROUTING' || chain === 'INPUT') && options.has('o')) xtablesError(`Can't use -o with ${chain}\n`)
    if ((chain === 'POSTROUTING' || chain === 'OUTPUT') && options.has('i'))
      xtablesError(`Can't use -i with ${chain}\n`)
  }
}

const finishUse = (use: ExtensionUse, warn: (text: string) => void): void => {
  if (use.ext.finalCheck !== undefined) use.info = use.ext.finalCheck(use.info, use.seen, warn)
  optionsCheck(use.ext, use.seen)
}

/**
 * Reads a command line; `words` without the program's name. `line` is that of iptables-restore, 0 for the command; `warn`
 * gets lines that do not end the tool.
 */
export const parseIptables = (
  program: string,
  words: readonly string[],
  table: string,
  line: number,
  warn: (text: string) => void,
): ParsedCommand => new Parser(program, words, table, line, warn).parse()
