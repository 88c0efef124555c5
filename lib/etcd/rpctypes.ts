/**
 * Errors of etcd's calls: gRPC's status with etcd's text.
 *
 * @see etcd etcdserver/api/v3rpc/rpctypes/error.go
 */

/** Status codes of gRPC that etcd uses. */
export const CODE = {
  OK: 0,
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  FailedPrecondition: 9,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
} as const

/** Name of a status code, as gRPC prints it. */
export type CodeName = keyof typeof CODE

/** A call failed: `code` is gRPC's status code, the message what etcd says. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Name of an error of etcd. */
export type EtcdErrorName =
  | 'ErrEmptyKey'
  | 'ErrKeyNotFound'
  | 'ErrValueProvided'
  | 'ErrLeaseProvided'
  | 'ErrTooManyOps'
  | 'ErrDuplicateKey'
  | 'ErrCompacted'
  | 'ErrFutureRev'
  | 'ErrLeaseNotFound'
  | 'ErrLeaseExist'
  | 'ErrLeaseTTLTooLarge'
  | 'ErrWatchCanceled'
  | 'ErrRequestTooLarge'
  | 'ErrNoLeader'
  | 'ErrStopped'

/** Texts of the errors, by the names of etcd, with their code. */
const ETCD_ERRORS: Readonly<Record<EtcdErrorName, readonly [CodeName, string]>> = {
  ErrEmptyKey: ['InvalidArgument', 'etcdserver: key is not provided'],
  ErrKeyNotFound: ['InvalidArgument', 'etcdserver: key not found'],
  ErrValueProvided: ['InvalidArgument', 'etcdserver: value is provided'],
  ErrLeaseProvided: ['InvalidArgument', 'etcdserver: lease is provided'],
  ErrTooManyOps: ['InvalidArgument', 'etcdserver: too many operations in txn request'],
  ErrDuplicateKey: ['InvalidArgument', 'etcdserver: duplicate key given in txn request'],
  ErrCompacted: ['OutOfRange', 'etcdserver: mvcc: required revision has been compacted'],
  ErrFutureRev: ['OutOfRange', 'etcdserver: mvcc: required revision is a future revision'],
  ErrLeaseNotFound: ['NotFound', 'etcdserver: requested lease not found'],
  ErrLeaseExist: ['FailedPrecondition', 'etcdserver: lease already exists'],
  ErrLeaseTTLTooLarge: ['OutOfRange', 'etcdserver: too large lease TTL'],
  ErrWatchCanceled: ['Canceled', 'etcdserver: watch canceled'],
  ErrRequestTooLarge: ['InvalidArgument', 'etcdserver: request is too large'],
  ErrNoLeader: ['Unavailable', 'etcdserver: no leader'],
  ErrStopped: ['Unavailable', 'etcdserver: server stopped'],
}

/** The error with that name. */
export const etcdError = (name: EtcdErrorName): EtcdError => {
  const [code, text] = ETCD_ERRORS[name]
  return new EtcdError(CODE[code], text)
}

/** True for the error with that name, whoever made it. */
export const isEtcdError = (error: unknown, name: EtcdErrorName): boolean =>
  error instanceof EtcdError && error.message === ETCD_ERRORS[name][1]

const TEXTS: ReadonlySet<string> = new Set(Object.values(ETCD_ERRORS).map(([, text]) => text))

/** True for a text that is one of etcd's errors. */
export const isEtcdText = (text: string): boolean => TEXTS.has(text)
