/**
 * What the cases of a run have used: matches and targets by rules whose counters the kernel moved.
 */
import { type Case, type Run, restoreText } from './case.js'

const count = (into: Map<string, number>, key: string): void => {
  into.set(key, (into.get(key) ?? 0) + 1)
}

const listed = (from: ReadonlyMap<string, number>): string =>
  [...from]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, n]) => `${name} ${n}`)
    .join(', ')

/** Figures of a run. */
export class Coverage {
  readonly #matches = new Map<string, number>()
  readonly #targets = new Map<string, number>()
  #rules = 0
  #refused = 0
  #frames = 0
  #connections = 0

  /** Adds a case as the kernel ran it. */
  add(c: Case, run: Run): void {
    if (run.loaded.status !== 0) {
      this.#refused++
      return
    }
    this.#rules += restoreText(c.ruleSet).match(/^-A/gm)?.length ?? 0
    for (const frames of run.frames.values()) this.#frames += frames.length
    this.#connections += run.end.conntrack.split('\n').filter(line => line !== '').length
    for (const line of run.end.save.split('\n')) {
      const rule = /^\[([1-9]\d*):\d+\] -A (.*)$/.exec(line)
      if (rule === null) continue
      for (const [, name] of rule[2]!.matchAll(/ -m (\S+)/g)) count(this.#matches, name!)
      const target = / -([jg]) (\S+)/.exec(rule[2]!)
      if (target !== null)
        count(this.#targets, /^u\d/.test(target[2]!) ? (target[1] === 'g' ? 'goto' : 'jump') : target[2]!)
    }
  }

  /** The figures in words. */
  text(): string {
    return [
      `${this.#rules} rules, ${this.#frames} frames, ${this.#connections} connections; ${this.#refused} rule sets were refused by both`,
      `matches that matched, in rules: ${listed(this.#matches)}`,
      `targets that were met, in rules: ${listed(this.#targets)}`,
    ].join('\n')
  }
}
