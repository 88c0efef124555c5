/**
 * The grammar of scripts: from tokens to a syntax tree.
 *
 * Lists of pipelines (`;`, `&&`, `||`, `!`, `|`, a trailing `&`), simple commands with assignments and redirections, `{ }`,
 * `( )`, `(( ))`, `[[ ]]`, `for`, `if`, `while`, `until`, `case`, functions, here-documents, `$(...)`. A comment `# may-fail` directly above a line lets what begins on it
 * fail. A whole script is read before anything runs; whatever is outside the grammar is an error that names line, column and
 * word.
 *
 * @see IEEE Std 1003.1 XCU 2.10
 */
import { parseAssignment } from './assignment.js'
import { braceExpand } from './brace-expansion.js'
import { readCondition } from './conditional-grammar.js'
import { Lexer, type Token } from './lexer.js'
import { redirectOf } from './redirect-grammar.js'
import { refuseBashisms } from './posix-check.js'
import { grammarError, Source, type SourceOptions } from './source.js'
import type {
  AndOr,
  AndOrRest,
  ArithmeticExpansion,
  ArithmeticFor,
  AssignmentWord,
  CaseClause,
  CaseItem,
  ShellCommand,
  CompoundCommand,
  ConditionalCommand,
  ForClause,
  FunctionDefinition,
  IfBranch,
  IfClause,
  IoRedirect,
  List,
  Pipeline,
  Place,
  SimpleCommand,
  WhileClause,
  Word,
  WordPart,
} from './syntax.js'

/** Words that end a list inside of a compound command. */
const CLOSERS: readonly string[] = ['}', 'do', 'done', 'then', 'elif', 'else', 'fi', 'esac']

const COMPOUNDS = 'for, if, while, until, case, { }, ( ), (( )), [[ ]] and NAME() { }'

/** Words that bash gives a meaning that netloom has not, and what to say. */
const REFUSED_WORDS: Readonly<Record<string, string>> = {
  select: `select is not supported; supported: ${COMPOUNDS}`,
  function: 'write NAME() { ...; } for a function',
  coproc: `coproc is not supported; supported: a trailing &`,
  time: 'time is not supported; virtual time is in captures',
  in: 'in stands behind for NAME',
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const FUNCTION_NAME = /^[A-Za-z_][A-Za-z0-9_.:-]*$/

/** The expressions between semicolons. */
const splitExpression = (expression: ArithmeticExpansion): ArithmeticExpansion[] => {
  const pieces: WordPart[][] = [[]]
  for (const part of expression.parts) {
    const [first = '', ...others] = part.kind === 'literal' ? part.text.split(';') : []
    if (part.kind !== 'literal') pieces.at(-1)!.push(part)
    else pieces.at(-1)!.push({ ...part, text: first })
    for (const text of others) pieces.push([{ kind: 'literal', text: text.trimStart(), isQuoted: true }])
  }
  return pieces.map(parts => ({ ...expression, parts }))
}

class Parser {
  readonly #lexer: Lexer
  #token: Token
  /** Offset behind the last token that was taken. */
  #end = 0
  /** Loops around the present command, in its function. */
  #loops = 0
  #isInFunction = false

  constructor(lexer: Lexer) {
    this.#lexer = lexer
    this.#token = lexer.next()
  }

  /** A whole script. */
  program(): List {
    const list = this.#list()
    if (CLOSERS.includes(this.#token.text)) this.#fail(this.#token, 'nothing is open that it could end')
    if (this.#token.kind !== 'end') this.#unexpected()
    return list
  }

  /** The commands of `$(`; the lexer stands behind the closing parenthesis then. */
  substitution(): List {
    const list = this.#list()
    if (!this.#isOperator(')')) this.#fail(this.#token, 'there is no closing ) of $(')
    return list
  }

  #fail(token: Token, problem: string): never {
    throw grammarError(token, token.kind === 'newline' ? '' : token.text, problem)
  }

  #unexpected(): never {
    const { kind } = this.#token
    return this.#fail(
      this.#token,
      kind === 'end' ? 'the script ends in the middle of a command' : 'a command is missing',
    )
  }

  #take(): Token {
    const token = this.#token
    this.#end = token.end
    this.#token = this.#lexer.next()
    return token
  }

  #isOperator(text: string): boolean {
    return this.#token.kind === 'operator' && this.#token.text === text
  }

  /** True for a word without quotes. */
  #isWord(text: string): boolean {
    return this.#token.kind === 'word' && this.#token.text === text
  }

  #textFrom(start: number): string {
    const lines = this.#lexer.source.text.slice(start, this.#end).split('\n')
    return lines.length > 1 ? `${lines[0]!.trimEnd()} ...` : lines[0]!
  }

  #skipNewlines(): void {
    while (this.#token.kind === 'newline') this.#take()
  }

  #expect(word: string, opener: Token): void {
    if (!this.#isWord(word)) this.#fail(this.#token, `${word} is missing: ${opener.text} stands on line ${opener.line}`)
    this.#take()
  }

  #list(): List {
    const items: AndOr[] = []
    for (;;) {
      this.#skipNewlines()
      const { kind, text } = this.#token
      if (kind === 'end' || (kind === 'word' && CLOSERS.includes(text))) return { items }
      if (kind === 'operator' && /^(\)|;;&?|;&)$/.test(text)) return { items }
      items.push(this.#andOr())
    }
  }

  /** A list that must hold something. */
  #body(): List {
    const list = this.#list()
    if (list.items.length === 0) this.#unexpected()
    return list
  }

  #andOr(): AndOr {
    const start = this.#token
    const first = this.#pipeline()
    const rest: AndOrRest[] = []
    while (this.#isOperator('&&') || this.#isOperator('||')) {
      const operator = this.#take().text as '&&' | '||'
      this.#skipNewlines()
      rest.push({ operator, pipeline: this.#pipeline() })
    }
    const isBackground = this.#isOperator('&')
    if (isBackground) this.#take()
    const text = this.#textFrom(start.at)
    if (!isBackground && this.#isOperator(';')) this.#take()
    else if (!isBackground) this.#checkEnd()
    const { line, column } = start
    return { line, column, text, first, rest, isBackground, mayFail: this.#lexer.mayFail(line) }
  }

  /** What may stand behind a pipeline that neither `;` nor `&` ends. */
  #checkEnd(): void {
    const { kind, text } = this.#token
    if (kind === 'newline' || kind === 'end' || this.#isOperator(')') || this.#isOperator(';;')) return
    if (kind === 'word') this.#fail(this.#token, `\`;\` or a new line is missing in front of it`)
    if (text === '|&') this.#fail(this.#token, 'write 2>&1 | instead')
    this.#fail(this.#token, /^;;?&$/.test(text) ? 'an item of case ends with ;; here' : 'not supported here')
  }

  #pipeline(): Pipeline {
    const start = this.#token
    const isNegated = this.#isWord('!')
    if (isNegated) this.#take()
    const commands: ShellCommand[] = [this.#command()]
    while (this.#isOperator('|')) {
      this.#take()
      this.#skipNewlines()
      commands.push(this.#command())
    }
    const { line, column } = start
    return { line, column, text: this.#textFrom(start.at), isNegated, commands }
  }

  #command(): ShellCommand {
    const token = this.#token
    if (token.kind === 'word') {
      const refusal = REFUSED_WORDS[token.text]
      if (refusal !== undefined && Object.hasOwn(REFUSED_WORDS, token.text)) this.#fail(token, refusal)
      if (token.text === '!') this.#fail(token, 'one ! stands in front of a pipeline')
    }
    return this.#compound(token) ?? this.#simpleCommand()
  }

  #compound(opener: Token): CompoundCommand | null {
    switch (opener.text) {
      case '{': {
        this.#take()
        const body = this.#body()
        this.#expect('}', opener)
        return { kind: 'braceGroup', body, ...this.#tail(opener) }
      }
      case '(':
        return this.#parenthesis(opener)
      case '[[':
        return this.#conditionalCommand()
      case 'for':
        return this.#forClause()
      case 'case':
        return this.#caseClause()
      case 'if':
        return this.#ifClause()
      case 'while':
      case 'until':
        return this.#whileClause()
      default:
        return CLOSERS.includes(opener.text) ? this.#unexpected() : null
    }
  }

  /** `( LIST )`, or `((EXPRESSION))`. */
  #parenthesis(opener: Token): CompoundCommand {
    const { source } = this.#lexer
    if (source.char === '(') {
      const expression = this.#lexer.arithmeticCommand()
      this.#end = source.at
      this.#token = this.#lexer.next()
      return { kind: 'arithmeticCommand', expression, ...this.#tail(opener) }
    }
    this.#take()
    const body = this.#body()
    if (!this.#isOperator(')')) this.#fail(this.#token, `) is missing: ( stands on line ${opener.line}`)
    this.#take()
    return { kind: 'subshell', body, ...this.#tail(opener) }
  }

  /** Redirections behind a compound command, its place and its text. */
  #tail(opener: Token): Place & { readonly text: string; readonly redirects: readonly IoRedirect[] } {
    const redirects: IoRedirect[] = []
    for (let redirect = this.#redirect(); redirect !== null; redirect = this.#redirect()) redirects.push(redirect)
    return { redirects, text: this.#textFrom(opener.at), line: opener.line, column: opener.column }
  }

  #doGroup(opener: Token): List {
    this.#expect('do', opener)
    this.#loops++
    const body = this.#body()
    this.#loops--
    this.#expect('done', opener)
    return body
  }

  #conditionalCommand(): ConditionalCommand {
    const opener = this.#take()
    const condition = readCondition({
      next: () => this.#token,
      take: () => this.#take(),
      takeMatch: () => {
        this.#end = this.#token.end
        this.#token = this.#lexer.expression()
      },
      skipNewlines: () => this.#skipNewlines(),
    })
    this.#expect(']]', opener)
    return { kind: 'conditionalCommand', condition, ...this.#tail(opener) }
  }

  /** `((FIRST; CONDITION; NEXT))` of `for`, and what follows. */
  #arithmeticFor(opener: Token): ArithmeticFor {
    const expression = this.#lexer.arithmeticCommand()
    this.#end = this.#lexer.source.at
    this.#token = this.#lexer.next()
    const [first, condition, next, ...others] = splitExpression(expression)
    if (next === undefined || others.length > 0) this.#fail(opener, 'for ((FIRST; CONDITION; NEXT)); do ...; done')
    if (this.#isOperator(';')) this.#take()
    this.#skipNewlines()
    const body = this.#doGroup(opener)
    return { kind: 'arithmeticFor', first: first!, condition: condition!, next, body, ...this.#tail(opener) }
  }

  #forClause(): ForClause | ArithmeticFor {
    const opener = this.#take()
    if (this.#isOperator('(') && this.#lexer.source.char === '(') return this.#arithmeticFor(opener)
    const { word } = this.#token
    const name = this.#take()
    if (word === null || !NAME.test(name.text)) this.#fail(name, 'for NAME in WORDS; do ...; done')
    if (this.#isOperator(';')) this.#take()
    this.#skipNewlines()
    const words = this.#isWord('in') ? this.#forWords() : null
    const body = this.#doGroup(opener)
    return { kind: 'forClause', name: name.text, words, body, ...this.#tail(opener) }
  }

  /** `in WORDS`, up to the line's end or `;`. */
  #forWords(): Word[] {
    this.#take()
    const words: Word[] = []
    while (this.#token.kind === 'word') words.push(...this.#braces(this.#take().word!))
    if (this.#isOperator(';')) this.#take()
    else if (this.#token.kind !== 'newline') this.#fail(this.#token, 'for NAME in WORDS; do ...; done')
    this.#skipNewlines()
    return words
  }

  #caseClause(): CaseClause {
    const opener = this.#take()
    const { word } = this.#token
    if (word === null) this.#fail(this.#token, 'case WORD in PATTERN) ...;; esac')
    this.#take()
    this.#skipNewlines()
    this.#expect('in', opener)
    const items: CaseItem[] = []
    this.#skipNewlines()
    while (!this.#isWord('esac')) {
      items.push(this.#caseItem())
      this.#skipNewlines()
    }
    this.#take()
    return { kind: 'caseClause', word, items, ...this.#tail(opener) }
  }

  #caseItem(): CaseItem {
    if (this.#isOperator('(')) this.#take()
    const patterns: Word[] = []
    for (;;) {
      const { word } = this.#token
      if (word === null) this.#fail(this.#token, 'a pattern is missing: case WORD in PATTERN) ...;; esac')
      patterns.push(word)
      this.#take()
      if (!this.#isOperator('|')) break
      this.#take()
    }
    if (!this.#isOperator(')')) this.#fail(this.#token, ') is missing: case WORD in PATTERN) ...;; esac')
    this.#take()
    const body = this.#list()
    if (this.#isOperator(';;')) this.#take()
    else if (!this.#isWord('esac')) this.#fail(this.#token, ';; or esac is missing')
    return { patterns, body }
  }

  /** `NAME() COMPOUND`; the name and its parenthesis are behind. */
  #functionDefinition(name: Token): FunctionDefinition {
    if (!this.#isOperator(')')) this.#fail(this.#token, 'functions are NAME() { ...; }; arrays are not supported')
    if (!FUNCTION_NAME.test(name.text)) this.#fail(name, 'this is no name of a function')
    this.#take()
    this.#skipNewlines()
    const { loops, isInFunction } = { loops: this.#loops, isInFunction: this.#isInFunction }
    this.#loops = 0
    this.#isInFunction = true
    const body = this.#compound(this.#token)
    if (body === null) this.#fail(this.#token, `the body of a function is a compound command: ${COMPOUNDS}`)
    this.#loops = loops
    this.#isInFunction = isInFunction
    const { line, column } = name
    return { kind: 'functionDefinition', name: name.text, body, text: `${name.text}()`, redirects: [], line, column }
  }

  #ifClause(): IfClause {
    const opener = this.#token
    const branches: IfBranch[] = []
    do {
      this.#take()
      const condition = this.#body()
      this.#expect('then', opener)
      branches.push({ condition, body: this.#body() })
    } while (this.#isWord('elif'))
    let elseBody: List | null = null
    if (this.#isWord('else')) {
      this.#take()
      elseBody = this.#body()
    }
    this.#expect('fi', opener)
    return { kind: 'ifClause', branches, elseBody, ...this.#tail(opener) }
  }

  #whileClause(): WhileClause {
    const opener = this.#take()
    const condition = this.#body()
    const body = this.#doGroup(opener)
    return { kind: 'whileClause', isUntil: opener.text === 'until', condition, body, ...this.#tail(opener) }
  }

  #simpleCommand(): SimpleCommand | FunctionDefinition {
    const start = this.#token
    const assignments: AssignmentWord[] = []
    const words: Word[] = []
    const redirects: IoRedirect[] = []
    for (;;) {
      const redirect = this.#redirect()
      if (redirect !== null) redirects.push(redirect)
      else if (this.#token.kind === 'word') this.#commandWord(assignments, words)
      else break
    }
    if (this.#isOperator('(') && this.#end > start.at) {
      const isName = words.length === 1 && assignments.length + redirects.length === 0
      this.#take()
      if (isName) return this.#functionDefinition(start)
      this.#fail(start, 'arrays are not supported; quote a literal (')
    }
    if (words.length + assignments.length + redirects.length === 0) this.#unexpected()
    if (this.#loops === 0 && /^(break|continue)$/.test(words[0]?.text ?? ''))
      this.#fail(start, `${words[0]!.text} stands inside of a loop`)
    if (!this.#isInFunction && /^(return|local)$/.test(words[0]?.text ?? ''))
      this.#fail(start, `${words[0]!.text} stands inside of a function`)
    const { line, column } = start
    return { kind: 'simpleCommand', line, column, text: this.#textFrom(start.at), assignments, words, redirects }
  }

  #commandWord(assignments: AssignmentWord[], words: Word[]): void {
    const word = this.#take().word!
    const assignment = words.length === 0 ? parseAssignment(word) : null
    if (assignment !== null) assignments.push(assignment)
    else words.push(...this.#braces(word))
  }

  #braces(word: Word): readonly Word[] {
    return this.#lexer.source.dialect.isPosix ? [word] : braceExpand(word)
  }

  #redirect(): IoRedirect | null {
    const token = this.#token
    if (token.kind !== 'operator' || !/[<>]/.test(token.text)) return null
    // The word must be the next token of the lexer, which has to know the delimiter before the line ends.
    this.#end = token.end
    const target = this.#lexer.next()
    if (target.word === null) this.#fail(token, 'a file name is missing')
    const redirect = redirectOf(token, target.word, this.#lexer)
    this.#end = target.end
    this.#token = this.#lexer.next()
    return redirect
  }
}

/** Reads a script, or commands of it. Throws `EGRAMMAR` with line, column and word in the context. */
export const parseScript = (script: string, options: SourceOptions = {}): List => {
  const source = new Source(script, options)
  const list = new Parser(new Lexer(source, lexer => new Parser(lexer).substitution())).program()
  if (source.dialect.isPosix) refuseBashisms(list)
  return list
}
