/**
 * Errors of programs written in Go, and how they tell of those of the kernel: their messages are made of these.
 *
 * @see Go errors, syscall/zerrors_linux.go, os/error.go
 */
import { ERRNO, type Errno, NetloomError, strerror } from '../errors.js'

/** The text of an errno as Go's syscall package has it: in small letters. */
export const goStrerror = (code: Errno): string => strerror(code).toLowerCase()

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

/** Text of an error of the kernel, or of the file system's own. Throws what is none. */
export const errnoText = (e: unknown): string => {
  if (!(e instanceof NetloomError)) throw e
  return isErrno(e.code) ? goStrerror(e.code) : e.message
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
