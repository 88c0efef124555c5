/**
 * The syntax tree of a script, with the names of the shell grammar.
 *
 * @see IEEE Std 1003.1 XCU 2.10
 */

/** Where something stands in a script; lines and columns from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** Characters that stand for themselves. */
export interface Literal {
  readonly kind: 'literal'
  readonly text: string
  readonly isQuoted: boolean
}

/**
 * What `${X}` does besides giving a value: `:-` ... with a word, `#` and `%` ... with a pattern, `/` and `//` with a pattern and
 * its replacement, `:` with a place and a length, `length` for `${#X}`.
 */
export type ParameterOperator =
  | ''
  | '-'
  | ':-'
  | '+'
  | ':+'
  | '='
  | ':='
  | '?'
  | ':?'
  | '#'
  | '##'
  | '%'
  | '%%'
  | '/'
  | '//'
  | ':'
  | 'length'

/** `$X`, `${X}`, `${X:-WORD}`, `$1`, `$@`, `$*`, `$#`, `$?`, `$!`. */
export interface ParameterExpansion extends Place {
  readonly kind: 'parameter'
  readonly name: string
  readonly operator: ParameterOperator
  /** What stands behind the operator. */
  readonly parts: readonly WordPart[]
  /** What a pattern is replaced by. */
  readonly replacement: readonly WordPart[]
  readonly isQuoted: boolean
}

/** `$(COMMANDS)`. */
export interface CommandSubstitution extends Place {
  readonly kind: 'substitution'
  readonly list: List
  readonly isQuoted: boolean
}

/** `$((EXPRESSION))`. */
export interface ArithmeticExpansion extends Place {
  readonly kind: 'arithmetic'
  /** The expression, in which parameters and commands are expanded before it is computed. */
  readonly parts: readonly WordPart[]
  readonly isQuoted: boolean
}

/** A piece of a word. */
export type WordPart = Literal | ParameterExpansion | CommandSubstitution | ArithmeticExpansion

/** A word of a command. */
export interface Word extends Place {
  /** As it stands in the script. */
  readonly text: string
  readonly parts: readonly WordPart[]
}

/** A here-document. `parts` is filled when the line that names it has been read. */
export interface HereDocument {
  readonly delimiter: string
  readonly isQuoted: boolean
  readonly stripsTabs: boolean
  parts: readonly WordPart[]
}

/** Operators of redirections, without a number in front. */
export type RedirectOperator = '<' | '>' | '>>' | '>|' | '>&' | '&>' | '&>>' | '<<' | '<<-' | '<<<'

/** A redirection (io_redirect). */
export interface IoRedirect extends Place {
  /** File descriptor: 0, 1 or 2. */
  readonly fd: number
  readonly operator: RedirectOperator
  /** File name, descriptor of `>&`, or the text of `<<<`. */
  readonly target: Word
  /** Of `<<` and `<<-`. */
  readonly hereDocument: HereDocument | null
}

/** `NAME=WORD` in front of a command, or alone. */
export interface AssignmentWord extends Place {
  readonly name: string
  /** `+=`. */
  readonly appends: boolean
  readonly value: Word
}

/** A command with its words. */
export interface SimpleCommand extends Place {
  readonly kind: 'simpleCommand'
  /** As it stands in the script, for messages. */
  readonly text: string
  readonly assignments: readonly AssignmentWord[]
  readonly words: readonly Word[]
  readonly redirects: readonly IoRedirect[]
}

interface Compound extends Place {
  readonly text: string
  readonly redirects: readonly IoRedirect[]
}

/** `{ LIST; }`. */
export interface BraceGroup extends Compound {
  readonly kind: 'braceGroup'
  readonly body: List
}

/** `( LIST )`. */
export interface Subshell extends Compound {
  readonly kind: 'subshell'
  readonly body: List
}

/** `((EXPRESSION))`. */
export interface ArithmeticCommand extends Compound {
  readonly kind: 'arithmeticCommand'
  readonly expression: ArithmeticExpansion
}

/** What stands between `[[` and `]]`. */
export type Condition =
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'unary'; readonly operator: string; readonly word: Word }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Word; readonly right: Word }

/** `[[ CONDITION ]]`. */
export interface ConditionalCommand extends Compound {
  readonly kind: 'conditionalCommand'
  readonly condition: Condition
}

/** `for ((FIRST; CONDITION; NEXT)); do LIST; done`; each of the three may be empty. */
export interface ArithmeticFor extends Compound {
  readonly kind: 'arithmeticFor'
  readonly first: ArithmeticExpansion
  readonly condition: ArithmeticExpansion
  readonly next: ArithmeticExpansion
  readonly body: List
}

/** `for NAME in WORDS; do LIST; done`; without `in WORDS` it goes through the positional parameters. */
export interface ForClause extends Compound {
  readonly kind: 'forClause'
  readonly name: string
  readonly words: readonly Word[] | null
  readonly body: List
}

/** A condition and what is done when it holds. */
export interface IfBranch {
  readonly condition: List
  readonly body: List
}

/** `if LIST; then LIST; elif ...; else LIST; fi`. */
export interface IfClause extends Compound {
  readonly kind: 'ifClause'
  readonly branches: readonly IfBranch[]
  readonly elseBody: List | null
}

/** `while LIST; do LIST; done`, or `until`. */
export interface WhileClause extends Compound {
  readonly kind: 'whileClause'
  readonly isUntil: boolean
  readonly condition: List
  readonly body: List
}

/** Patterns of a `case`, and what is done for a word that one of them matches. */
export interface CaseItem {
  readonly patterns: readonly Word[]
  readonly body: List
}

/** `case WORD in PATTERN) LIST;; ... esac`. */
export interface CaseClause extends Compound {
  readonly kind: 'caseClause'
  readonly word: Word
  readonly items: readonly CaseItem[]
}

/** A compound command. */
export type CompoundCommand =
  | BraceGroup
  | Subshell
  | ArithmeticCommand
  | ConditionalCommand
  | ArithmeticFor
  | ForClause
  | IfClause
  | WhileClause
  | CaseClause

/** `NAME() COMPOUND`. */
export interface FunctionDefinition extends Place {
  readonly kind: 'functionDefinition'
  readonly text: string
  readonly name: string
  readonly body: CompoundCommand
  readonly redirects: readonly IoRedirect[]
}

/** What a pipeline is made of. */
export type ShellCommand = SimpleCommand | CompoundCommand | FunctionDefinition

/** Commands joined by `|`, with `!` in front or without. */
export interface Pipeline extends Place {
  readonly text: string
  readonly isNegated: boolean
  readonly commands: readonly ShellCommand[]
}

/** A pipeline behind `&&` or `||`. */
export interface AndOrRest {
  readonly operator: '&&' | '||'
  readonly pipeline: Pipeline
}

/** Pipelines joined by `&&` and `||`, and how they end: `&`, or `;` or the end of the line. */
export interface AndOr extends Place {
  /** As it stands in the script, with a trailing `&`. */
  readonly text: string
  readonly first: Pipeline
  readonly rest: readonly AndOrRest[]
  readonly isBackground: boolean
  /** `# may-fail` stands above the line that it begins on. */
  readonly mayFail: boolean
}

/** Commands one after the other. */
export interface List {
  readonly items: readonly AndOr[]
}

/** The text of a word that nothing is expanded in, its quotes removed; null for any other. */
export const literalText = (word: Word): string | null => {
  let text = ''
  for (const part of word.parts) {
    if (part.kind !== 'literal') return null
    text += part.text
  }
  return text
}

/** True for `@` and `*`, which stand for all positional parameters. */
export const isList = (name: string): boolean => name === '@' || name === '*'
