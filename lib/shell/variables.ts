/**
 * The variables of a shell, and which of them its programs see.
 *
 * @see IEEE Std 1003.1 XCU 2.5
 */

/** A variable; its value is null when it is only marked for export. */
export interface Variable {
  readonly value: string | null
  readonly isExported: boolean
}

/** Variables by name. A subshell has a copy. */
export class Variables {
  readonly #byName: Map<string, Variable>

  constructor(from: Variables | null = null) {
    this.#byName = new Map(from === null ? [] : from.#byName)
  }

  /** The value, or null when it is not set. */
  get(name: string): string | null {
    return this.#byName.get(name)?.value ?? null
  }

  /** Sets a value; `isExported` exports it as well. */
  set(name: string, value: string, isExported = false): void {
    this.#byName.set(name, { value, isExported: isExported || this.#byName.get(name)?.isExported === true })
  }

  /** Marks a variable for the environment of programs, or takes the mark away. */
  export(name: string, isExported: boolean): void {
    this.#byName.set(name, { value: this.get(name), isExported })
  }

  /** All about a variable, for {@link restore}; undefined when there is none. */
  saved(name: string): Variable | undefined {
    return this.#byName.get(name)
  }

  /** Sets a variable back to what it was. */
  restore(name: string, variable: Variable | undefined): void {
    if (variable === undefined) this.unset(name)
    else this.#byName.set(name, variable)
  }

  unset(name: string): void {
    this.#byName.delete(name)
  }

  /** What programs see. */
  environment(): Record<string, string> {
    const environment: Record<string, string> = {}
    for (const [name, { value, isExported }] of this.#byName)
      if (isExported && value !== null) environment[name] = value
    return environment
  }
}
