/**
 * What a script has running, and how time passes for it: the shell's jobs and the recorder of the conformance scenarios in one.
 *
 * A foreground command costs `commandNs` before it acts, which is what fork and exec take on the reference machine; a
 * program then runs until it ends. A background command starts at once. Built-in commands, `sleep` and `wait` included, cost
 * nothing of their own. After the last command the world runs for `tailNs`, then captures stop, then background commands are
 * killed.
 */
import { type Command, commandsOf } from '../app/command.js'
import type { Process } from '../app/process.js'
import { WorkingDirectory } from '../app/working-directory.js'
import type { World } from '../core/world.js'
import { NetloomError } from '../errors.js'
import { type Cost, commandError, type Environment, type ExitStatus, type Streams } from './environment.js'
import { type BackgroundJob, Job, type JobPlace } from './job.js'

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

/** A command line that is ready to run. */
export interface ReadyCommand {
  readonly place: JobPlace
  readonly argv: readonly string[]
  readonly tool: string
  readonly env: Readonly<Record<string, string>>
}

/** The running commands of a script. */
export class Jobs {
  readonly world: World
  readonly exits: ScriptExit[] = []
  readonly cwd: WorkingDirectory = new WorkingDirectory()
  readonly commands: ReadonlyMap<string, Command>
  readonly times: JobTimes
  readonly #background: BackgroundJob[] = []

  constructor(world: World, times: JobTimes) {
    this.world = world
    this.times = times
    this.commands = new Map(commandsOf(world).map(command => [command.name, command]))
  }

  /** Lets the time pass that a foreground command costs; once for a pipeline. */
  pay(cost: Cost | null): void {
    if (cost?.isPaid !== true) this.world.run({ for: this.times.commandNs })
    if (cost !== null) cost.isPaid = true
  }

  /** Starts a command. */
  start(command: ReadyCommand, streams: Streams): Job {
    const { argv, place, tool, env } = command
    const job = new Job(place, tool, streams)
    const context = {
      world: this.world,
      netns: null,
      stdin: streams.stdin,
      env,
      cwd: this.cwd,
      out: (text: string): void => job.out(text),
      err: (text: string): void => job.err(text),
      addFile: (name: string, content: () => Uint8Array): void => this.cwd.announce(name, content),
    }
    job.started(this.commands.get(argv[0]!)!.run(context, argv))
    return job
  }

  /** Waits for the end of a foreground command and says how it ended. */
  finishForeground(job: Job, env: Environment): ExitStatus {
    this.#until(job.place.text, () => job.poll())
    const code = job.status!
    const isTraffic = TRAFFIC.includes(job.tool)
    if (isTraffic || code !== 0) this.exits.push({ line: job.place.line, exit: code })
    const isOutcome =
      isTraffic && env.flags.outcomes && code <= LAST_OUTCOME && !CALLED_WRONGLY.test(job.stderr + job.stdout)
    this.pollAll()
    return { code, isOutcome, message: code === 0 ? '' : job.firstLine }
  }

  /** Adds a background pipeline. Throws EIO for a capture that did not start. */
  add(job: BackgroundJob): void {
    this.#background.push(job)
    const failed = job.jobs.find(j => j.tool === 'tcpdump' && j.status !== null && j.status !== 0)
    if (failed !== undefined) throw commandError(job.place, `capture did not start: ${failed.firstLine}`)
    this.pollAll()
  }

  sleep(ns: number): void {
    this.world.run({ for: ns })
    this.pollAll()
  }

  /** Waits for all background commands that are not captures. */
  wait(text: string): void {
    const jobs = this.#background.filter(job => !job.isCapture)
    this.#until(text, () => jobs.every(job => job.poll()))
    this.pollAll()
  }

  /** Waits for the background command of a number and returns its status; null when it is none of this script's. */
  waitFor(pid: number, text: string): number | null {
    const job = this.#background.find(j => j.pid === pid)
    if (job === undefined) return null
    this.#until(text, () => job.poll())
    return job.status
  }

  /** The running program of a number, or null. */
  processOf(pid: number): Process | null {
    const jobs = this.#background.flatMap(job => job.jobs)
    const process = jobs.find(job => job.process?.pid === pid)?.process ?? null
    return process === null || process.exitStatus !== null ? null : process
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
        throw commandError(place, `background command failed: ${failed.firstLine}`)
    }
  }

  /** Ends everything. */
  stop(): void {
    for (const job of this.#background) if (job.isCapture) job.kill()
    for (const job of this.#background) job.kill()
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
