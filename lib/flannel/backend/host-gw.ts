/**
 * host-gw: plain routes; every host is the gateway to its subnet, so all must be on one segment.
 *
 * @see flannel backend/hostgw/hostgw.go
 */
import { SubnetError } from '../subnet/subnet.js'
import { acquireLease } from './acquire.js'
import type { BackendKind } from './backend.js'
import { RouteNetwork } from './route-network.js'

const TYPE = 'host-gw'

/** The backend `host-gw`. */
export const HOST_GW_BACKEND: BackendKind = {
  type: TYPE,
  make: env => {
    if (env.ext.extAddr !== env.ext.ifaceAddr)
      throw new SubnetError(
        "your PublicIP differs from interface IP, meaning that probably you're on a NAT, which is not supported by host-gw backend",
      )
    return {
      *registerNetwork(ctx) {
        const lease = yield* acquireLease(env, ctx, { publicIp: env.ext.extAddr, backendType: TYPE, backendData: '' })
        return new RouteNetwork(env, lease, TYPE)
      },
    }
  },
}
