/**
 * Errors of the Compute Engine API.
 *
 * @see Google Cloud, "Compute Engine API reference", error format of Google's JSON APIs
 */
import { type Errno, NetloomError } from '../../errors.js'

/** Why a request is refused, in Google's words. */
export type GceReason =
  | 'invalid'
  | 'required'
  | 'resourceNotReady'
  | 'authError'
  | 'insufficientPermissions'
  | 'quotaExceeded'
  | 'notFound'
  | 'alreadyExists'

const STATUS: Readonly<Record<GceReason, number>> = {
  invalid: 400,
  required: 400,
  resourceNotReady: 400,
  authError: 401,
  insufficientPermissions: 403,
  quotaExceeded: 403,
  notFound: 404,
  alreadyExists: 409,
}

const ERRNO: Readonly<Record<GceReason, Errno>> = {
  invalid: 'EINVAL',
  required: 'EINVAL',
  resourceNotReady: 'EBUSY',
  authError: 'EACCES',
  insufficientPermissions: 'EACCES',
  quotaExceeded: 'ENOSPC',
  notFound: 'ENOENT',
  alreadyExists: 'EEXIST',
}

/** A request that Compute Engine refuses; `reason` is Google's, `code` the errno that is nearest to it. */
export class GceError extends NetloomError {
  readonly reason: GceReason
  /** Status of the HTTP answer. */
  readonly status: number

  constructor(reason: GceReason, message: string) {
    super(ERRNO[reason], message, { reason })
    this.reason = reason
    this.status = STATUS[reason]
  }

  /** A field of a resource with a value that it can't have. */
  static field(name: string, value: string, why: string): GceError {
    return new GceError('invalid', `Invalid value for field 'resource.${name}': '${value}'. ${why}`)
  }

  /** The error as the API writes it. */
  get body(): object {
    const { reason, message, status } = this
    const domain = reason === 'quotaExceeded' ? 'usageLimits' : 'global'
    return { error: { errors: [{ domain, reason, message }], code: status, message } }
  }
}

const NAME = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/

/** Throws the error of a resource's name that is none. */
export const checkName = (name: string): void => {
  if (NAME.test(name)) return
  throw GceError.field('name', name, "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'")
}
