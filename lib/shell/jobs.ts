/**
 * What a script has running, and how time passes for it: the shell's jobs and the recorder of the conformance scenarios in one.
 *
 * A foreground command costs `commandNs` before it acts, which is what fork and exec take on the reference machine; a
 * program then runs until it ends. A background command starts at once. Built-in commands, `sleep` and `wait` included, cost
 * nothing of their own. After the last command the world runs for `tailNs`, then captures stop, then background commands are
 * killed.
 */
import { type Command, type CommandContext, commandsOf } from '../app/command.js'
import { WorkingDirectory } from '../app/working-directory.js'
import type { Netns } from '../core/netns.js'
import type { World } from '../core/world.js'
import { NetloomError } from '../errors.js'
import type { BackgroundShell } from './background.js'
import { type Cost, commandError, type Environment, type ExitStatus, type Streams } from './environment.js'
import { Job, type JobPlace } from './job.js'
import type { Pause, Steps } from './steps.js'

/** Virtual nanoseconds that a foreground command costs before it acts. */
export const DEFAULT_COMMAND_NS = 5_000_000
/** Virtual nanoseconds between the last command and the end of the captures. */
export const DEFAULT_TAIL_NS = 250_000_000
/** Virtual nanoseconds that one foreground command, one `wait` or one loop may take. */
export const DEFAULT_LIMIT_NS = 3_600_000_000_000

/** How much time things take. */
export interface JobTimes {
  readonly commandNs: number
  readonly tailNs: number
  readonly limitNs: number
}

/** Exit status of a command of a script. */
export interface ScriptExit {
  readonly line: number
  readonly exit: number
}

/** Tools whose status is an outcome. */
const TRAFFIC: readonly string[] = ['ping', 'nc', 'arping', 'curl']
/** The highest status that is an outcome. */
const LAST_OUTCOME = 2
const CALLED_WRONGLY =
  /^usage:|invalid option|unrecognized option|invalid argument: |address already in use|cannot assign requested/im

/** What a background command must not have said. */
const DID_NOT_RUN = new RegExp(`${CALLED_WRONGLY.source}|cannot open network`, 'im')

/** The line that says so: the first one in front of a usage text, else the one with the words. */
const complaintOf = (job: Job): string => {
  const line = job.stderr.split('\n').find(l => DID_NOT_RUN.test(l)) ?? ''
  return /^usage:/i.test(line) ? job.firstLine : line.trim()
}

/** A command line that is ready to run. */
export interface ReadyCommand {
  readonly place: JobPlace
  readonly argv: readonly string[]
  readonly tool: string
  /** The namespace of the shell on a host that it stands in; null in the script itself. */
  readonly netns: Netns | null
  readonly env: Readonly<Record<string, string>>
}

/** The running commands of a script. */
export class Jobs {
  readonly world: World
  readonly exits: ScriptExit[] = []
  readonly cwd: WorkingDirectory = new WorkingDirectory()
  readonly commands: ReadonlyMap<string, Command>
  readonly times: JobTimes
  readonly #background: BackgroundShell[] = []

  constructor(world: World, times: JobTimes) {
    this.world = world
    this.times = times
    this.commands = new Map(commandsOf(world).map(command => [command.name, command]))
  }

  /** Lets the time pass that a foreground command costs; once for a pipeline. */
  *pay(cost: Cost | null): Steps<void> {
    const isFirst = cost !== null && !cost.isUsed
    if (cost !== null) cost.isUsed = true
    if (isFirst && cost.pipeline.isPaid) return
    yield { kind: 'sleep', ns: this.times.commandNs }
    if (isFirst) cost.pipeline.isPaid = true
  }

  /** Starts a command. */
  start(command: ReadyCommand, streams: Streams, background: BackgroundShell | null): Job {
    const { argv, place, tool, env, netns } = command
    let read: Uint8Array | null = null
    const job = new Job(place, tool, streams)
    background?.jobs.push(job)
    const context: CommandContext = {
      world: this.world,
      netns,
      // Only a command that looks at its input reads it: what it leaves is for the next one.
      get stdin(): Uint8Array | null {
        return (read ??= streams.stdin?.rest() ?? null)
      },
      env,
      cwd: this.cwd,
      outFile: this.cwd.fileOf(streams.out),
      out: (text: string): void => job.out(text),
      err: (text: string): void => job.err(text),
      becomeShell: (inner, shellArgv, limit): number => {
        job.shell = { argv: shellArgv, netns: inner.netns!, env: inner.env ?? {}, limit }
        return 0
      },
      addFile: (name: string, content: () => Uint8Array): void => this.cwd.announce(name, content),
    }
    job.started(this.commands.get(argv[0]!)!.run(context, argv))
    return job
  }

  /** Waits for the end of a foreground command and says how it ended. */
  *finishForeground(job: Job, env: Environment): Steps<ExitStatus> {
    yield { kind: 'end', these: [job], what: job.place.text }
    const code = job.status!
    const isTraffic = TRAFFIC.includes(job.tool)
    if (env.background === null && (isTraffic || code !== 0)) this.exits.push({ line: job.place.line, exit: code })
    const isOutcome =
      isTraffic && env.flags.outcomes && code <= LAST_OUTCOME && !CALLED_WRONGLY.test(job.stderr + job.stdout)
    this.pollAll()
    return { code, isOutcome, message: code === 0 ? '' : job.firstLine }
  }

  /** Notes how a shell on a host ended; what is an outcome is noted by the traffic tool in it. */
  finishShell(job: Job, env: Environment, status: ExitStatus): ExitStatus {
    const isOutcome = status.isOutcome && env.flags.outcomes
    if (env.background === null && status.code !== 0 && !isOutcome)
      this.exits.push({ line: job.place.line, exit: status.code })
    this.pollAll()
    return { ...status, isOutcome }
  }

  /** Starts a background list. Throws EIO for a capture that did not start. */
  startBackground(shell: BackgroundShell, steps: Steps<ExitStatus>): void {
    this.#background.push(shell)
    shell.start(steps)
    const failed = shell.jobs.find(j => j.tool === 'tcpdump' && j.status !== null && j.status !== 0)
    if (failed !== undefined) throw commandError(shell.place, `capture did not start: ${failed.firstLine}`)
    this.pollAll()
  }

  /** The background list of a number that runs, or null. */
  running(pid: number): BackgroundShell | null {
    return this.#background.find(shell => !shell.isDone && shell.pid === pid) ?? null
  }

  /** Lets the world run for the script itself, until all its steps are done. */
  drive<T>(steps: Steps<T>): T {
    let step = steps.next()
    while (step.done !== true) {
      try {
        this.#pause(step.value)
      } catch (e) {
        // It gets the place of the command on its way.
        step = steps.throw(e)
        continue
      }
      step = steps.next()
    }
    return step.value
  }

  #pause(pause: Pause): void {
    if (pause.kind === 'sleep') this.world.run({ for: pause.ns })
    else this.#until(pause.what, () => pause.these.every(one => one.isDone))
  }

  pollAll(): void {
    for (const job of this.#background) job.poll()
  }

  /** The end of a script that went well: captures first, then what else runs in the background. */
  finish(): void {
    this.world.run({ for: this.times.tailNs })
    this.pollAll()
    this.stop()
    for (const { isCapture, jobs, place } of this.#background) {
      const failed = jobs.find(job => DID_NOT_RUN.test(job.stderr))
      if (!isCapture && failed !== undefined)
        throw commandError(place, `background command failed: ${complaintOf(failed)}`)
    }
  }

  /** Ends everything. */
  stop(): void {
    for (const shell of this.#background) if (shell.isCapture) shell.stop()
    for (const shell of this.#background) shell.stop()
  }

  #until(what: string, done: () => boolean): void {
    try {
      this.world.run({
        until: () => {
          this.pollAll()
          return done()
        },
        within: this.times.limitNs,
      })
    } catch (e) {
      if (e instanceof NetloomError && e.code === 'EPENDING')
        throw new NetloomError('EPENDING', `${what}: still running: ${e.message}`, e.context)
      throw e
    }
  }
}
