/**
 * State files: what `ip neigh`, `bridge fdb`, `conntrack -L`, `iptables-save` and the like printed at the end of a
 * scenario. The ending of the name says which columns are ages and whether the order of lines means anything.
 *
 * Blanks at the end of a line and empty lines at the end of a file never count.
 */
import { align } from './align.js'

/** Name of a mask of state files, as the figures of a comparison list it. */
export type StateMask =
  | 'iptables-comment'
  | 'ct-timeout'
  | 'ct-use'
  | 'ct-id'
  | 'neigh-age'
  | 'fdb-age'
  | 'route-expires'
  | 'address-lifetime'
  | 'ping-time'

/** A column that is not compared. */
interface Column {
  readonly mask: StateMask
  readonly pattern: RegExp
  readonly put: string
}

/** How files of one ending are compared. */
interface StateRule {
  /** The tool lists a hash table: lines are sorted before they are compared. */
  readonly unordered: boolean
  readonly columns: readonly Column[]
  /** Lines that are left out. */
  readonly comment?: { readonly mask: StateMask; readonly pattern: RegExp }
}

const column = (mask: StateMask, pattern: RegExp, put: string): Column => ({ mask, pattern, put })

/** iproute2 `-s`: used/confirmed/updated seconds. */
const USED = /\bused [\d/]+/

const PLAIN: StateRule = { unordered: false, columns: [] }

const RULES: Readonly<Record<string, StateRule>> = {
  iptables: { unordered: false, columns: [], comment: { mask: 'iptables-comment', pattern: /^#/ } },
  conntrack: {
    unordered: true,
    columns: [
      // tcp      6 119 ESTABLISHED ...: name, number, seconds left
      column('ct-timeout', /^(\S+\s+\d+\s+)\d+(?=\s)/, '$1SECONDS'),
      column('ct-use', /\buse=\d+/, 'use=COUNT'),
      column('ct-id', /\bid=\d+/, 'id=ID'),
    ],
  },
  neigh: {
    unordered: true,
    columns: [
      column('neigh-age', USED, 'used AGES'),
      column('neigh-age', /\bprobes \d+/, 'probes COUNT'),
      column('neigh-age', /\bref \d+ ?/, ''),
    ],
  },
  fdb: { unordered: true, columns: [column('fdb-age', USED, 'used AGES')] },
  macs: { unordered: true, columns: [column('fdb-age', /\d+\.\d+$/, 'AGE')] },
  route: {
    unordered: false,
    columns: [
      column('route-expires', /\bexpires \d+sec/, 'expires SECONDS'),
      column('route-expires', /\bage \d+sec/, 'age SECONDS'),
    ],
  },
  addr: {
    unordered: false,
    columns: [column('address-lifetime', /\b(valid_lft|preferred_lft) \d+sec/g, '$1 SECONDS')],
  },
  ping: {
    unordered: false,
    columns: [
      column('ping-time', /time=[\d.]+ ms/, 'time=TIME'),
      column('ping-time', /, time \d+ms/, ', time TIME'),
      column('ping-time', /^rtt .*$/, 'rtt TIMES'),
      column('ping-time', /, pipe \d+/, ''),
    ],
  },
}

const ruleFor = (file: string): StateRule => {
  const dot = file.lastIndexOf('.')
  const ending = dot < 0 ? '' : file.slice(dot + 1)
  return Object.hasOwn(RULES, ending) ? RULES[ending]! : PLAIN
}

/** A state file in the form in which it is compared. */
export interface StateText {
  readonly lines: readonly string[]
  /** One entry for each column covered and each line left out. */
  readonly masks: readonly StateMask[]
}

/** Brings the text of state file `file` into the form in which it is compared. */
export const canonState = (file: string, text: string): StateText => {
  const rule = ruleFor(file)
  const masks: StateMask[] = []
  const raw = text.split('\n').map(line => line.trimEnd())
  while (raw.at(-1) === '') raw.pop()
  const lines: string[] = []
  for (const line of raw) {
    if (rule.comment?.pattern.test(line) === true) {
      masks.push(rule.comment.mask)
      continue
    }
    let covered = line
    for (const { mask, pattern, put } of rule.columns) {
      const next = covered.replace(pattern, put)
      if (next !== covered) masks.push(mask)
      covered = next
    }
    lines.push(covered)
  }
  return { lines: rule.unordered ? lines.sort() : lines, masks }
}

/** A line of one side only: `-` recorded and not found, `+` found and not recorded, ` ` on both sides. */
export interface DiffLine {
  readonly side: '-' | '+' | ' '
  readonly text: string
}

/** All lines of two lists as a diff in order; without differences every line has side ' '. */
export const diffLines = (recorded: readonly string[], actual: readonly string[]): DiffLine[] => {
  const diff: DiffLine[] = []
  let i = 0
  let j = 0
  for (const [ri, ai] of [...align(recorded, actual), [recorded.length, actual.length] as const]) {
    while (i < ri) diff.push({ side: '-', text: recorded[i++]! })
    while (j < ai) diff.push({ side: '+', text: actual[j++]! })
    if (i < recorded.length) diff.push({ side: ' ', text: recorded[i]! })
    i++
    j++
  }
  return diff
}

/** What came out of comparing one state file. */
export interface StateResult {
  readonly file: string
  readonly equal: boolean
  /** False when the run left no such file. */
  readonly found: boolean
  readonly diff: readonly DiffLine[]
  readonly masks: readonly StateMask[]
}

/** Compares a state file with the recorded one; `actual` is null when the run left none. */
export const compareState = (file: string, recorded: string, actual: string | null): StateResult => {
  const wanted = canonState(file, recorded)
  const diff = diffLines(wanted.lines, actual === null ? [] : canonState(file, actual).lines)
  const equal = actual !== null && diff.every(line => line.side === ' ')
  return { file, equal, found: actual !== null, diff, masks: wanted.masks }
}
