/**
 * Parameters of a request to the EC2 API: names with dots, lists counted from 1, filters.
 */
import { Ec2Error } from './ec2-error.js'

/** A filter: its name, and the values of which one must be met. */
export interface Ec2Filter {
  readonly name: string
  readonly values: readonly string[]
}

/** What a resource says to a filter's name: its values; null for a name that the action does not know. */
export type FilterValues = (name: string) => readonly string[] | null

/** A value of a filter as a pattern: `*` stands for any text, `?` for one character. */
const pattern = (value: string): RegExp =>
  new RegExp(
    `^${value
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')}$`,
  )

/** Parameters by their names. */
export class Params {
  readonly #values: ReadonlyMap<string, string>

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values
  }

  /** The value of a parameter; null when it is absent. */
  get(name: string): string | null {
    return this.#values.get(name) ?? null
  }

  /** A value that must be there. Throws MissingParameter with the name that EC2 uses in its text. */
  need(name: string, said: string): string {
    const value = this.get(name)
    if (value !== null && value !== '') return value
    throw new Ec2Error('MissingParameter', `The request must contain the parameter ${said}`)
  }

  /** `true` or `false`. Throws MissingParameter, InvalidParameterValue. */
  bool(name: string, said: string): boolean {
    const value = this.need(name, said)
    if (value === 'true' || value === 'false') return value === 'true'
    const text = `Invalid value '${value}' for ${said}. Must be 'true' or 'false'`
    throw new Ec2Error('InvalidParameterValue', text)
  }

  /** The values of `NAME.1`, `NAME.2` ... */
  list(name: string): string[] {
    const values: string[] = []
    for (let n = 1; this.#values.has(`${name}.${n}`); n++) values.push(this.#values.get(`${name}.${n}`)!)
    return values
  }

  /** The filters of a request. */
  filters(): Ec2Filter[] {
    const filters: Ec2Filter[] = []
    for (let n = 1; this.#values.has(`Filter.${n}.Name`); n++)
      filters.push({ name: this.#values.get(`Filter.${n}.Name`)!, values: this.list(`Filter.${n}.Value`) })
    return filters
  }

  /** Does a resource meet all filters? Throws InvalidParameterValue for one that the action does not know. */
  meets(values: FilterValues): boolean {
    return this.filters().every(({ name, values: wanted }) => {
      const has = values(name)
      if (has === null) throw new Ec2Error('InvalidParameterValue', `The filter '${name}' is invalid`)
      return wanted.some(value => has.some(text => pattern(value).test(text)))
    })
  }
}

/** Parameters of an action, as actions take them. */
export type Ec2Params = Params
