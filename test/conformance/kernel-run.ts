/**
 * Runs the commands of a scenario on the kernel, one by one, by bash.
 *
 * A capture counts as started when its file has a pcap header; captures are ended first, a quarter of a second after
 * the last command, then what else runs in the background. ping, nc and arping may fail, their exit status is an
 * outcome; every other command must succeed unless `# may-fail` stands above it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ScenarioCommand } from './grammar.js'
import type { CommandExit } from './scenario-run.js'

const TAIL_MS = 250
const ATTACH_MS = 10_000
const CAPTURE_STOP_MS = 10_000
const PROGRAM_STOP_MS = 3000
const PCAP_HLEN = 24
const OUTCOME_TOOLS: readonly string[] = ['ping', 'nc', 'arping']
/** What a program says that was called wrongly: no outcome, but a mistake of the script. */
const MISUSE =
  /^usage:|invalid option|unrecognized option|invalid argument: |address already in use|cannot assign requested/im

/** A process that was started for a command. */
interface Started {
  readonly command: ScenarioCommand
  readonly child: ChildProcess
  /** Exit status when it ended, minus the signal's number counts as -1. */
  readonly ended: Promise<number>
  hasEnded: boolean
  /** What it printed and was not redirected. */
  output: string
}

/** One run of one scenario. */
export class KernelRun {
  readonly exits: CommandExit[]
  private readonly dir: string
  private readonly isVerbose: boolean
  private readonly deadline: number
  private readonly background: Started[]

  /** Runs in the working directory `dir`, for at most `limitSeconds`. */
  constructor(dir: string, limitSeconds: number, isVerbose: boolean) {
    this.exits = []
    this.dir = dir
    this.isVerbose = isVerbose
    this.deadline = Date.now() + limitSeconds * 1000
    this.background = []
  }

  /** Runs all commands and ends what is left of them; throws when one fails that must not. */
  async runAll(commands: readonly ScenarioCommand[]): Promise<void> {
    try {
      for (const command of commands) await this.run(command)
      await delay(TAIL_MS)
      await this.stopCaptures()
      await this.stopPrograms()
    } finally {
      for (const started of this.background) signalGroup(started, 'SIGKILL')
    }
  }

  private async run(command: ScenarioCommand): Promise<void> {
    if (this.isVerbose) console.error(`${command.line}: ${command.text}${command.background ? ' &' : ''}`)
    if (command.tool === 'sleep') await delay(Math.min(Number(command.words[1]) * 1000, this.leftMs()))
    else if (command.tool === 'wait') await this.wait(command)
    else if (command.background) await this.runInBackground(command)
    else await this.runInForeground(command)
    this.leftMs()
  }

  private leftMs(): number {
    const left = this.deadline - Date.now()
    if (left <= 0) throw new Error('the scenario takes too long')
    return left
  }

  private start(command: ScenarioCommand): Started {
    const text = command.capture === null ? command.text : withCaptureOptions(command.text)
    const child = spawn('bash', ['-c', text], { cwd: this.dir, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => resolve(code ?? -1))
    })
    const started: Started = { command, child, ended, hasEnded: false, output: '' }
    ended.then(
      () => (started.hasEnded = true),
      () => (started.hasEnded = true),
    )
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        started.output += chunk.toString()
        if (this.isVerbose) process.stderr.write(chunk)
      })
    }
    return started
  }

  private async runInForeground(command: ScenarioCommand): Promise<void> {
    const started = this.start(command)
    const exit = await Promise.race([started.ended, delay(this.leftMs(), null, { ref: false })])
    if (exit === null) {
      signalGroup(started, 'SIGKILL')
      throw new Error(`line ${command.line}: not finished in time: ${command.text}`)
    }
    const isOutcome = OUTCOME_TOOLS.includes(command.tool)
    if (isOutcome || exit !== 0) this.exits.push({ line: command.line, exit })
    if (command.mayFail) return
    const isMisused = (exit !== 0 && exit !== 1 && exit !== 2) || MISUSE.test(started.output)
    if (isOutcome ? isMisused : exit !== 0) {
      throw new Error(`line ${command.line}: exit ${exit}: ${command.text}\n${started.output.trim()}`)
    }
  }

  private async runInBackground(command: ScenarioCommand): Promise<void> {
    const started = this.start(command)
    this.background.push(started)
    if (command.capture !== null) await this.attached(started, join(this.dir, command.capture))
  }

  /** Waits until the capture's file has its header. */
  private async attached(started: Started, file: string): Promise<void> {
    const end = Date.now() + ATTACH_MS
    while (!existsSync(file) || statSync(file).size < PCAP_HLEN) {
      if (started.hasEnded || Date.now() > end) {
        const { line, text } = started.command
        throw new Error(`line ${line}: the capture did not start: ${text}\n${started.output.trim()}`)
      }
      await delay(10)
    }
  }

  private async wait(command: ScenarioCommand): Promise<void> {
    const programs = this.background.filter(started => started.command.capture === null)
    const all = Promise.all(programs.map(started => started.ended))
    const done = await Promise.race([all, delay(this.leftMs(), null, { ref: false })])
    if (done !== null) return
    const running = programs.find(started => !started.hasEnded)
    throw new Error(`line ${command.line}: wait: still running: ${running?.command.text}`)
  }

  private async stopCaptures(): Promise<void> {
    const captures = this.background.filter(started => started.command.capture !== null)
    for (const started of captures) {
      const { line, text } = started.command
      if (started.hasEnded) throw new Error(`line ${line}: the capture ended before the scenario: ${text}`)
      signalGroup(started, 'SIGTERM')
    }
    for (const started of captures) {
      const exit = await Promise.race([started.ended, delay(CAPTURE_STOP_MS, null, { ref: false })])
      if (exit === null) throw new Error(`line ${started.command.line}: the capture does not stop`)
    }
  }

  private async stopPrograms(): Promise<void> {
    for (const started of this.background.filter(({ command }) => command.capture === null)) {
      signalGroup(started, 'SIGTERM')
      await Promise.race([started.ended, delay(PROGRAM_STOP_MS, null, { ref: false })])
      signalGroup(started, 'SIGKILL')
      await started.ended
      const { line, text } = started.command
      if (MISUSE.test(started.output) || /cannot open network/i.test(started.output)) {
        throw new Error(`line ${line}: failed in the background: ${text}\n${started.output.trim()}`)
      }
    }
  }
}

/** Frames are written when they arrive, and as root so that the file can be made in any directory. */
const withCaptureOptions = (text: string): string =>
  text.replace(/(\sexec\s+\S+\s+tcpdump)(?=\s)/, '$1 --immediate-mode -Z root')

/** Sends a signal to a command's process group, if it still runs. */
const signalGroup = ({ child, hasEnded }: Started, signal: NodeJS.Signals): void => {
  if (hasEnded || child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // it ended just now
  }
}
