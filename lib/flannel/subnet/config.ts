/**
 * The network configuration: parsing, defaults and checks, with flannel's words for what is wrong.
 *
 * @see flannel subnet/config.go
 */
import { formatIpv4, maskOf, parseIpv4, type Prefix } from '../../wire/ip.js'
import { type GoField, goUnmarshal } from '../go-json.js'
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
  { name: 'Network', type: 'raw' },
  { name: 'IPv6Network', type: 'raw' },
  { name: 'SubnetMin', type: 'raw' },
  { name: 'SubnetMax', type: 'raw' },
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
  const raw = (name: string): string => (parsed[name] as string | undefined) ?? ''
  const network = raw('Network') === '' ? NO_NET : cidr(unquoted(raw('Network')))
  const min = raw('SubnetMin') === '' ? 0 : address(unquoted(raw('SubnetMin')))
  const max = raw('SubnetMax') === '' ? 0 : address(unquoted(raw('SubnetMax')))
  const backend = raw('Backend')
  const backendType = parseBackendType(backend)
  if (parsed['EnableIPv6'] === true || parsed['EnableIPv4'] === false)
    throw new SubnetError('EnableIPv6 and a network without IPv4: netloom has IPv4 only; leave EnableIPv6 out')
  return checkNetworkConfig({
    network,
    min,
    max,
    subnetLen: (parsed['SubnetLen'] as number | undefined) ?? 0,
    backendType,
    backend,
  })
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
  return { network, subnetLen, subnetMin, subnetMax, backendType, backend }
}
