/**
 * What the tools of iproute2 print when the kernel refuses a request, and how they end then.
 */
import { type Errno, ERRNO, NetloomError, strerror } from '../../errors.js'

/** The line for standard error: `Error: TEXT.` where the kernel explained itself, `RTNETLINK answers: ...` otherwise. */
export const rtnlErrorText = (error: NetloomError): string => {
  const extack = error.context['extack']
  if (typeof extack === 'string') return `Error: ${extack}${extack.endsWith('.') ? '' : '.'}\n`
  return `RTNETLINK answers: ${error.code in ERRNO ? strerror(error.code as Errno) : error.message}\n`
}

const NOT_FROM_KERNEL: readonly string[] = ['EGRAMMAR', 'ESTORM', 'EPENDING']

/** EOPNOTSUPP in words of netloom's own: the kernel could do it, netloom cannot. */
const isOwnRefusal = (error: NetloomError): boolean =>
  error.code === 'EOPNOTSUPP' && error.context['extack'] === undefined && error.message !== strerror('EOPNOTSUPP')

/** True for an error that a request to the kernel ended with; what netloom does not support is none. */
export const isRefusal = (error: unknown): error is NetloomError =>
  error instanceof NetloomError && !NOT_FROM_KERNEL.includes(error.code) && !isOwnRefusal(error)
