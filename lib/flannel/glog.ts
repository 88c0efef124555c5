/**
 * Log lines in glog's form, as flanneld writes them to standard error: `I1123 18:18:52.854078    9924 main.go:204] TEXT`.
 * Virtual time begins with the epoch.
 *
 * @see k8s.io/klog
 */
import type { Process } from '../app/process.js'
import { civilTime } from '../sim/civil.js'

const two = (n: number): string => `${n}`.padStart(2, '0')
const MICROSECONDS = 1_000
const PID_WIDTH = 7

/** A program's log. */
export class Glog {
  readonly #process: Process
  /** Messages of a higher level than this are not written (`-v`). */
  readonly verbosity: number

  constructor(process: Process, verbosity: number) {
    this.#process = process
    this.verbosity = verbosity
  }

  /** `at` is the place in flannel's source, such as `main.go:204`, as the real line has it. */
  info(at: string, text: string): void {
    this.#line('I', at, text)
  }

  /** An information of level `level`, which `-v` must reach. */
  v(level: number, at: string, text: string): void {
    if (level <= this.verbosity) this.#line('I', at, text)
  }

  warning(at: string, text: string): void {
    this.#line('W', at, text)
  }

  error(at: string, text: string): void {
    this.#line('E', at, text)
  }

  #line(severity: string, at: string, text: string): void {
    const { netns, pid } = this.#process
    const { now } = netns.world
    const { month, day, hour, minute, second } = civilTime(now)
    const micros = `${Math.floor(now / MICROSECONDS) % 1_000_000}`.padStart(6, '0')
    const clock = `${two(hour)}:${two(minute)}:${two(second)}.${micros}`
    this.#process.stderr += `${severity}${two(month)}${two(day)} ${clock} ${`${pid}`.padStart(PID_WIDTH)} ${at}] ${text}\n`
  }
}
