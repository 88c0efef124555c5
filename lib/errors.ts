/**
 * Errors that configuration throws, and the errno names with the text that tools print for them.
 *
 * Only configuration throws; on the data path a frame is dropped with a reason instead.
 *
 * @see include/uapi/asm-generic/errno-base.h and errno.h for the numbers, glibc's strerror for the texts
 */

/** errno names that netloom uses, with Linux's number and strerror text. */
export const ERRNO = {
  EPERM: [1, 'Operation not permitted'],
  ENOENT: [2, 'No such file or directory'],
  ESRCH: [3, 'No such process'],
  EINTR: [4, 'Interrupted system call'],
  EIO: [5, 'Input/output error'],
  ENXIO: [6, 'No such device or address'],
  E2BIG: [7, 'Argument list too long'],
  EAGAIN: [11, 'Resource temporarily unavailable'],
  ENOMEM: [12, 'Cannot allocate memory'],
  EACCES: [13, 'Permission denied'],
  EBUSY: [16, 'Device or resource busy'],
  EEXIST: [17, 'File exists'],
  EXDEV: [18, 'Invalid cross-device link'],
  ENODEV: [19, 'No such device'],
  ENOTDIR: [20, 'Not a directory'],
  EISDIR: [21, 'Is a directory'],
  EINVAL: [22, 'Invalid argument'],
  ENOSPC: [28, 'No space left on device'],
  EMLINK: [31, 'Too many links'],
  EPIPE: [32, 'Broken pipe'],
  ERANGE: [34, 'Numerical result out of range'],
  ENOTEMPTY: [39, 'Directory not empty'],
  ELOOP: [40, 'Too many levels of symbolic links'],
  ENONET: [64, 'Machine is not on the network'],
  EPROTO: [71, 'Protocol error'],
  EBADFD: [77, 'File descriptor in bad state'],
  EDESTADDRREQ: [89, 'Destination address required'],
  EMSGSIZE: [90, 'Message too long'],
  EPROTOTYPE: [91, 'Protocol wrong type for socket'],
  ENOPROTOOPT: [92, 'Protocol not available'],
  EPROTONOSUPPORT: [93, 'Protocol not supported'],
  EOPNOTSUPP: [95, 'Operation not supported'],
  EAFNOSUPPORT: [97, 'Address family not supported by protocol'],
  EADDRINUSE: [98, 'Address already in use'],
  EADDRNOTAVAIL: [99, 'Cannot assign requested address'],
  ENETDOWN: [100, 'Network is down'],
  ENETUNREACH: [101, 'Network is unreachable'],
  ECONNABORTED: [103, 'Software caused connection abort'],
  ECONNRESET: [104, 'Connection reset by peer'],
  ENOBUFS: [105, 'No buffer space available'],
  EISCONN: [106, 'Transport endpoint is already connected'],
  ENOTCONN: [107, 'Transport endpoint is not connected'],
  ETIMEDOUT: [110, 'Connection timed out'],
  ECONNREFUSED: [111, 'Connection refused'],
  EHOSTDOWN: [112, 'Host is down'],
  EHOSTUNREACH: [113, 'No route to host'],
  EALREADY: [114, 'Operation already in progress'],
  EINPROGRESS: [115, 'Operation now in progress'],
  ECANCELED: [125, 'Operation canceled'],
} as const

/** Name of an errno that netloom uses, for example `EEXIST`. */
export type Errno = keyof typeof ERRNO

/** Further codes for errors that no system call reports. */
export type NetloomCode = Errno | 'ESTORM' | 'EPENDING' | 'EDECODE' | 'EGRAMMAR' | 'EASSERT' | 'EFORMAT'

/** Linux's number of an errno, for example 17 for `EEXIST`. */
export const errnoNumber = (code: Errno): number => ERRNO[code][0]

/** Text of glibc's strerror for an errno, for example `File exists`. */
export const strerror = (code: Errno): string => ERRNO[code][1]

/** Name of the errno with Linux's number `n` (sign ignored); `EINVAL` when netloom does not use it. */
export const errnoName = (n: number): Errno => {
  const abs = Math.abs(n)
  for (const name of Object.keys(ERRNO) as Errno[]) if (ERRNO[name][0] === abs) return name
  return 'EINVAL'
}

/** Values involved in an error: names, addresses as text, numbers. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | readonly string[] | null>>

/**
 * An error of netloom: `code` is the errno (or one of netloom's own codes), `context` the values involved, and the
 * message is in the words of the real tool or system call.
 */
export class NetloomError extends Error {
  override readonly name = 'NetloomError'
  readonly code: NetloomCode
  readonly context: ErrorContext

  constructor(code: NetloomCode, message?: string, context: ErrorContext = {}) {
    super(message ?? (code in ERRNO ? strerror(code as Errno) : code))
    this.code = code
    this.context = context
  }

  /** Name, code, message and context. */
  toJSON(): { name: string; code: NetloomCode; message: string; context: ErrorContext } {
    return { name: this.name, code: this.code, message: this.message, context: this.context }
  }
}

/** Throws a {@link NetloomError}; usable in an expression. */
export const fail = (code: NetloomCode, message?: string, context?: ErrorContext): never => {
  throw new NetloomError(code, message, context)
}

/**
 * An error of a netlink request that the kernel explains (extended ack): tools print `Error: TEXT` instead of
 * `RTNETLINK answers: ...`. `context.extack` holds the text.
 */
export const extackError = (code: Errno, text: string, context: ErrorContext = {}): NetloomError =>
  new NetloomError(code, text, { ...context, extack: text })
