/**
 * The sources as the meta tests read them: files by folder, their syntax trees, imports, comments.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'

/** The repository. */
export const ROOT: string = join(import.meta.dirname, '../..')

/** One source file. */
export interface Source {
  /** Path from the repository's root. */
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
}

/** An import or re-export of another file of the repository. */
export interface Import {
  /** Path of the imported file from the repository's root, or the module's name when it is a package. */
  readonly to: string
  readonly isRelative: boolean
  /** False for `import type` and `export type`. `import { type A }` loads the module and is true. */
  readonly isValue: boolean
  readonly line: number
}

/** Paths of the files under `folder` whose names end with one of `endings`, sorted; recorded data is left out. */
export const filesOf = (folder: string, endings: readonly string[]): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map(file => join(folder, file))
    .filter(file => endings.some(ending => file.endsWith(ending)) && !file.startsWith('test/data/'))
    .sort()

/** Reads and parses one file. */
export const readSource = (path: string): Source => {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) }
}

/** The sources of the library. */
export const libSources = (): Source[] => filesOf('lib', ['.ts']).map(readSource)

/** Line of a position in the file, from 1. */
export const lineOf = (source: Source, position: number): number =>
  source.tree.getLineAndCharacterOfPosition(position).line + 1

/** `path:line` of a node. */
export const placeOf = (source: Source, node: ts.Node): string =>
  `${source.path}:${lineOf(source, node.getStart(source.tree))}`

/** Calls `visit` for every node of the tree. */
export const walk = (node: ts.Node, visit: (node: ts.Node) => void): void => {
  visit(node)
  ts.forEachChild(node, child => walk(child, visit))
}

const importOf = (source: Source, specifier: ts.Expression, isValue: boolean): Import => {
  const name = (specifier as ts.StringLiteral).text
  const isRelative = name.startsWith('.')
  const to = isRelative ? relative(ROOT, join(ROOT, dirname(source.path), name)).replace(/\.js$/, '.ts') : name
  return { to, isRelative, isValue, line: lineOf(source, specifier.getStart(source.tree)) }
}

/** All imports of a file: `import`, `export from`, `import()` and `import('x').Type`. */
export const importsOf = (source: Source): Import[] => {
  const found: Import[] = []
  walk(source.tree, node => {
    if (ts.isImportDeclaration(node))
      found.push(importOf(source, node.moduleSpecifier, node.importClause?.isTypeOnly !== true))
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)
      found.push(importOf(source, node.moduleSpecifier, !node.isTypeOnly))
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      found.push(importOf(source, node.arguments[0]!, true))
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      found.push(importOf(source, node.argument.literal as ts.StringLiteral, false))
  })
  return found
}
