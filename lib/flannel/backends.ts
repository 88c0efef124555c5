/**
 * The table of backends. A new one is one file in backend/ and one line here.
 *
 * @see flannel backend/manager.go
 */
import { ALLOC_BACKEND } from './backend/alloc.js'
import { AWS_VPC_BACKEND } from './backend/aws-vpc.js'
import type { Backend, BackendEnv, BackendKind } from './backend/backend.js'
import { GCE_BACKEND } from './backend/gce.js'
import { HOST_GW_BACKEND } from './backend/host-gw.js'
import { UDP_BACKEND } from './backend/udp/udp.js'
import { VXLAN_BACKEND } from './backend/vxlan/vxlan.js'
import { SubnetError } from './subnet/subnet.js'

/** All backends. */
export const BACKENDS: readonly BackendKind[] = [
  UDP_BACKEND,
  VXLAN_BACKEND,
  HOST_GW_BACKEND,
  ALLOC_BACKEND,
  AWS_VPC_BACKEND,
  GCE_BACKEND,
]

/** Types that flannel has had and netloom has not. */
export const NOT_BUILT_BACKENDS: readonly string[] = [
  'ipip',
  'ipsec',
  'wireguard',
  'extension',
  'tencent-vpc',
  'ali-vpc',
]

/** The backend of a type, whatever its case. Throws a SubnetError for one that is not there or can't work on this host. */
export const getBackend = (type: string, env: BackendEnv): Backend => {
  const name = type.toLowerCase()
  const kind = BACKENDS.find(k => k.type === name)
  if (kind !== undefined) return kind.make(env)
  if (NOT_BUILT_BACKENDS.includes(name)) {
    const known = BACKENDS.map(k => k.type).join(', ')
    throw new SubnetError(`backend type ${name} is flannel's, and not built in netloom; there are ${known}`)
  }
  throw new SubnetError(`unknown backend type: ${name}`)
}
