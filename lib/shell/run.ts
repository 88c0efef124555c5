/**
 * Runs a script: the shell and the recorder of the conformance scenarios in one.
 *
 * Time: a foreground command costs `commandNs` before it acts, which is what fork and exec take on the reference machine; a
 * program then runs until it ends. A background command starts at once. `sleep` and `wait` cost nothing of their own. After
 * the last command the world runs for `tailNs`, then captures stop, then background commands are killed.
 *
 * A foreground command must end with exit status 0. `ping`, `nc`, `arping` and `curl` may fail (their status is an outcome), unless
 * they were called wrongly; `# may-fail` above a line lifts the rule for it. What netloom does not support ends the script
 * in every case.
 */
import type { World } from '../core/world.js'
import { type ErrorContext, NetloomError } from '../errors.js'
import { type Command, commandsOf } from '../app/command.js'
import { type CommandStatement, parseScript, type Statement } from './grammar.js'
import { Job } from './job.js'
import { encodeUtf8 } from '../wire/utf8.js'

/** Virtual nanoseconds that a foreground command costs before it acts. */
export const DEFAULT_COMMAND_NS = 5_000_000
/** Virtual nanoseconds between the last command and the end of the captures. */
export const DEFAULT_TAIL_NS = 250_000_000
/** Virtual nanoseconds that one foreground command, or one `wait`, may take. */
export const DEFAULT_LIMIT_NS = 3_600_000_000_000

/** Options of {@link runScript}. */
export interface ScriptOptions {
  /** Return a failed script's error in the result instead of throwing it. */
  readonly mayFail?: boolean
  /** Cost of a foreground command in virtual nanoseconds; {@link DEFAULT_COMMAND_NS}. */
  readonly commandNs?: number
  /** Time between the last command and the end of the captures; {@link DEFAULT_TAIL_NS}. */
  readonly tailNs?: number
  /** How long one foreground command may take; {@link DEFAULT_LIMIT_NS}. */
  readonly limitNs?: number
  /** Called before each line that does something. */
  readonly onLine?: (line: number, text: string) => void
  /** Called with everything that is written to standard output and standard error, when it is written. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void
}

/** Exit status of a command of a script. */
export interface ScriptExit {
  readonly line: number
  readonly exit: number
}

/** What a script left. */
export interface ScriptResult {
  /** Every command that must succeed did. */
  readonly ok: boolean
  readonly error: NetloomError | null
  /** Each foreground ping, nc, arping and curl, and every other foreground command that failed. */
  readonly exits: readonly ScriptExit[]
  /** State files and captures by name. */
  readonly files: Map<string, Uint8Array>
  readonly stdout: string
  readonly stderr: string
}

const TRAFFIC: readonly string[] = ['ping', 'nc', 'arping', 'curl']
const CALLED_WRONGLY =
  /^usage:|invalid option|unrecognized option|invalid argument: |address already in use|cannot assign requested/im

/** What a background command must not have said. */
const DID_NOT_RUN = new RegExp(`${CALLED_WRONGLY.source}|cannot open network`, 'im')

const firstLine = (job: Job): string =>
  (job.stderr + job.stdout)
    .split('\n')
    .map(l => l.trim())
    .find(l => l !== '') ?? 'no message'

/** Adds the place to an error that a command threw. */
const withPlace = (statement: Statement, error: NetloomError): NetloomError => {
  if (error.context['line'] !== undefined) return error
  const { line } = statement
  const word = error.context['word']
  const at = statement.kind === 'command' ? statement.words.find(w => w.text === word) : undefined
  const context: ErrorContext =
    at === undefined ? { ...error.context, line } : { ...error.context, line, column: at.column }
  const place = at === undefined ? `line ${line}` : `line ${line}, column ${at.column}`
  return new NetloomError(error.code, `${place}: ${error.message}`, context)
}

class ScriptRun {
  readonly exits: ScriptExit[] = []
  readonly files: Map<string, Uint8Array> = new Map()
  stdout = ''
  stderr = ''
  readonly #world: World
  readonly #options: ScriptOptions
  readonly #commands: ReadonlyMap<string, Command>
  readonly #background: Job[] = []
  readonly #stateFiles = new Map<string, string>()
  readonly #announced = new Map<string, () => Uint8Array>()

  constructor(world: World, commands: readonly Command[], options: ScriptOptions) {
    this.#world = world
    this.#commands = new Map(commands.map(c => [c.name, c]))
    this.#options = options
  }

  /** OutputSink of the jobs. */
  write(stream: 'stdout' | 'stderr', file: string | null, text: string): void {
    if (file !== null) {
      this.#stateFiles.set(file, (this.#stateFiles.get(file) ?? '') + text)
      return
    }
    this[stream] += text
    this.#options.onOutput?.(stream, text)
  }

  statement(statement: Statement): void {
    this.#options.onLine?.(statement.line, statement.text)
    if (statement.kind === 'sleep') this.#world.run({ for: statement.durationNs })
    else if (statement.kind === 'wait') this.#wait(statement.text)
    else this.#command(statement)
    this.#pollAll()
  }

  /** The end of a script that went well: captures first, then what else runs in the background. */
  finish(): void {
    this.#world.run({ for: this.#options.tailNs ?? DEFAULT_TAIL_NS })
    this.#pollAll()
    this.stop()
    for (const job of this.#background)
      if (!job.isCapture && DID_NOT_RUN.test(job.stderr))
        throw this.#failure(job.statement, `background command failed: ${firstLine(job)}`)
  }

  /** Ends everything and collects the files. */
  stop(): void {
    for (const job of this.#background) if (job.isCapture) job.kill()
    for (const job of this.#background) job.kill()
    for (const [name, text] of this.#stateFiles) this.files.set(name, encodeUtf8(text))
    for (const [name, content] of this.#announced) this.files.set(name, content())
  }

  #pollAll(): void {
    for (const job of this.#background) job.poll()
  }

  #failure(statement: CommandStatement, what: string, exit?: number): NetloomError {
    const { line, text } = statement
    return new NetloomError('EIO', `line ${line}: ${text}: ${what}`, {
      line,
      command: text,
      ...(exit === undefined ? {} : { exit }),
    })
  }

  #until(what: string, done: () => boolean): void {
    const limitNs = this.#options.limitNs ?? DEFAULT_LIMIT_NS
    try {
      this.#world.run({
        until: () => {
          this.#pollAll()
          return done()
        },
        within: limitNs,
      })
    } catch (e) {
      if (e instanceof NetloomError && e.code === 'EPENDING')
        throw new NetloomError('EPENDING', `${what}: still running: ${e.message}`, e.context)
      throw e
    }
  }

  #wait(text: string): void {
    const jobs = this.#background.filter(j => !j.isCapture)
    this.#until(text, () => jobs.every(j => j.poll()))
  }

  #command(statement: CommandStatement): void {
    if (!statement.background) this.#world.run({ for: this.#options.commandNs ?? DEFAULT_COMMAND_NS })
    if (statement.stdout !== null && statement.stdout !== '/dev/null') this.#stateFiles.set(statement.stdout, '')
    const job = this.#start(statement)
    if (statement.background) {
      this.#background.push(job)
      if (job.isCapture && job.poll() && job.status !== 0)
        throw this.#failure(statement, `capture did not start: ${firstLine(job)}`)
      return
    }
    this.#until(statement.text, () => job.poll())
    this.#check(job)
  }

  #start(statement: CommandStatement): Job {
    const job = new Job(statement, this)
    const argv = statement.words.map(w => w.text)
    const context = {
      world: this.#world,
      netns: null,
      stdin: statement.stdin,
      out: (text: string): void => job.out(text),
      err: (text: string): void => job.err(text),
      addFile: (name: string, content: () => Uint8Array): void => {
        this.#announced.set(name, content)
      },
    }
    job.started(this.#commands.get(argv[0]!)!.run(context, argv))
    return job
  }

  #check(job: Job): void {
    const { statement } = job
    const exit = job.status!
    const isTraffic = TRAFFIC.includes(statement.tool)
    if (isTraffic || exit !== 0) this.exits.push({ line: statement.line, exit })
    if (statement.mayFail) return
    const failed = isTraffic ? exit > 2 || CALLED_WRONGLY.test(job.stderr + job.stdout) : exit !== 0
    if (failed) throw this.#failure(statement, `exit ${exit}: ${firstLine(job)}`, exit)
  }
}

/** Runs the statements; returns what ended the script, or null. */
const runAll = (run: ScriptRun, statements: readonly Statement[]): NetloomError | null => {
  let current: Statement | null = null
  try {
    for (const statement of statements) {
      current = statement
      run.statement(statement)
    }
    current = null
    run.finish()
    return null
  } catch (e) {
    run.stop()
    if (!(e instanceof NetloomError)) throw e
    return current === null ? e : withPlace(current, e)
  }
}

/**
 * Runs a script of `ip`, `bridge`, `ping`, `nc`, `tcpdump` ... commands in a world. Everything is read before anything runs.
 *
 * Throws `EGRAMMAR` for what is not supported (context: line, column, word), `EIO` for a command that failed (context:
 * line, command, exit), `EPENDING` for one that does not end; with `mayFail` the error is in the result instead.
 */
export const runScript = (world: World, text: string, options: ScriptOptions = {}): ScriptResult => {
  const commands = commandsOf(world)
  const run = new ScriptRun(world, commands, options)
  let error: NetloomError | null
  try {
    // Executables with a path, such as plugins, are for other programs.
    const tools = commands.map(c => c.name).filter(name => !name.startsWith('/'))
    error = runAll(run, parseScript(text, tools))
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    error = e
  }
  if (error !== null && options.mayFail !== true) throw error
  const { exits, files, stdout, stderr } = run
  return { ok: error === null, error, exits, files, stdout, stderr }
}
