/**
 * `npm run differences`: writes lib/DIFFERENCES.md, the list of all `DIFFERS:` comments of the library, that is of every
 * place where netloom knowingly does something else than the kernel or the tool it stands for.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { libSources, ROOT } from './sources.js'

/** Where the list is kept. */
export const DIFFERENCES = 'lib/DIFFERENCES.md'

/** One deliberate difference. */
export interface Difference {
  readonly path: string
  /** The comment behind `DIFFERS:`, as one line. */
  readonly text: string
}

/** Text of a comment's line, without the marks of the comment; null when the line is none. */
const commentLine = (line: string): string | null => {
  const found = /^\s*(?:\/\*\*?|\*(?!\/)|\/\/)\s?(.*?)\s*(?:\*\/)?$/.exec(line)
  return found === null ? null : found[1]!
}

/** The differences that one file's comments state; each ends with its paragraph. */
const differencesIn = (path: string, text: string): Difference[] => {
  const lines = text.split('\n')
  const found: Difference[] = []
  for (const [n, line] of lines.entries()) {
    const at = line.indexOf('DIFFERS: ')
    if (at < 0) continue
    const words = [line.slice(at + 9).replace(/\s*\*\/\s*$/, '')]
    // A comment that ends on its first line has no further ones, and another difference is not a part of this one.
    for (const next of line.includes('*/') ? [] : lines.slice(n + 1)) {
      const more = commentLine(next)
      if (more === null || more === '' || more.startsWith('@') || more.includes('DIFFERS: ')) break
      words.push(more)
      if (next.includes('*/')) break
    }
    found.push({
      path,
      text: words
        .join(' ')
        .replaceAll(/\{@link ([^}]+)\}/g, '`$1`')
        .trim(),
    })
  }
  return found
}

/** All differences that the library's comments state, by file. */
export const findDifferences = (): Difference[] => libSources().flatMap(({ path, text }) => differencesIn(path, text))

/** The list as Markdown. */
export const differencesText = (differences: readonly Difference[]): string => {
  const files = [...new Set(differences.map(({ path }) => path))]
  const parts = files.map(file => {
    const items = differences.filter(({ path }) => path === file).map(({ text }) => `- ${text}`)
    return `## ${file.replace(/^lib\//, '')}\n\n${items.join('\n')}\n`
  })
  return [
    '# Where netloom knowingly differs from Linux\n',
    `Written by \`npm run differences\` from the \`DIFFERS:\` comments of the sources: ${differences.length} in all.\n`,
    ...parts,
  ].join('\n')
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(ROOT, DIFFERENCES), differencesText(findDifferences()))
