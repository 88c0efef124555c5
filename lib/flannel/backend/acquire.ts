/**
 * Taking the lease for a backend.
 */
import type { Context, Thread } from '../../app/thread.js'
import { type Lease, type LeaseAttrs, SubnetError } from '../subnet/subnet.js'
import type { BackendEnv } from './backend.js'

/** The lease with these attributes. Throws a SubnetError `failed to acquire lease: ...`. */
export function* acquireLease({ sm }: BackendEnv, ctx: Context, attrs: LeaseAttrs): Thread<Lease> {
  try {
    return yield* sm.acquireLease(ctx, attrs)
  } catch (e) {
    if (ctx.isCancelled || !(e instanceof SubnetError)) throw e
    throw new SubnetError(`failed to acquire lease: ${e.message}`)
  }
}
