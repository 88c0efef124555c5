/**
 * What the vxlan backend writes into a lease.
 *
 * @see flannel backend/vxlan/vxlan_network.go vxlanLeaseAttrs
 */
import { formatMac, parseMac } from '../../../wire/mac.js'
import { type GoField, goUnmarshal } from '../../../app/go-json.js'
import { remembering } from '../../remember.js'

/** Type of the leases of the backend. */
export const VXLAN_TYPE = 'vxlan'

/** Backend data of a lease. */
export const vxlanLeaseJson = (vni: number, mac: number): string =>
  `{"VNI":${vni & 0xffff},"VtepMAC":"${formatMac(mac)}"}`

const FIELDS: readonly GoField[] = [
  { name: 'VNI', type: 'uint16' },
  { name: 'VtepMAC', type: 'raw' },
]
const STRUCT = { struct: 'vxlanLeaseAttrs', type: 'vxlan.vxlanLeaseAttrs' }

/** MAC of the far end that a lease names, null when it names none. Throws an Error with Go's text. */
export const vtepMacOf: (backendData: string) => number | null = remembering((backendData: string): number | null => {
  const given = goUnmarshal(backendData, FIELDS, STRUCT)
  const json = given['VtepMAC'] as string | undefined
  if (json === undefined) return null
  if (!/^".*"$/.test(json)) throw new Error('error parsing hardware addr')
  try {
    return parseMac(json.slice(1, -1))
  } catch {
    throw new Error(`address ${json.slice(1, -1)}: invalid MAC address`)
  }
})
