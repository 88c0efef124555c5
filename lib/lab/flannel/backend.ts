/**
 * Backends as the network configuration names them, with the options that flannel v0.20.2 reads, in its own words.
 */
import { checkOptions } from '../../app/text.js'
import { NetloomError } from '../../errors.js'
import { BACKENDS, NOT_BUILT_BACKENDS } from '../../flannel/backends.js'

/** `vxlan`: frames of pods in VXLAN, by the device flannel.VNI. */
export interface FlannelVxlanBackend {
  readonly Type: 'vxlan'
  /** VXLAN Network Identifier; 1. */
  readonly VNI?: number
  /** UDP port; the kernel's own, 8472. */
  readonly Port?: number
  /** VXLAN Group Based Policy; false. */
  readonly GBP?: boolean
  /** The device learns MACs from what it gets; false. */
  readonly Learning?: boolean
  /** Plain routes instead of VXLAN to hosts of the same segment; false. */
  readonly DirectRouting?: boolean
}

/** `udp`: packets of pods in UDP, by flanneld and the device flannel0. */
export interface FlannelUdpBackend {
  readonly Type: 'udp'
  /** UDP port; 8285. */
  readonly Port?: number
}

/** `aws-vpc`: routes in route tables of an Amazon VPC. */
export interface FlannelAwsVpcBackend {
  readonly Type: 'aws-vpc'
  /** Route tables; that of the machine's subnet when absent. */
  readonly RouteTableID?: string | readonly string[]
}

/** Backends without options: plain routes, nothing but leases, routes of a network of Google Cloud. */
export interface FlannelPlainBackend {
  readonly Type: 'host-gw' | 'alloc' | 'gce'
}

/** A backend as the network configuration names it. */
export type FlannelBackend = FlannelVxlanBackend | FlannelUdpBackend | FlannelAwsVpcBackend | FlannelPlainBackend

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  vxlan: ['VNI', 'Port', 'GBP', 'Learning', 'DirectRouting'],
  udp: ['Port'],
  'aws-vpc': ['RouteTableID'],
}

/** Refuses a type that flanneld would end with, and options that the backend would silently not read. Throws EINVAL. */
export const checkBackend = (type: string, options: object): void => {
  const known = BACKENDS.map(kind => kind.type)
  const name = type.toLowerCase()
  if (!known.includes(name)) {
    const isFlannels = NOT_BUILT_BACKENDS.includes(name)
    const why = isFlannels
      ? `backend type ${type} is flannel's, and not built in netloom`
      : `unknown backend type: ${type}`
    throw new NetloomError('EINVAL', `flannel: ${why}; there are ${known.join(', ')}`, { type })
  }
  checkOptions(`flannel: backend ${type}`, options, ['Type', ...(OPTIONS[name] ?? [])])
}
