/**
 * alloc: takes a lease and does nothing with it. Packets of pods reach no other host, unless somebody else sees to that.
 *
 * @see flannel backend/alloc/alloc.go
 */
import { acquireLease } from './acquire.js'
import { type BackendKind, SimpleNetwork } from './backend.js'

/** The backend `alloc`. */
export const ALLOC_BACKEND: BackendKind = {
  type: 'alloc',
  make: env => ({
    *registerNetwork(ctx) {
      const attrs = { publicIp: env.ext.extAddr, backendType: '', backendData: '' }
      const lease = yield* acquireLease(env, ctx, attrs)
      return new SimpleNetwork(lease, env.ext.iface.mtu)
    },
  }),
}
