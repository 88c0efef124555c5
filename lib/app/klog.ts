/**
 * The log of programs of Kubernetes and those around it, as they write it to standard error: lines in glog's form,
 * `I1123 18:18:52.854078    9924 main.go:204] TEXT`. Virtual time begins with the epoch.
 *
 * @see k8s.io/klog
 */
import type { Process } from './process.js'
import { civilTime } from '../sim/civil.js'

const two = (n: number): string => `${n}`.padStart(2, '0')
const MICROSECONDS = 1_000
const PID_WIDTH = 7

/** Information, warning, error. */
export type KlogSeverity = 'I' | 'W' | 'E'

/** A line of a program's log, now. `at` is the place in its source, such as `main.go:204`, as the real line has it. */
export const klogLine = ({ netns, pid }: Process, severity: KlogSeverity, at: string, text: string): string => {
  const { now } = netns.world
  const { month, day, hour, minute, second } = civilTime(now)
  const micros = `${Math.floor(now / MICROSECONDS) % 1_000_000}`.padStart(6, '0')
  const clock = `${two(hour)}:${two(minute)}:${two(second)}.${micros}`
  return `${severity}${two(month)}${two(day)} ${clock} ${`${pid}`.padStart(PID_WIDTH)} ${at}] ${text}\n`
}

/** A program's log, on its standard error. The places (`at`) are those of {@link klogLine}. */
export class Klog {
  readonly #process: Process
  /** Messages of a higher level than this are not written (`-v`). */
  readonly verbosity: number

  /** Writes to the standard error of `process`. */
  constructor(process: Process, verbosity: number) {
    this.#process = process
    this.verbosity = verbosity
  }

  /** An information that is always written. */
  info(at: string, text: string): void {
    this.#write('I', at, text)
  }

  /** An information of level `level`, which `-v` must reach. */
  v(level: number, at: string, text: string): void {
    if (level <= this.verbosity) this.#write('I', at, text)
  }

  /** A warning. */
  warning(at: string, text: string): void {
    this.#write('W', at, text)
  }

  /** An error. */
  error(at: string, text: string): void {
    this.#write('E', at, text)
  }

  #write(severity: KlogSeverity, at: string, text: string): void {
    this.#process.stderr += klogLine(this.#process, severity, at, text)
  }
}
