/**
 * How the objects that users hold print: `util.inspect` and `console.log` show what `toJSON` gives, under the class's name.
 */

/** What `util.inspect` passes to an object that prints itself. */
export type InspectFn = (value: unknown, options?: object) => string

/** An object that prints and serialises by {@link toJSON}. */
export abstract class Printable {
  static {
    const inspect = function (this: Printable, _depth: number, options: object, fn: InspectFn): string {
      return this.inspectText(options, fn)
    }
    // The key under which Node's util.inspect looks for an object's own text.
    Object.defineProperty(Printable.prototype, Symbol.for('nodejs.util.inspect.custom'), { value: inspect })
  }

  /** The state as plain values, for `JSON.stringify`. */
  abstract toJSON(): unknown

  /** @internal text for `util.inspect` */
  protected inspectText(options: object, inspect: InspectFn): string {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`
  }
}
