/**
 * `flannel`: makes a configuration out of what flanneld has written and gives it to another plugin, `bridge` unless it is told
 * otherwise; it keeps the configuration for DEL.
 *
 * @see plugins v0.9.1 plugins/meta/flannel
 */
import { octetText } from '../../app/octet-text.js'
import type { Process } from '../../app/process.js'
import { octetsOf } from '../../app/text.js'
import type { Thread } from '../../app/thread.js'
import { fsOf } from '../../fs/file-system.js'
import type { GoField } from '../../app/go-json.js'
import { formatIpv4 } from '../../wire/ip.js'
import { goMap, goTop, type GoPlace, rawField } from '../../app/go-decode.js'
import { goQuote } from '../../app/go-text.js'
import { GoError, GoPanic, isErrnoError, pathCall, wrapped } from '../../app/go-error.js'
import { goMarshal, sortedMap } from '../../app/go-json.js'
import { mkdirAll } from '../host-local/store.js'
import { delegateAdd, delegateDel } from '../invoke.js'
import { type IpNet, ipNetText, networkOf, parseCidrAddress } from '../ip-net.js'
import { type NetConf, parseNetConf } from '../net-conf.js'
import { parseRoutes, printResult } from '../result.js'
import type { CmdArgs, CniPlugin } from '../skel.js'
import { decodeVersion } from '../version.js'

const DEFAULT_SUBNET_FILE = '/run/flannel/subnet.env'
const DEFAULT_DATA_DIR = '/var/lib/cni/flannel'

const FIELDS: readonly GoField[] = [
  { name: 'subnetFile', type: 'string' },
  { name: 'dataDir', type: 'string' },
  { name: 'delegate', type: 'raw' },
  { name: 'runtimeConfig', type: 'raw' },
]

interface FlannelConf {
  readonly base: NetConf
  readonly subnetFile: string
  readonly dataDir: string
  /** Maps as they were given; null for none. */
  readonly delegate: Record<string, unknown> | null
  readonly runtimeConfig: Record<string, unknown> | null
  readonly ipam: Record<string, unknown> | null
}

const loadConf = (json: string): FlannelConf =>
  wrapped('failed to load netconf', () => {
    const base = parseNetConf(json, { type: 'main.NetConf', fields: FIELDS, ipamIsMap: true })
    const map = (name: string): Record<string, unknown> | null => {
      const raw = rawField(base.fields, name)
      const place: GoPlace = { struct: 'NetConf', path: [name] }
      return raw === null ? null : goMap(raw, place)
    }
    const { subnetFile = DEFAULT_SUBNET_FILE, dataDir = DEFAULT_DATA_DIR } = base.fields as Partial<FlannelConf>
    return {
      base,
      subnetFile,
      dataDir,
      delegate: map('delegate'),
      runtimeConfig: map('runtimeConfig'),
      ipam: map('ipam'),
    }
  })

/** What flanneld has written. */
interface SubnetEnv {
  network: IpNet | null
  subnet: IpNet | null
  mtu: number | null
  ipMasq: boolean | null
}

const parseUint32 = (text: string): number => {
  const refuse = (why: string): never => {
    throw new GoError(`strconv.ParseUint: parsing ${goQuote(text)}: ${why}`)
  }
  if (!/^\d+$/.test(text)) return refuse('invalid syntax')
  return Number(text) > 0xffffffff ? refuse('value out of range') : Number(text)
}

const takeLine = (env: SubnetEnv, line: string): void => {
  const equals = line.indexOf('=')
  const name = equals < 0 ? line : line.slice(0, equals)
  if (!name.startsWith('FLANNEL_')) return
  const value = (): string => {
    if (equals < 0) throw new GoPanic('runtime error: index out of range [1] with length 1')
    return line.slice(equals + 1)
  }
  switch (name) {
    case 'FLANNEL_NETWORK':
      env.network = networkOf(parseCidrAddress(value()))
      return
    case 'FLANNEL_SUBNET':
      env.subnet = networkOf(parseCidrAddress(value()))
      return
    case 'FLANNEL_IPV6_NETWORK':
    case 'FLANNEL_IPV6_SUBNET':
      throw new GoError(`${line}: netloom has no IPv6; give flannel an IPv4 network only`)
    case 'FLANNEL_MTU':
      env.mtu = parseUint32(value())
      return
    case 'FLANNEL_IPMASQ':
      env.ipMasq = value() === 'true'
      return
    default:
  }
}

const loadSubnetEnv = (process: Process, path: string): SubnetEnv => {
  const text = octetText(pathCall('open', path, () => fsOf(process.netns).readFile(path)))
  const env: SubnetEnv = { network: null, subnet: null, mtu: null, ipMasq: null }
  for (const line of text.split('\n')) takeLine(env, line.replace(/\r$/, ''))
  const missing = [
    ...(env.network === null ? ['FLANNEL_NETWORK', 'FLANNEL_IPV6_NETWORK'] : []),
    ...(env.subnet === null ? ['FLANNEL_SUBNET', 'FLANNEL_IPV6_SUBNET'] : []),
    ...(env.mtu === null ? ['FLANNEL_MTU'] : []),
    ...(env.ipMasq === null ? ['FLANNEL_IPMASQ'] : []),
  ]
  if (missing.length > 0) throw new GoError(`${path} is missing ${missing.join(', ')}`)
  return env
}

const checkDelegate = (delegate: Record<string, unknown>): void => {
  if ('type' in delegate && typeof delegate['type'] !== 'string')
    throw new GoError("'delegate' dictionary, if present, must have (string) 'type' field")
  for (const name of ['name', 'ipam'])
    if (name in delegate)
      throw new GoError(`'delegate' dictionary must not have '${name}' field, it'll be set by flannel`)
}

/** The `ipam` of the other plugin: the lease as its range, a route to the whole network behind those that were configured. */
const delegateIpam = ({ ipam }: FlannelConf, env: SubnetEnv): Record<string, unknown> => {
  const routes = wrapped(
    'failed to assemble Delegate IPAM: failed to read IPAM routes: failed to parse ipam.routes',
    () => {
      const given = ipam?.['routes']
      return given === undefined || given === null ? [] : parseRoutes(goMarshal(given), goTop(''), '[]types.Route')
    },
  )
  return {
    type: 'host-local',
    ...ipam,
    ranges: [[{ subnet: ipNetText(env.subnet!) }]],
    routes: [
      ...routes.map(({ dst, gw }) => ({
        dst: dst === null ? '<nil>' : ipNetText(dst),
        ...(gw !== null && { gw: formatIpv4(gw) }),
      })),
      { dst: ipNetText(env.network!) },
    ],
  }
}

/** The configuration for the other plugin; what was given stands, but name, version and IPAM. */
const delegateConf = (conf: FlannelConf, env: SubnetEnv): Record<string, unknown> => {
  const given = conf.delegate ?? {}
  checkDelegate(given)
  const { name, cniVersion } = conf.base
  const type = (given['type'] as string | undefined) ?? 'bridge'
  return {
    ipMasq: !env.ipMasq!,
    mtu: env.mtu,
    ...(type === 'bridge' && { isGateway: true }),
    ...given,
    ...(conf.runtimeConfig !== null && { runtimeConfig: conf.runtimeConfig }),
    name,
    type,
    ...(cniVersion !== '' && { cniVersion }),
    ipam: delegateIpam(conf, env),
  }
}

const save = (process: Process, { dataDir }: FlannelConf, { containerId }: CmdArgs, json: string): void => {
  const fs = fsOf(process.netns)
  mkdirAll(fs, dataDir)
  const path = `${dataDir}/${containerId}`
  pathCall('open', path, () => fs.writeFile(path, octetsOf(json)))
}

/** The configuration that ADD has kept; null when there is none. */
const saved = (process: Process, path: string): string | null => {
  try {
    return octetText(fsOf(process.netns).readFile(path))
  } catch (e) {
    if (isErrnoError(e, 'ENOENT')) return null
    return pathCall(isErrnoError(e, 'EISDIR') ? 'read' : 'open', path, () => {
      throw e
    })
  }
}

/** The plugin. */
export const flannelPlugin: CniPlugin = {
  name: 'flannel',

  *cmdAdd(process, args): Thread<string> {
    const conf = loadConf(args.stdin)
    const delegate = delegateConf(conf, loadSubnetEnv(process, conf.subnetFile))
    const json = goMarshal(sortedMap(delegate))
    save(process, conf, args, json)
    const result = yield* delegateAdd(process, args, delegate['type'] as string, json)
    return printResult(result, decodeVersion(json))
  },

  *cmdCheck(): Thread {},

  *cmdDel(process, args): Thread {
    const conf = loadConf(args.stdin)
    const path = `${conf.dataDir}/${args.containerId}`
    const json = saved(process, path)
    if (json === null) return
    const { type } = wrapped('failed to parse netconf', () => parseNetConf(json))
    yield* delegateDel(process, args, type, json)
    const fs = fsOf(process.netns)
    if (fs.exists(path)) fs.unlink(path)
  },
}
