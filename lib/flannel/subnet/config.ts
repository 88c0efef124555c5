/**
 * The network configuration: parsing, defaults and checks, with flannel's words for what is wrong.
 *
 * DIFFERS: `Networks`, which v0.20.2 reads and does not document, is not read; an IPv6 network where IPv4 belongs, which makes
 * v0.20.2 crash, is an invalid one.
 *
 * @see flannel subnet/config.go
 */
import { formatIpv4, maskOf, parseIpv4, type Prefix } from '../../wire/ip.js'
import { type GoField, goUnmarshal } from '../../app/go-json.js'
import { isNoNet, netContains, netNext, NO_NET, parseCidr } from '../ip4-net.js'
import { SubnetError } from './subnet.js'

/** The configuration with its defaults filled in. Addresses are int32. */
export interface FlannelConfig {
  readonly network: Prefix
  readonly subnetLen: number
  readonly subnetMin: number
  readonly subnetMax: number
  /** Type of the backend as it was written; `udp` without a Backend. */
  readonly backendType: string
  /** JSON text of Backend; empty without one. */
  readonly backend: string
  /** False with `"EnableIPv4": false`, with which flanneld starts nothing. */
  readonly isIpv4: boolean
}

const cidr = (text: string): Prefix => {
  const net = parseCidr(text)
  if (net === null) throw new SubnetError(`invalid CIDR address: ${text}`)
  return net
}

const address = (text: string): number => {
  try {
    return parseIpv4(text)
  } catch {
    throw new SubnetError('Invalid IP address format')
  }
}

/** Text of a JSON value without the quotes around it, as IP4's UnmarshalJSON takes it. */
const unquoted = (json: string): string => json.replace(/^"+|"+$/g, '')

const FIELDS: readonly GoField[] = [
  { name: 'EnableIPv4', type: 'bool' },
  { name: 'EnableIPv6', type: 'bool' },
  { name: 'Network', type: 'raw', parse: json => cidr(unquoted(json)) },
  { name: 'SubnetMin', type: 'raw', parse: json => address(unquoted(json)) },
  { name: 'SubnetMax', type: 'raw', parse: json => address(unquoted(json)) },
  { name: 'SubnetLen', type: 'uint' },
  { name: 'Backend', type: 'raw' },
]

/** Type of a Backend. */
const parseBackendType = (backend: string): string => {
  if (backend === '') return 'udp'
  try {
    const parsed = goUnmarshal(backend, [{ name: 'Type', type: 'string' }], {
      struct: '',
      type: 'struct { Type string }',
    })
    return (parsed['Type'] as string | undefined) ?? ''
  } catch (e) {
    throw new SubnetError(`error decoding Backend property of config: ${(e as Error).message}`)
  }
}

const subnetLenOf = (given: number, { len }: Prefix): number => {
  if (given > 0) {
    // A tunnel and a bridge on each host.
    if (given > 30) throw new SubnetError('SubnetLen must be less than /31')
    // The first subnet is never used.
    if (given < len + 2) throw new SubnetError('network must be able to accommodate at least four subnets')
    return given
  }
  if (len > 28) throw new SubnetError('network is too small. Minimum useful network prefix is /28')
  return len <= 22 ? 24 : len + 2
}

/** Parses and checks a configuration. Throws a SubnetError with flannel's text. */
export const parseConfig = (text: string): FlannelConfig => {
  let parsed: Record<string, unknown>
  try {
    parsed = goUnmarshal(text, FIELDS, { struct: 'Config', type: 'subnet.Config' })
  } catch (e) {
    throw new SubnetError((e as Error).message)
  }
  const backend = (parsed['Backend'] as string | undefined) ?? ''
  const unchecked = {
    network: (parsed['Network'] as Prefix | undefined) ?? NO_NET,
    min: (parsed['SubnetMin'] as number | undefined) ?? 0,
    max: (parsed['SubnetMax'] as number | undefined) ?? 0,
    subnetLen: (parsed['SubnetLen'] as number | undefined) ?? 0,
    backendType: parseBackendType(backend),
    backend,
  }
  if (parsed['EnableIPv6'] === true) throw new SubnetError('EnableIPv6: netloom has IPv4 only; leave EnableIPv6 out')
  if (parsed['EnableIPv4'] !== false) return checkNetworkConfig(unchecked)
  const { network, min, max, ...rest } = unchecked
  return { network, subnetMin: min, subnetMax: max, ...rest, isIpv4: false }
}

interface Unchecked {
  readonly network: Prefix
  /** 0 for the default. */
  readonly min: number
  readonly max: number
  readonly subnetLen: number
  readonly backendType: string
  readonly backend: string
}

const checkNetworkConfig = ({
  network,
  min,
  max,
  subnetLen: given,
  backendType,
  backend,
}: Unchecked): FlannelConfig => {
  if (isNoNet(network)) throw new SubnetError('please define a correct Network parameter in the flannel config')
  const subnetLen = subnetLenOf(given, network)
  const size = 2 ** (32 - subnetLen)
  if (min !== 0 && !netContains(network, min)) throw new SubnetError('SubnetMin is not in the range of the Network')
  if (max !== 0 && !netContains(network, max)) throw new SubnetError('SubnetMax is not in the range of the Network')
  const subnetMin = min === 0 ? (network.addr + size) | 0 : min
  const subnetMax = max === 0 ? (netNext(network).addr - size) | 0 : max
  for (const [name, addr] of [
    ['SubnetMin', subnetMin],
    ['SubnetMax', subnetMax],
  ] as const)
    if ((addr & ~maskOf(subnetLen)) !== 0)
      throw new SubnetError(`${name} is not on a SubnetLen boundary: ${formatIpv4(addr)}`)
  return { network, subnetLen, subnetMin, subnetMax, backendType, backend, isIpv4: true }
}
