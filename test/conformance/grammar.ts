/**
 * The grammar of scenarios, checked by itself before a script is given to a real shell as root: one simple command a
 * line, in a network namespace, from a short list of tools. What passes here means the same to bash and to netloom.
 */

/** One command of a scenario. */
export interface ScenarioCommand {
  /** Line of the script, from 1. */
  readonly line: number
  /** What bash runs: the line without a trailing `&`. */
  readonly text: string
  /** The words of the command behind a pipe, quotes removed. */
  readonly words: readonly string[]
  /** `sleep`, `wait`, `ip`, `bridge`, or the program that `ip netns exec` starts. */
  readonly tool: string
  readonly background: boolean
  /** Its input comes from `printf`. */
  readonly piped: boolean
  /** State file that the output goes to; null when there is none. */
  readonly output: string | null
  /** File that a tcpdump writes; null for anything else. */
  readonly capture: string | null
  /** `# may-fail` stands above it. */
  readonly mayFail: boolean
}

/** A scenario as read. */
export interface Scenario {
  readonly title: string
  readonly shows: string
  readonly tags: readonly string[]
  readonly commands: readonly ScenarioCommand[]
}

/** All that is outside the grammar in a script. */
export class ScenarioGrammarError extends Error {
  override readonly name = 'ScenarioGrammarError'
  /** One line for each problem, each with its line number. */
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

const NETNS_VERBS: readonly string[] = ['add', 'del', 'delete']
const IP_OBJECTS: readonly string[] = ['link', 'addr', 'address', 'route', 'rule', 'neigh', 'neighbour']
const BRIDGE_OBJECTS: readonly string[] = ['fdb', 'link', 'vlan', 'mdb']
const EXEC_TOOLS: readonly string[] = [
  'sysctl',
  'iptables',
  'iptables-save',
  'ethtool',
  'ping',
  'nc',
  'tcpdump',
  'arping',
  'conntrack',
  'brctl',
  'ip',
  'bridge',
]
const PLAIN_FILE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

interface Token {
  readonly kind: 'word' | 'operator'
  readonly text: string
}

function fail(reason: string): never {
  throw new Error(reason)
}

/** Reads the quoted text that opens at `at`; returns it and the place behind the closing quote. */
const readQuoted = (line: string, at: number): readonly [string, number] => {
  const quote = line[at]!
  let text = ''
  for (let i = at + 1; i < line.length; i++) {
    const char = line[i]!
    if (char === quote) return [text, i + 1]
    if (quote === '"') {
      if (char === '$' || char === '`') fail('variables and command substitution are not in the grammar')
      if (char === '\\' && (line[i + 1] === '"' || line[i + 1] === '\\')) i++
    }
    text += line[i]!
  }
  return fail(`no closing ${quote}`)
}

/** The operator at `at`, or '' when an ordinary character stands there. */
const operatorAt = (line: string, at: number): string => {
  for (const operator of ['2>/dev/null', '2>&1']) {
    const isWordStart = at === 0 || /\s/.test(line[at - 1]!)
    if (isWordStart && line.startsWith(operator, at)) return operator
  }
  for (const operator of ['&&', '||', '>>', '<<']) if (line.startsWith(operator, at)) return operator
  return '&|;<>()\\'.includes(line[at]!) ? line[at]! : ''
}

const tokenize = (line: string): Token[] => {
  const tokens: Token[] = []
  let word: string | null = null
  const endWord = (): void => {
    if (word !== null) tokens.push({ kind: 'word', text: word })
    word = null
  }
  let at = 0
  while (at < line.length) {
    const char = line[at]!
    const operator = operatorAt(line, at)
    if (operator !== '') {
      endWord()
      tokens.push({ kind: 'operator', text: operator })
      at += operator.length
    } else if (char === "'" || char === '"') {
      const [text, next] = readQuoted(line, at)
      word = (word ?? '') + text
      at = next
    } else {
      if (char === '$' || char === '`') fail('variables and command substitution are not in the grammar')
      if (char === '#' && word === null) fail('a comment stands on a line of its own')
      if (/\s/.test(char)) endWord()
      else word = (word ?? '') + char
      at++
    }
  }
  endWord()
  return tokens
}

interface ParsedLine {
  readonly words: readonly string[]
  /** Words of the `printf` in front of a pipe; null without a pipe. */
  readonly input: readonly string[] | null
  readonly output: string | null
  readonly background: boolean
}

/** Sorts the tokens of a line into words, pipe, redirection and `&`. */
const parseTokens = (tokens: readonly Token[]): ParsedLine => {
  let words: string[] = []
  let input: string[] | null = null
  let output: string | null = null
  let background = false
  for (let n = 0; n < tokens.length; n++) {
    const { kind, text } = tokens[n]!
    if (background) fail('& is allowed at the end of the line only')
    if (kind === 'word') words.push(text)
    else if (text === '&') background = true
    else if (text === '|') {
      if (input !== null) fail('one pipe at most')
      if (output !== null) fail('a redirection stands behind the pipe')
      input = words
      words = []
    } else if (text === '>') {
      const file = tokens[++n]
      if (file?.kind !== 'word') fail('> needs a file name')
      output = file.text
    } else if (!text.startsWith('2>')) fail(`one simple command a line: ${text} is not in the grammar`)
  }
  return { words, input, output, background }
}

const checkPrintf = (words: readonly string[]): void => {
  const [program, format, ...values] = words
  if (program !== 'printf' || format === undefined) fail("a pipe is printf '...' | ip netns exec NS nc ... only")
  const conversions = [...format.matchAll(/%[^%a-zA-Z]*[%a-zA-Z]?/g)].map(match => match[0])
  const odd = conversions.find(conversion => !/^(%%|%0\d+d)$/.test(conversion))
  if (odd !== undefined) fail(`printf knows %0Nd only, not ${odd}`)
  const numbers = conversions.filter(conversion => conversion !== '%%').length
  if (values.length !== numbers || values.some(value => !/^\d+$/.test(value))) fail('printf %0Nd takes one number')
}

const checkOutput = (file: string | null): string | null => {
  if (file === null || file === '/dev/null') return null
  const isTaken = file === 'scenario.sh' || file === 'meta.json' || file.endsWith('.pcap')
  if (!PLAIN_FILE.test(file) || isTaken) fail(`output goes to a plain file of the working directory, not to ${file}`)
  return file
}

const captureFile = (words: readonly string[], background: boolean): string => {
  if (!background) fail('tcpdump runs in the background: end the line with &')
  const at = words.indexOf('-w')
  const file = at < 0 ? undefined : words[at + 1]
  if (file === undefined) fail('tcpdump needs -w NAME.pcap')
  if (!PLAIN_FILE.test(file) || !file.endsWith('.pcap')) fail(`tcpdump writes a plain NAME.pcap, not ${file}`)
  return file
}

/** The program that an `ip` line runs: `ip` itself, or what `ip netns exec` starts. */
const ipTool = (words: readonly string[]): string => {
  let at = 1
  let hasNamespace = false
  while (words[at]?.startsWith('-') === true) {
    const isNamespace = words[at] === '-n' || words[at] === '-netns'
    hasNamespace ||= isNamespace
    at += isNamespace ? 2 : 1
  }
  const object = words[at]
  if (object === 'netns') {
    const verb = words[at + 1]
    if (verb === 'exec') return execTool(words.slice(at + 2))
    if (verb === undefined || !NETNS_VERBS.includes(verb)) fail(`ip netns ${verb ?? ''} is not in the grammar`)
    return 'ip'
  }
  if (object === undefined || !IP_OBJECTS.includes(object)) fail(`ip ${object ?? ''} is not in the grammar`)
  if (!hasNamespace) fail('nothing happens in the root namespace: use ip -n NS')
  return 'ip'
}

const execTool = (rest: readonly string[]): string => {
  const program = rest[1]
  if (program === undefined) fail('ip netns exec NS COMMAND')
  if (!EXEC_TOOLS.includes(program)) fail(`command ${program} is not in the grammar (it has ${EXEC_TOOLS.join(' ')})`)
  return program
}

const bridgeTool = (words: readonly string[]): string => {
  if (words[1] !== '-n' && words[1] !== '-netns') fail('use bridge -n NS ...')
  if (!BRIDGE_OBJECTS.includes(words[3] ?? '')) fail(`bridge ${words[3] ?? ''} is not in the grammar`)
  return 'bridge'
}

const toolOf = (words: readonly string[]): string => {
  const program = words[0]
  if (program === 'ip') return ipTool(words)
  if (program === 'bridge') return bridgeTool(words)
  if (program === 'sleep')
    return /^\d*\.?\d+$/.test(words[1] ?? '') && words.length === 2 ? 'sleep' : fail('sleep SECONDS')
  if (program === 'wait') return words.length === 1 ? 'wait' : fail('wait takes no argument')
  return fail(program === undefined ? 'empty command' : `command ${program} is not in the grammar`)
}

const parseLine = (line: number, raw: string, mayFail: boolean): ScenarioCommand => {
  const { words, input, output, background } = parseTokens(tokenize(raw))
  const tool = toolOf(words)
  if (input !== null) {
    checkPrintf(input)
    if (tool !== 'nc') fail('a pipe goes into nc only')
  }
  if (background && (tool === 'sleep' || tool === 'wait')) fail(`${tool} does not run in the background`)
  return {
    line,
    text: background ? raw.slice(0, raw.lastIndexOf('&')).trimEnd() : raw,
    words,
    tool,
    background,
    piped: input !== null,
    output: checkOutput(output),
    capture: tool === 'tcpdump' ? captureFile(words, background) : null,
    mayFail,
  }
}

/** Reads a scenario; throws `ScenarioGrammarError` with everything that is outside the grammar. */
export const parseScenario = (script: string): Scenario => {
  const heads = new Map<string, string>()
  const commands: ScenarioCommand[] = []
  const problems: string[] = []
  let mayFail = false
  for (const [n, whole] of script.split('\n').entries()) {
    const text = whole.trim()
    if (text.startsWith('#')) {
      const head = /^#\s*(title|shows|tags):\s*(.*)$/.exec(text)
      if (head !== null) heads.set(head[1]!, head[2]!)
      if (/^#\s*may-fail\b/.test(text)) mayFail = true
      continue
    }
    if (text !== '') {
      try {
        commands.push(parseLine(n + 1, text, mayFail))
      } catch (error) {
        problems.push(`line ${n + 1}: ${error instanceof Error ? error.message : error}: ${text}`)
      }
    }
    mayFail = false
  }
  for (const name of ['title', 'shows', 'tags']) {
    if ((heads.get(name) ?? '') === '') problems.push(`no line # ${name}: ...`)
  }
  if (problems.length > 0) throw new ScenarioGrammarError(problems)
  const tags = heads
    .get('tags')!
    .split(',')
    .map(tag => tag.trim())
  return { title: heads.get('title')!, shows: heads.get('shows')!, tags: tags.filter(tag => tag !== ''), commands }
}
