/**
 * What a plugin that succeeds prints: interfaces, addresses, routes. Version 0.2.0 and before have another form, with one
 * address only.
 *
 * @see CNI SPEC 0.4.0, "Result"; cni pkg/types/current/types.go, pkg/types/020/types.go
 */
import { formatIpv4 } from '../wire/ip.js'
import type { GoField } from '../app/go-json.js'
import { goArray, goString, goStrings, goStruct, goTop, type GoPlace, rawField } from '../app/go-decode.js'
import { GoError } from '../app/go-error.js'
import { goMarshal } from '../app/go-json.js'
import { type IpNet, ipNetText, parseCidrAddress, parseIp } from './ip-net.js'
import { SUPPORTED_020, SUPPORTED_CURRENT } from './version.js'

/** A device of a result. */
export interface CniInterface {
  readonly name: string
  /** Absent or empty for none. */
  readonly mac?: string
  /** Path of the container's namespace; absent on the host. */
  readonly sandbox?: string
}

/** An address of a result. */
export interface CniIp {
  readonly version: string
  /** Index into the result's interfaces; null for none. */
  interface: number | null
  readonly address: IpNet
  /** int32; null for none. */
  gateway: number | null
}

/** A route of a result; without `gw` it leads to the gateway of the address. */
export interface CniRoute {
  /** Null for a route that says no destination. */
  readonly dst: IpNet | null
  readonly gw: number | null
  /** It was `null` in JSON, and is again. */
  readonly isNull?: true
}

/** Names of the container's resolver. */
export interface CniDns {
  readonly nameservers?: readonly string[]
  readonly domain?: string
  readonly search?: readonly string[]
  readonly options?: readonly string[]
}

/** What a plugin has done. */
export interface CniResult {
  readonly interfaces: CniInterface[]
  readonly ips: CniIp[]
  readonly routes: CniRoute[]
  dns: CniDns
}

/** A result with nothing in it. */
export const emptyResult = (): CniResult => ({ interfaces: [], ips: [], routes: [], dns: {} })

const STRING_FIELDS = (...names: readonly string[]): GoField[] => names.map(name => ({ name, type: 'string' as const }))
const RAW_FIELDS = (...names: readonly string[]): GoField[] => names.map(name => ({ name, type: 'raw' as const }))

const under = (place: GoPlace, struct: string, name: string): GoPlace => ({ struct, path: [...place.path, name] })

/** Reads `dns`; throws GoError. */
export const parseDns = (json: string | null, place: GoPlace): CniDns => {
  if (json === null) return {}
  const fields = goStruct(
    json,
    [...STRING_FIELDS('domain'), ...RAW_FIELDS('nameservers', 'search', 'options')],
    { struct: 'DNS', path: place.path },
    'types.DNS',
  )
  const list = (name: string): readonly string[] | undefined => {
    const raw = rawField(fields, name)
    return raw === null ? undefined : goStrings(raw, under(place, 'DNS', name))
  }
  return dnsOf(list('nameservers'), fields['domain'] as string | undefined, list('search'), list('options'))
}

/** Leaves out what is empty, as JSON of Go does. */
export const dnsOf = (
  nameservers: readonly string[] = [],
  domain = '',
  search: readonly string[] = [],
  options: readonly string[] = [],
): CniDns => ({
  ...(nameservers.length > 0 && { nameservers }),
  ...(domain !== '' && { domain }),
  ...(search.length > 0 && { search }),
  ...(options.length > 0 && { options }),
})

/** Reads one route; throws GoError. */
export const parseRoute = (json: string, place: GoPlace): CniRoute => {
  if (json === 'null') return { dst: null, gw: null, isNull: true }
  const fields = goStruct(json, RAW_FIELDS('dst', 'gw'), { struct: 'route', path: [] }, 'types.route')
  const gw = rawField(fields, 'gw')
  const dst = fields['dst'] as string | undefined
  return {
    dst: dst === undefined ? null : parseNet(dst, under(place, 'route', 'dst')),
    gw: gw === null ? null : parseIp(goString(gw, under(place, 'route', 'gw'))),
  }
}

/** A subnet in JSON; null is an empty text to Go. */
export const parseNet = (json: string, place: GoPlace): IpNet =>
  parseCidrAddress(json === 'null' ? '' : goString(json, place))

/** Reads a list of routes; throws GoError. */
export const parseRoutes = (json: string | null, place: GoPlace, type: string): CniRoute[] =>
  json === null ? [] : goArray(json, place, type).map(route => parseRoute(route, place))

const parseInterface = (json: string): CniInterface => {
  const place: GoPlace = { struct: 'Interface', path: ['interfaces'] }
  const fields = goStruct(json, STRING_FIELDS('name', 'mac', 'sandbox'), place, 'current.Interface')
  return { name: '', ...fields }
}

const parseIpConfig = (json: string): CniIp => {
  const fields = goStruct(
    json,
    [{ name: 'version', type: 'string' }, { name: 'interface', type: 'int' }, ...RAW_FIELDS('address', 'gateway')],
    goTop('ipConfig'),
    'current.ipConfig',
  )
  const gateway = rawField(fields, 'gateway')
  return {
    version: (fields['version'] as string | undefined) ?? '',
    interface: (fields['interface'] as number | undefined) ?? null,
    address: parseNet((fields['address'] as string | undefined) ?? 'null', goTop('ipConfig')),
    gateway: gateway === null ? null : parseIp(goString(gateway, goTop('ipConfig'))),
  }
}

const parseCurrent = (json: string): CniResult => {
  const top = goTop('Result')
  const fields = goStruct(
    json,
    [...STRING_FIELDS('cniVersion'), ...RAW_FIELDS('interfaces', 'ips', 'routes', 'dns')],
    top,
    'current.Result',
  )
  const list = <T>(name: string, type: string, parse: (element: string) => T): T[] => {
    const raw = rawField(fields, name)
    return raw === null ? [] : goArray(raw, under(top, 'Result', name), type).map(parse)
  }
  return {
    interfaces: list('interfaces', '[]*current.Interface', parseInterface),
    ips: list('ips', '[]*current.IPConfig', parseIpConfig),
    routes: list('routes', '[]*types.Route', route => parseRoute(route, under(top, 'Result', 'routes'))),
    dns: parseDns(rawField(fields, 'dns'), under(top, 'DNS', 'dns')),
  }
}

const parse020 = (json: string): CniResult => {
  const top = goTop('Result')
  const fields = goStruct(
    json,
    [...STRING_FIELDS('cniVersion'), ...RAW_FIELDS('ip4', 'ip6', 'dns')],
    top,
    'types020.Result',
  )
  const result = emptyResult()
  result.dns = parseDns(rawField(fields, 'dns'), under(top, 'DNS', 'dns'))
  if (rawField(fields, 'ip6') !== null)
    throw new GoError('ip6: netloom has no IPv6; give the plugins IPv4 addresses only')
  const ip4 = rawField(fields, 'ip4')
  if (ip4 === null) return result
  const ip = goStruct(ip4, RAW_FIELDS('ip', 'gateway', 'routes'), goTop('ipConfig'), 'types020.ipConfig')
  const gateway = rawField(ip, 'gateway')
  result.ips.push({
    version: '4',
    interface: null,
    address: parseNet((ip['ip'] as string | undefined) ?? 'null', goTop('ipConfig')),
    gateway: gateway === null ? null : parseIp(goString(gateway, goTop('ipConfig'))),
  })
  result.routes.push(...parseRoutes(rawField(ip, 'routes'), goTop('ipConfig'), '[]types.Route'))
  return result
}

/** Reads a result of a version (version.NewResult). Throws GoError for one that the plugins do not know. */
export const parseResult = (version: string, json: string): CniResult => {
  if (SUPPORTED_CURRENT.includes(version)) return parseCurrent(json)
  if (SUPPORTED_020.includes(version)) return parse020(json)
  throw new GoError(`unsupported CNI result version "${version}"`)
}

const routeJson = ({ dst, gw, isNull }: CniRoute): object | null =>
  isNull === true ? null : { dst: dst === null ? '<nil>' : ipNetText(dst), ...(gw !== null && { gw: formatIpv4(gw) }) }

const ipJson = (ip: CniIp): object => ({
  version: ip.version,
  ...(ip.interface !== null && { interface: ip.interface }),
  address: ipNetText(ip.address),
  ...(ip.gateway !== null && { gateway: formatIpv4(ip.gateway) }),
})

const interfaceJson = ({ name, mac = '', sandbox = '' }: CniInterface): object => ({
  name,
  ...(mac !== '' && { mac }),
  ...(sandbox !== '' && { sandbox }),
})

const currentJson = (result: CniResult, version: string): object => ({
  ...(version !== '' && { cniVersion: version }),
  ...(result.interfaces.length > 0 && { interfaces: result.interfaces.map(interfaceJson) }),
  ...(result.ips.length > 0 && { ips: result.ips.map(ipJson) }),
  ...(result.routes.length > 0 && { routes: result.routes.map(routeJson) }),
  dns: result.dns,
})

/** The form of 0.2.0 and before: one address. Throws GoError without one. */
const json020 = (result: CniResult): object => {
  const ip = result.ips.find(({ version }) => version === '4')
  if (ip === undefined) throw new GoError('cannot convert: no valid IP addresses')
  return {
    cniVersion: '0.2.0',
    ip4: {
      ip: ipNetText(ip.address),
      ...(ip.gateway !== null && { gateway: formatIpv4(ip.gateway) }),
      ...(result.routes.length > 0 && { routes: result.routes.map(routeJson) }),
    },
    dns: result.dns,
  }
}

/**
 * A result as an object of JSON in a version's form; the old form calls itself 0.2.0 whatever was asked. Throws GoError for an
 * unknown version.
 */
export const resultJson = (result: CniResult, version: string): object => {
  if (SUPPORTED_CURRENT.includes(version)) return currentJson(result, version)
  if (!SUPPORTED_020.includes(version)) throw new GoError(`cannot convert version 0.3.x to "${version}"`)
  return json020(result)
}

/** The text that a plugin prints. Throws GoError. */
export const printResult = (result: CniResult, version: string): string => goMarshal(resultJson(result, version), 4)
