/**
 * vxlan: packets of pods travel in Ethernet frames in VXLAN between the hosts' devices flannel.VNI, or by plain routes between
 * hosts of one segment (DirectRouting).
 *
 * @see flannel backend/vxlan/vxlan.go
 */
import { type GoField, goUnmarshal } from '../../../app/go-json.js'
import { SubnetError } from '../../subnet/subnet.js'
import { acquireLease } from '../acquire.js'
import type { BackendEnv, BackendKind } from '../backend.js'
import { ensureVxlanDevice } from './device.js'
import { VXLAN_TYPE, vxlanLeaseJson } from './lease.js'
import { VxlanNetwork } from './network.js'

const DEFAULT_VNI = 1

const FIELDS: readonly GoField[] = [
  { name: 'VNI', type: 'int' },
  { name: 'Port', type: 'int' },
  { name: 'GBP', type: 'bool' },
  { name: 'Learning', type: 'bool' },
  { name: 'DirectRouting', type: 'bool' },
]

/** Options of the backend, as the configuration has them; `port` is 0 for the kernel's own. */
export interface VxlanConfig {
  readonly vni: number
  readonly port: number
  readonly gbp: boolean
  readonly learning: boolean
  readonly directRouting: boolean
}

const GO_STRUCT = { struct: '', type: 'struct { VNI int; Port int; GBP bool; Learning bool; DirectRouting bool }' }

/** Options of a vxlan backend, from the JSON text of Backend. Throws a SubnetError. */
export const parseVxlanConfig = (backend: string): VxlanConfig => {
  let given: Record<string, unknown>
  try {
    given = backend === '' ? {} : goUnmarshal(backend, FIELDS, GO_STRUCT)
  } catch (e) {
    throw new SubnetError(`error decoding VXLAN backend config: ${(e as Error).message}`)
  }
  const { VNI = DEFAULT_VNI, Port = 0, GBP = false, Learning = false, DirectRouting = false } = given
  return {
    vni: VNI as number,
    port: Port as number,
    gbp: GBP as boolean,
    learning: Learning as boolean,
    directRouting: DirectRouting as boolean,
  }
}

/** A MAC of the administrator's, from the program's stream of chance (mac.NewHardwareAddr). */
const drawMac = (env: BackendEnv): number => {
  const { rng } = env.process
  const first = (rng.below(256) & 0xfe) | 2
  return first * 2 ** 40 + rng.below(256) * 2 ** 32 + rng.u32()
}

/** The backend `vxlan`. */
export const VXLAN_BACKEND: BackendKind = {
  type: VXLAN_TYPE,
  make: env => ({
    *registerNetwork(ctx, config) {
      const { vni, port, gbp, learning, directRouting } = parseVxlanConfig(config.backend)
      const { log, ext } = env
      const values = `VNI=${vni} Port=${port} GBP=${gbp} Learning=${learning} DirectRouting=${directRouting}`
      log.info('vxlan.go:138', `VXLAN config: ${values}`)
      const mac = env.vtepMac ?? drawMac(env)
      const want = {
        vni: vni >>> 0,
        name: `flannel.${vni}`,
        vtepDev: ext.iface,
        vtepAddr: ext.ifaceAddr,
        port,
        gbp,
        learning,
        mac,
      }
      const device = ensureVxlanDevice(want, log)
      const backendData = vxlanLeaseJson(vni, device.mac)
      const lease = yield* acquireLease(env, ctx, { publicIp: ext.extAddr, backendType: VXLAN_TYPE, backendData })
      device.configure(lease.subnet.addr, config.network)
      return new VxlanNetwork(env, device, lease, directRouting)
    },
  }),
}
