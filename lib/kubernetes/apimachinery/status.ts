/**
 * Status: how the API server says what went wrong, and what clients throw for it.
 *
 * @see k8s.io/apimachinery pkg/api/errors/errors.go, pkg/apis/meta/v1/types.go
 */
import { goQuote } from '../../app/go-text.js'
import { NetloomError } from '../../errors.js'

/** One cause of a Status. */
export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

/** What a Status is about. */
export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

/** The object that answers a request that failed, or has no other answer. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: { readonly resourceVersion?: string }
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: StatusDetails
  readonly code?: number
}

/** A request that the API server refused. `status` is its answer. */
export class ApiError extends NetloomError {
  readonly status: Status

  /** The message is that of the status. */
  constructor(status: Status) {
    super('EINVAL', status.message ?? '', { reason: status.reason ?? '', status: status.code ?? 0 })
    this.status = status
  }

  /** For example `NotFound`; empty when the server gave none. */
  get reason(): string {
    return this.status.reason ?? ''
  }
}

/** A Status of failure. */
export const failure = (code: number, reason: string, message: string, details?: StatusDetails): ApiError =>
  new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  })

/** 404: there is no object of this name. `resource` is the plural. */
export const newNotFound = (resource: string, name: string): ApiError =>
  failure(404, 'NotFound', `${resource} ${goQuote(name)} not found`, { name, kind: resource })

/** 409: there is an object of this name. */
export const newAlreadyExists = (resource: string, name: string): ApiError =>
  failure(409, 'AlreadyExists', `${resource} ${goQuote(name)} already exists`, { name, kind: resource })

/** Text for an update that was made from an older version. */
export const OPTIMISTIC_LOCK_ERROR =
  'the object has been modified; please apply your changes to the latest version and try again'

/** 409: the object has changed, or is another one; `why` is the end of the message. */
export const newConflict = (resource: string, name: string, why: string): ApiError =>
  failure(409, 'Conflict', `Operation cannot be fulfilled on ${resource} ${goQuote(name)}: ${why}`, {
    name,
    kind: resource,
  })

/** 400: the request can not be understood. */
export const newBadRequest = (message: string): ApiError => failure(400, 'BadRequest', message)

/** What is not there for the router: an answer without a resource. */
export const newGenericNotFound = (): ApiError =>
  failure(404, 'NotFound', 'the server could not find the requested resource', {})

/** 405: the path has no such method. */
export const newGenericMethodNotAllowed = (): ApiError =>
  failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

/** 410: the version that is asked for is forgotten. */
export const newResourceExpired = (message: string): ApiError => failure(410, 'Expired', message)

/** 415: the body is of a type that the server does not read. */
export const newUnsupportedMediaType = (accepted: readonly string[]): ApiError =>
  failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )

/** 406: the answer can have none of the types that are accepted. */
export const newNotAcceptable = (accepted: readonly string[]): ApiError =>
  failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`)

/** A list that asks for a version that the server has not reached. */
export const newTooLargeResourceVersion = (asked: number, current: number): ApiError =>
  failure(504, 'Timeout', `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })

/** One thing that is wrong with an object (field.Error). */
export interface FieldError {
  readonly field: string
  readonly type: 'Required' | 'Invalid' | 'Duplicate' | 'Forbidden' | 'NotSupported' | 'TooLong'
  /** The value as messages show it; absent where they show none. */
  readonly value?: string
  readonly detail: string
}

const FIELD_ERRORS: Readonly<Record<FieldError['type'], readonly [reason: string, words: string]>> = {
  Required: ['FieldValueRequired', 'Required value'],
  Invalid: ['FieldValueInvalid', 'Invalid value'],
  Duplicate: ['FieldValueDuplicate', 'Duplicate value'],
  Forbidden: ['FieldValueForbidden', 'Forbidden'],
  NotSupported: ['FieldValueNotSupported', 'Unsupported value'],
  TooLong: ['FieldValueTooLong', 'Too long'],
}

const fieldErrorBody = ({ type, value, detail }: FieldError): string =>
  [FIELD_ERRORS[type][1], ...(value === undefined ? [] : [value]), ...(detail === '' ? [] : [detail])].join(': ')

/** 422 for an object that is wrong: `Node "X" is invalid: FIELD: Invalid value: "...": why`. */
export const newInvalid = (kind: string, name: string, errors: readonly FieldError[]): ApiError => {
  const texts = [...new Set(errors.map(error => `${error.field}: ${fieldErrorBody(error)}`))]
  const all = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
  return failure(422, 'Invalid', `${kind} ${goQuote(name)} is invalid: ${all}`, {
    ...(name === '' ? {} : { name }),
    kind,
    causes: errors.map(error => ({
      reason: FIELD_ERRORS[error.type][0],
      message: fieldErrorBody(error),
      field: error.field,
    })),
  })
}

/** The answer to a deletion. */
export const deletedStatus = (resource: string, name: string, uid: string): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: { name, kind: resource, uid },
})

/** True for an answer of the server with this reason. */
export const isReason = (error: unknown, reason: string): error is ApiError =>
  error instanceof ApiError && error.reason === reason
