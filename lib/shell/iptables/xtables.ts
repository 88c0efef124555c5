/**
 * What an extension is for the tool: options, their meaning, and how a rule with it is printed.
 *
 * A match is one file in match/ and one line in extensions.ts, a target one in target/ and one line there; what the kernel
 * does with it stands in netfilter/.
 *
 * @see iptables include/xtables.h, libxtables/xtables.c
 */
import type { IptIp } from '../../rtnl/iptables.js'
import { ToolExit } from '../command/args.js'

/** Kinds of values that options take (enum xt_option_type); `raw` and `rawnone` (without a value) leave all checks
 * to the extension. */
export type XtOptionType =
  | 'none'
  | 'string'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint8rc'
  | 'uint16rc'
  | 'uint32rc'
  | 'uint64rc'
  | 'double'
  | 'markmask32'
  | 'host'
  | 'hostmask'
  | 'plen'
  | 'plenmask'
  | 'protocol'
  | 'ethermac'
  | 'tosmask'
  | 'syslog'
  | 'port'
  | 'portrc'
  | 'raw'
  | 'rawnone'

/** An option of an extension (struct xt_option_entry). */
export interface XtOption {
  /** Name without the dashes. */
  readonly name: string
  /** What it is known by; names that mean the same share one. */
  readonly id: string
  readonly type: XtOptionType
  /** It must be there (XTOPT_MAND). */
  readonly mandatory?: boolean
  /** `!` may stand in front of it (XTOPT_INVERT). */
  readonly invert?: boolean
  /** It may be used more than once (XTOPT_MULTI). */
  readonly multi?: boolean
  /** Ids of options that may not be used with it, in the order in which it is told of them, and of those that must be. */
  readonly excl?: readonly string[]
  readonly also?: readonly string[]
  /** Bounds of a number, or of the length of a string. */
  readonly min?: number
  readonly max?: number
}

/** An option as it was used (struct xt_option_call). */
export interface XtOptionCall {
  readonly ext: string
  readonly option: XtOption
  /** The word behind it, empty for one without. */
  readonly arg: string
  readonly invert: boolean
  /** Ids of the options of this extension that came before. */
  readonly seen: ReadonlySet<string>
  /**
   * Number of uint*, double, port, plen, protocol, syslog, tosmask and ethermac; first and second of uint*rc and portrc (the
   * second is the first when only one was given: `values` is then 1).
   */
  readonly value: number
  readonly value2: number
  readonly values: number
  /** Of markmask32, as int32. Of host, hostmask and plenmask the address is `mark`. Of tosmask the mask. */
  readonly mark: number
  readonly mask: number
  /** Protocol of the rule as it was given so far, and IPT_INV_*. */
  readonly proto: number
  readonly invflags: number
  /** Writes a line that does not end the tool. */
  readonly warn: (text: string) => void
  /** The next word of the command line if it is no option, which is used up by this; null when there is none. */
  readonly nextWord: () => string | null
}

/** How a rule's tests stand when an extension prints: its own tests are `info`. */
interface XtText<I> {
  /** For `-L`: begins with a blank. Numbers instead of names when `numeric`. */
  readonly print?: (info: I, ip: IptIp, numeric: boolean) => string
  /** For `-S` and iptables-save: begins with a blank, empty when all is as it is by default. */
  readonly save?: (info: I, ip: IptIp) => string
}

/** An extension (struct xtables_match, struct xtables_target). `I` is what the kernel's half gets. */
export interface XtablesExtension<I extends object = object> extends XtText<I> {
  readonly name: string
  /** Name of the kernel's half, where that is another one (real_name); rules are printed with it. */
  readonly realName?: string
  /** Name that a rule is printed with (alias); asked of the extension with the kernel's name. */
  readonly alias?: (info: I) => string
  /** Its part of `-h`, without the empty line in front. */
  readonly help: string
  readonly options: readonly XtOption[]
  /** What a rule has before any option. Never changed. */
  readonly init: I
  /** Takes an option: returns what the rule has then. The checks of {@link XtOption} are done, but for `raw`. */
  readonly parse?: (call: XtOptionCall, info: I) => I
  /** All options are there: checks and completes them (final_check). */
  readonly finalCheck?: (info: I, seen: ReadonlySet<string>, warn: (text: string) => void) => I
}

/** An extension as the table of extensions holds it. */
export const extension = <I extends object>(ext: XtablesExtension<I>): XtablesExtension =>
  ext as unknown as XtablesExtension

/** Exit statuses (enum xtables_exittype). */
export const OTHER_PROBLEM = 1
export const PARAMETER_PROBLEM = 2
export const VERSION_PROBLEM = 3
export const RESOURCE_PROBLEM = 4

/** An error of the tool, worded by {@link xtablesErrorText} where the name of the program is known. */
export class XtablesError extends Error {
  override readonly name = 'XtablesError'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Leaves the tool with an error (xtables_error). `message` has no line end of its own, or an extra one. */
export const xtablesError = (message: string, status: number = PARAMETER_PROBLEM): never => {
  throw new XtablesError(status, message)
}

/** What follows a wrong call (exit_tryhelp). `line` is that of iptables-restore, 0 for none. */
export const tryHelpText = (program: string, line: number): string =>
  `${line > 0 ? `Error occurred at line: ${line}\n` : ''}Try \`${program} -h' or '${program} --help' for more information.\n`

export const VERSION = '1.8.9 (legacy)'

/** The end of the tool with an error (xtables_basic_exit_err). */
export const xtablesExit = (program: string, e: XtablesError, line: number): ToolExit => {
  const text = `${program} v${VERSION}: ${e.message}\n`
  if (e.status === PARAMETER_PROBLEM) return new ToolExit(e.status, text + tryHelpText(program, line))
  if (e.status === VERSION_PROBLEM)
    return new ToolExit(e.status, `${text}Perhaps ${program} or your kernel needs to be upgraded.\n`)
  return new ToolExit(e.status, text)
}

/** Number of a word in decimal, octal (0...) or hex (0x...) within bounds, or null (xtables_strtoul). */
export const strtoul = (word: string, min: number, max: number): number | null => {
  const m = /^\s*\+?(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))$/.exec(word)
  if (m === null) return null
  const n =
    m[1] !== undefined ? Number.parseInt(m[1], 16) : m[2] !== undefined ? Number.parseInt(m[2], 8) : Number(m[3])
  return n >= min && n <= max ? n : null
}

/** The number that a text begins with, and what follows it; null when it begins otherwise, or is out of bounds. */
export const strtoulPrefix = (
  text: string,
  min: number,
  max: number,
): { readonly value: number; readonly rest: string } | null => {
  const m = /^\s*\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text)
  const value = m === null ? null : strtoul(m[1]!, min, max)
  return value === null ? null : { value, rest: text.slice(m![0].length) }
}

/** Refuses the value of an option (xtables_param_act, XTF_BAD_VALUE). */
export const badValue = (ext: string, option: string, value: string): never =>
  xtablesError(`${ext}: Bad value for "${option}" option: "${value}"`)

const NO_QUOTE = /^[-_0-9a-zA-Z]+$/

/** ` TEXT` as it can be read again, quoted where it must be (xtables_save_string). */
export const saveString = (text: string): string =>
  NO_QUOTE.test(text) ? ` ${text}` : ` "${text.replace(/["\\']/g, '\\$&')}"`

/** A 32-bit number as `0x1`. */
export const hex32 = (n: number): string => `0x${(n >>> 0).toString(16)}`

/** An octet as `0x0a`. */
export const hex8 = (n: number): string => `0x${n.toString(16).padStart(2, '0')}`
