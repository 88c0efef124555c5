/**
 * What bash has and `sh` has not, which is dash on Debian: refused where it stands, as dash would take it for something else.
 *
 * @see dash(1)
 */
import { grammarError } from './source.js'
import { type FunctionDefinition, literalText, type Place, type SimpleCommand, type ShellCommand } from './syntax.js'
import type { ArithmeticExpansion, AssignmentWord, IoRedirect, List, ParameterExpansion } from './syntax.js'

const SH = 'sh is dash, which does not have this'

const refuse = (place: Place, word: string, instead: string): never => {
  throw grammarError(place, word, `${SH}: ${instead}, or use bash -c`)
}

/** Words of built-in commands that dash has no meaning for. */
const WORDS: Readonly<Record<string, readonly [word: RegExp, instead: string]>> = {
  set: [/^pipefail$/, 'look at the status of each command'],
  export: [/^-n$/, 'write unset NAME'],
  kill: [/^-SIG/, 'leave SIG out'],
  trap: [/^SIG/, 'leave SIG out'],
  printf: [/%q|\\[xE]/, 'write octal escapes'],
}

const simpleCommand = ({ words }: SimpleCommand): void => {
  const [first, ...args] = words
  const name = first === undefined ? null : literalText(first)
  if (name === null || !Object.hasOwn(WORDS, name)) return
  const [refused, instead] = WORDS[name]!
  for (const word of name === 'printf' ? args.slice(0, 1) : args)
    if (refused.test(literalText(word) ?? '')) refuse(word, word.text, instead)
}

const INSTEAD_OF_OPERATOR: Readonly<Record<string, string>> = {
  '/': 'nothing replaces a pattern',
  '//': 'nothing replaces a pattern',
  ':': 'nothing cuts a piece out of a value',
}

/** Nodes of the tree by their kind; what has none is looked at by its members. */
type Node = ShellCommand | ParameterExpansion | ArithmeticExpansion

const node = (node: Node): void => {
  switch (node.kind) {
    case 'conditionalCommand':
      return refuse(node, '[[', 'write [ ... ]')
    case 'arithmeticCommand':
    case 'arithmeticFor':
      return refuse(node, '((', 'write $((...))')
    case 'functionDefinition':
      if (!/^\w+$/.test(node.name)) refuse(node, node.name, 'names of functions are letters, digits and _')
      return
    case 'parameter': {
      const instead = INSTEAD_OF_OPERATOR[node.operator]
      return instead === undefined ? undefined : refuse(node, `\${${node.name}${node.operator}`, instead)
    }
    case 'arithmetic':
      for (const part of node.parts)
        if (part.kind === 'literal' && /\+\+|--|\*\*|,/.test(part.text))
          refuse(node, part.text, 'write NAME=$((NAME + 1))')
      return
    case 'simpleCommand':
      return simpleCommand(node)
  }
}

const INSTEAD_OF_REDIRECT: Readonly<Record<string, string>> = {
  '&>': 'write > FILE 2>&1',
  '&>>': 'write >> FILE 2>&1',
  '<<<': 'write echo WORD |',
}

const redirect = (one: IoRedirect): void => {
  const instead = INSTEAD_OF_REDIRECT[one.operator]
  if (instead !== undefined) refuse(one, one.operator, instead)
}

/** Refuses what dash does not have. Throws `EGRAMMAR`. */
export const refuseBashisms = (list: List): void => {
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if ('kind' in value) node(value as FunctionDefinition)
    if ('operator' in value && 'hereDocument' in value) redirect(value as IoRedirect)
    if ('appends' in value && (value as AssignmentWord).appends)
      refuse(value as AssignmentWord, `${(value as AssignmentWord).name}+=`, 'write NAME=$NAME...')
    for (const child of Object.values(value)) visit(child)
  }
  visit(list)
}
