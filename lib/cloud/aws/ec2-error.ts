/**
 * Errors of the EC2 API.
 *
 * @see Amazon EC2 API Reference, "Error codes for the Amazon EC2 API"
 */
import { type Errno, NetloomError } from '../../errors.js'

const errnoOf = (code: string): Errno => {
  if (code.endsWith('.NotFound')) return 'ENOENT'
  if (code.endsWith('AlreadyExists')) return 'EEXIST'
  if (code.endsWith('LimitExceeded') || code === 'InsufficientFreeAddressesInSubnet') return 'ENOSPC'
  return code === 'UnauthorizedOperation' || code === 'AuthFailure' ? 'EACCES' : 'EINVAL'
}

const STATUS: Readonly<Record<string, number>> = { UnauthorizedOperation: 403, AuthFailure: 401 }

/** A request that EC2 refuses; `awsCode` is EC2's own code, `code` the errno that is nearest to it. */
export class Ec2Error extends NetloomError {
  readonly awsCode: string
  /** Status of the HTTP answer. */
  readonly status: number

  /** `awsCode` is the Code of the answer. */
  constructor(awsCode: string, message: string) {
    super(errnoOf(awsCode), message, { awsCode })
    this.awsCode = awsCode
    this.status = STATUS[awsCode] ?? 400
  }
}
