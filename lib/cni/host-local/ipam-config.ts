/**
 * The configuration of host-local: ranges, routes, directory, and the addresses that a container asks for.
 *
 * @see plugins v0.9.1 plugins/ipam/host-local/backend/allocator/config.go
 */
import type { GoField } from '../../app/go-json.js'
import { goArray, goKind, goString, goStruct, goTop, type GoPlace, goTypeError, rawField } from '../../app/go-decode.js'
import { GoError, wrapped } from '../../app/go-error.js'
import { type IpNet, parseIp } from '../ip-net.js'
import { type CniRoute, parseNet, parseRoutes } from '../result.js'
import { SUPPORTED_020 } from '../version.js'
import { parseIpArgs } from './ip-args.js'
import { canonicalizeRangeSet, type RangeConfig, type RangeSet, rangeSetsOverlap } from './range.js'

/** What host-local goes by. */
export interface IpamConfig {
  /** Name of the network. */
  readonly name: string
  readonly cniVersion: string
  readonly routes: readonly CniRoute[]
  /** Empty for /var/lib/cni/networks. */
  readonly dataDir: string
  readonly resolvConf: string
  readonly ranges: readonly RangeSet[]
  /** Addresses that were asked for. */
  readonly ipArgs: readonly number[]
}

const RANGE_FIELDS: readonly GoField[] = [
  { name: 'rangeStart', type: 'raw' },
  { name: 'rangeEnd', type: 'raw' },
  { name: 'subnet', type: 'raw' },
  { name: 'gateway', type: 'raw' },
]

const IPAM_FIELDS: readonly GoField[] = [
  ...RANGE_FIELDS,
  { name: 'Name', type: 'string' },
  { name: 'type', type: 'string' },
  { name: 'routes', type: 'raw' },
  { name: 'dataDir', type: 'string' },
  { name: 'resolvConf', type: 'string' },
  { name: 'ranges', type: 'raw' },
]

const IPAM: GoPlace = { struct: 'IPAMConfig', path: ['ipam'] }

const rangeOf = (fields: Record<string, unknown>, place: GoPlace): RangeConfig => {
  const at = (name: string): GoPlace => ({ struct: place.struct, path: [...place.path, name] })
  const ip = (name: string): number | null => {
    const raw = rawField(fields, name)
    return raw === null ? null : parseIp(goString(raw, at(name)))
  }
  const subnet = fields['subnet'] as string | undefined
  return {
    rangeStart: ip('rangeStart'),
    rangeEnd: ip('rangeEnd'),
    subnet: subnet === undefined ? null : (parseNet(subnet, at('subnet')) as IpNet),
    gateway: ip('gateway'),
  }
}

/** Sets of ranges in JSON; `path` leads to them. */
const rangeSetsOf = (json: string | null, place: GoPlace): RangeConfig[][] =>
  json === null
    ? []
    : goArray(json, place, '[]allocator.RangeSet').map(set =>
        goArray(set, place, 'allocator.RangeSet').map(range =>
          rangeOf(goStruct(range, RANGE_FIELDS, { struct: 'Range', path: place.path }, 'allocator.Range'), {
            struct: 'Range',
            path: place.path,
          }),
        ),
      )

const NET_FIELDS: readonly GoField[] = [
  { name: 'name', type: 'string' },
  { name: 'cniVersion', type: 'string' },
  { name: 'ipam', type: 'raw' },
  { name: 'runtimeConfig', type: 'raw' },
  { name: 'args', type: 'raw' },
]

/** `args.cni.ips`. */
const requestedIps = (json: string | null): number[] => {
  if (json === null) return []
  const args = goStruct(json, [{ name: 'cni', type: 'raw' }], { struct: '', path: ['args'] }, 'struct')
  const cni = rawField(args, 'cni')
  if (cni === null) return []
  const place: GoPlace = { struct: 'IPAMArgs', path: ['args', 'cni', 'ips'] }
  const ips = rawField(
    goStruct(cni, [{ name: 'ips', type: 'raw' }], { ...place, path: ['args', 'cni'] }, 'IPAMArgs'),
    'ips',
  )
  return ips === null ? [] : goArray(ips, place, '[]net.IP').map(ip => parseIp(goString(ip, place)))
}

const runtimeRanges = (json: string | null): RangeConfig[][] => {
  if (json === null) return []
  const fields = goStruct(json, [{ name: 'ipRanges', type: 'raw' }], { struct: '', path: ['runtimeConfig'] }, 'struct')
  return rangeSetsOf(rawField(fields, 'ipRanges'), { struct: '', path: ['runtimeConfig', 'ipRanges'] })
}

const checkOverlaps = (ranges: readonly RangeSet[]): void => {
  for (const [i, a] of ranges.entries())
    for (const [j, b] of ranges.slice(i + 1).entries())
      if (rangeSetsOverlap(a, b)) throw new GoError(`range set ${i} overlaps with ${i + j + 1}`)
}

/** Reads the configuration, and the addresses asked for in CNI_ARGS. Throws GoError. */
export const loadIpamConfig = (json: string, envArgs: string): IpamConfig => {
  const net = goStruct(json, NET_FIELDS, goTop('Net'), 'allocator.Net')
  const rawIpam = rawField(net, 'ipam')
  if (rawIpam !== null && goKind(rawIpam) !== 'object')
    goTypeError(rawIpam, { struct: 'Net', path: ['ipam'] }, 'allocator.IPAMConfig')
  const ipam = rawIpam === null ? null : goStruct(rawIpam, IPAM_FIELDS, IPAM, 'allocator.IPAMConfig')
  const old = ipam === null ? null : rangeOf(ipam, IPAM)
  const at = (name: string): GoPlace => ({ struct: IPAM.struct, path: ['ipam', name] })
  const routes = ipam === null ? [] : parseRoutes(rawField(ipam, 'routes'), at('routes'), '[]*types.Route')
  const configured = ipam === null ? [] : rangeSetsOf(rawField(ipam, 'ranges'), at('ranges'))
  const runtime = runtimeRanges(rawField(net, 'runtimeConfig'))
  const asked = requestedIps(rawField(net, 'args'))
  if (ipam === null) throw new GoError("IPAM config missing 'ipam' key")
  const ipArgs = [...parseIpArgs(envArgs), ...asked]
  const sets = [...runtime, ...(old?.subnet == null ? [] : [[old]]), ...configured]
  if (sets.length === 0) throw new GoError('no IP ranges specified')
  const ranges = sets.map((set, i) => wrapped(`invalid range set ${i}`, () => canonicalizeRangeSet(set)))
  const cniVersion = (net['cniVersion'] as string | undefined) ?? ''
  if (ranges.length > 1 && SUPPORTED_020.includes(cniVersion))
    throw new GoError(`CNI version ${cniVersion} does not support more than 1 address per family`)
  checkOverlaps(ranges)
  const text = (name: string): string => (ipam[name] as string | undefined) ?? ''
  return {
    name: (net['name'] as string | undefined) ?? '',
    cniVersion,
    routes,
    dataDir: text('dataDir'),
    resolvConf: text('resolvConf'),
    ranges,
    ipArgs,
  }
}
