/**
 * Brace expansion of bash: `{a,b}` and `{1..3}`, which stand outside of quotes.
 *
 * @see bash(1), Brace Expansion
 */
import { grammarError } from './source.js'
import type { Word, WordPart } from './syntax.js'

/** Most words that a sequence may give. */
const MOST_WORDS = 100_000
const SEQUENCE = /^(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.(-?\d+))?$/

/** Where in a list of parts a character stands. */
interface Spot {
  readonly part: number
  readonly at: number
}

/** The parts between two places. */
const between = (parts: readonly WordPart[], from: Spot, to: Spot): WordPart[] => {
  const cut: WordPart[] = []
  for (let i = from.part; i <= to.part && i < parts.length; i++) {
    const part = parts[i]!
    if (part.kind !== 'literal') {
      if (i < to.part) cut.push(part)
      continue
    }
    const text = part.text.slice(i === from.part ? from.at : 0, i === to.part ? to.at : undefined)
    if (text !== '' || (part.isQuoted && i !== to.part)) cut.push({ ...part, text })
  }
  return cut
}

/** The first braces that open and close outside of quotes, with the commas between; null without any. */
const findBraces = (parts: readonly WordPart[], from: Spot): { open: Spot; commas: Spot[]; close: Spot } | null => {
  let open: Spot | null = null
  let commas: Spot[] = []
  let depth = 0
  for (let i = from.part; i < parts.length; i++) {
    const part = parts[i]!
    if (part.kind !== 'literal' || part.isQuoted) continue
    for (let at = i === from.part ? from.at : 0; at < part.text.length; at++) {
      const char = part.text[at]
      if (char === '{' && depth++ === 0) open = { part: i, at }
      else if (char === ',' && depth === 1) commas.push({ part: i, at })
      else if (char === '}' && depth > 0 && --depth === 0) return { open: open!, commas, close: { part: i, at } }
      if (depth === 0) commas = []
    }
  }
  return open === null ? null : findBraces(parts, { part: open.part, at: open.at + 1 })
}

const behind = ({ part, at }: Spot): Spot => ({ part, at: at + 1 })

const literal = (text: string): WordPart[] => [{ kind: 'literal', text, isQuoted: false }]

/** The members of `A..B` or `A..B..STEP`; null for anything else. */
const sequence = (word: Word, text: string): WordPart[][] | null => {
  const [, first, last, step] = SEQUENCE.exec(text) ?? []
  if (first === undefined || last === undefined) return null
  const isNumber = /\d$/.test(first)
  if (isNumber !== /\d$/.test(last)) return null
  const [a, b] = isNumber ? [Number(first), Number(last)] : [first.charCodeAt(0), last.charCodeAt(0)]
  const by = Math.abs(Number(step ?? 1)) || 1
  const count = Math.floor(Math.abs(b - a) / by) + 1
  if (count > MOST_WORDS) throw grammarError(word, word.text, `a sequence has at most ${MOST_WORDS} members`)
  const isPadded = isNumber && [first, last].some(n => /^-?0\d/.test(n))
  const width = isPadded ? Math.max(first.length, last.length) : 0
  return Array.from({ length: count }, (_, i) => {
    const n = a <= b ? a + i * by : a - i * by
    if (!isNumber) return literal(String.fromCharCode(n))
    return literal(n < 0 ? `-${String(-n).padStart(width - 1, '0')}` : String(n).padStart(width, '0'))
  })
}

const expandParts = (word: Word, parts: readonly WordPart[], from: Spot): (readonly WordPart[])[] => {
  const found = findBraces(parts, from)
  if (found === null) return [parts]
  const { open, commas, close } = found
  const inside = between(parts, behind(open), close)
  const [only] = inside
  const plain = inside.length === 1 && only?.kind === 'literal' && !only.isQuoted ? only.text : ''
  const edges = [open, ...commas, close]
  const members =
    commas.length === 0
      ? sequence(word, plain)
      : edges
          .slice(1)
          .flatMap((edge, i) => expandParts(word, between(parts, behind(edges[i]!), edge), { part: 0, at: 0 }))
  if (members === null) return expandParts(word, parts, behind(open))
  const before = between(parts, { part: 0, at: 0 }, open)
  const rest = expandParts(word, between(parts, behind(close), { part: parts.length, at: 0 }), { part: 0, at: 0 })
  return members.flatMap(member => rest.map(tail => [...before, ...member, ...tail]))
}

/** The words that a word stands for. Throws `EGRAMMAR` for a sequence that is too long. */
export const braceExpand = (word: Word): readonly Word[] => {
  if (!word.text.includes('{')) return [word]
  const all = expandParts(word, word.parts, { part: 0, at: 0 })
  return all.length === 1 && all[0] === word.parts ? [word] : all.map(parts => ({ ...word, parts }))
}
