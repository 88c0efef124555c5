/**
 * How programs written in Go say things: errors, JSON, quoted texts. The plugins' messages are made of these.
 *
 * @see Go errors, syscall, encoding/json, strconv
 */
import { goStrerror } from '../app/go-text.js'
import { ERRNO, type Errno, NetloomError } from '../errors.js'

/** An error of a program written in Go: its message is all there is to it. */
export class GoError extends Error {
  override readonly name = 'GoError'
}

/** A program of Go that ends with a run-time error (exit status 2). */
export class GoPanic extends Error {
  override readonly name = 'GoPanic'
}

const isErrno = (code: string): code is Errno => code in ERRNO

/** True for an error of the kernel, which has an errno. */
export const isKernelError = (e: unknown): e is NetloomError => e instanceof NetloomError && isErrno(e.code)

/** True for an error of the kernel with this errno. */
export const isErrnoError = (e: unknown, code: Errno): boolean => e instanceof NetloomError && e.code === code

/** What Go prints of an error; throws on what is no error of a program: what netloom itself refuses, and faults. */
export const goErrorText = (e: unknown): string => {
  if (e instanceof GoError) return e.message
  if (isKernelError(e)) return goStrerror(e.code as Errno)
  throw e
}

/** Does `fn`; its error gets `prefix` and a colon in front (fmt.Errorf with %v). */
export const wrapped = <T>(prefix: string, fn: () => T): T => {
  try {
    return fn()
  } catch (e) {
    throw new GoError(`${prefix}: ${goErrorText(e)}`)
  }
}

/** Does a call of the file system; its error is told as `open PATH: no such file or directory` (os.PathError). */
export const pathCall = <T>(op: string, path: string, fn: () => T): T => {
  try {
    return fn()
  } catch (e) {
    throw new GoError(`${op} ${path}: ${goErrorText(e)}`)
  }
}

/** A value whose members stand in the order of their names, as those of a map do in Go. */
export const sortedMap = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortedMap)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(members.map(([name, member]) => [name, sortedMap(member)]))
}

const ESCAPED: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** JSON as Go writes it: characters of HTML escaped. `indent` in spaces, 0 for one line. */
export const goMarshal = (value: unknown, indent = 0): string =>
  JSON.stringify(value, null, indent).replace(/[<>&\u2028\u2029]/g, c => ESCAPED[c]!)
