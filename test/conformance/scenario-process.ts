/**
 * Runs scripts in a child process, so that a script which never ends or takes all memory costs one scenario and not the
 * figures of all others.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ScriptRun } from './scenario-run.js'

const CHILD = fileURLToPath(new URL('./scenario-child.ts', import.meta.url))

/** A child process that runs one script after another; started when needed, replaced when it died. */
export class ScenarioProcess {
  private readonly limitSeconds: number
  private readonly program: string
  private child: ChildProcess | null

  /** A script may take `limitSeconds` of real time. */
  constructor(limitSeconds: number, program: string = CHILD) {
    this.limitSeconds = limitSeconds
    this.program = program
    this.child = null
  }

  private start(): ChildProcess {
    const child = fork(this.program, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.child = child
    child.once('exit', () => {
      if (this.child === child) this.child = null
    })
    return child
  }

  /** Runs `script`; when the child dies or is too slow, that is the error of the run. */
  run(script: string): Promise<ScriptRun> {
    const child = this.child ?? this.start()
    return new Promise(resolve => {
      const settle = (run: ScriptRun): void => {
        clearTimeout(timer)
        child.off('message', onMessage)
        child.off('exit', onExit)
        resolve(run)
      }
      const fail = (error: string): void => settle({ error, exits: [], files: new Map() })
      const onMessage = (run: unknown): void => settle(run as ScriptRun)
      const onExit = (code: number | null, signal: string | null): void =>
        fail(`the process that ran it ended with ${signal ?? `status ${code}`}`)
      const timer = setTimeout(() => {
        fail(`not finished after ${this.limitSeconds} s`)
        this.stop()
      }, this.limitSeconds * 1000)
      child.on('message', onMessage)
      child.on('exit', onExit)
      child.send(script)
    })
  }

  /** Ends the child process. */
  stop(): void {
    this.child?.kill('SIGKILL')
    this.child = null
  }
}
