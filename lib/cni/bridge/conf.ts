/**
 * The configuration of the plugin bridge.
 *
 * @see plugins v0.9.1 plugins/main/bridge/bridge.go loadNetConf
 */
import type { GoField } from '../../app/go-json.js'
import { GoError, wrapped } from '../../app/go-error.js'
import { type NetConf, parseNetConf } from '../net-conf.js'

/** Options of the plugin beside those of every network. */
export interface BridgeConf {
  readonly base: NetConf
  /** Name of the bridge. */
  readonly bridge: string
  readonly isGateway: boolean
  readonly isDefaultGateway: boolean
  readonly forceAddress: boolean
  readonly ipMasq: boolean
  /** Octets; 0 or less for the kernel's choice. */
  readonly mtu: number
  readonly hairpinMode: boolean
  readonly promiscMode: boolean
  /** 0 for none. */
  readonly vlan: number
}

const BOOLEANS = ['isGateway', 'isDefaultGateway', 'forceAddress', 'ipMasq', 'hairpinMode', 'promiscMode'] as const

const FIELDS: readonly GoField[] = [
  { name: 'bridge', type: 'string' },
  { name: 'mtu', type: 'int' },
  { name: 'vlan', type: 'int' },
  ...BOOLEANS.map((name): GoField => ({ name, type: 'bool' })),
]

const DEFAULT_BRIDGE = 'cni0'
const MAX_VLAN = 4094

/** Reads the configuration. Throws GoError. */
export const loadBridgeConf = (json: string): BridgeConf => {
  const base = wrapped('failed to load netconf', () => parseNetConf(json, { type: 'main.NetConf', fields: FIELDS }))
  const given = base.fields as Partial<BridgeConf>
  const { bridge = DEFAULT_BRIDGE, mtu = 0, vlan = 0 } = given
  if (vlan < 0 || vlan > MAX_VLAN) throw new GoError(`invalid VLAN ID ${vlan} (must be between 0 and ${MAX_VLAN})`)
  const { isGateway = false, isDefaultGateway = false, forceAddress = false, ipMasq = false } = given
  const { hairpinMode = false, promiscMode = false } = given
  return { base, bridge, mtu, vlan, isGateway, isDefaultGateway, forceAddress, ipMasq, hairpinMode, promiscMode }
}
