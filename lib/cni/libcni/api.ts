/**
 * What a runtime does to attach a container to a network: executes the network's plugins, each with the result of the one
 * before, and keeps the result for CHECK and DEL.
 *
 * @see CNI SPEC 0.4.0, "Network Configuration Lists"; cni v0.8.1 libcni/api.go
 */
import { octetText } from '../../app/octet-text.js'
import { octetsOf } from '../../app/text.js'
import type { Process } from '../../app/process.js'
import type { Thread } from '../../app/thread.js'
import type { World } from '../../core/world.js'
import { NetloomError } from '../../errors.js'
import { fsOf } from '../../fs/file-system.js'
import { goMap, goTop } from '../../app/go-decode.js'
import { GoError, pathCall, wrapped } from '../../app/go-error.js'
import { goMarshal, sortedMap } from '../../app/go-json.js'
import { encodeBase64 } from '../../wire/base64.js'
import { mkdirAll } from '../host-local/store.js'
import { execPlugin, execPluginWithResult, findInPath, isMissingPlugin, missingPluginText } from '../invoke.js'
import { type CniResult, parseResult, resultJson } from '../result.js'
import { validateContainerId, validateInterfaceName, validateNetworkName } from '../skel.js'
import { decodeVersion, isAtLeast } from '../version.js'
import { injectConf, type NetworkConfig, type NetworkConfigList } from './conf.js'

/** A container as its runtime knows it. */
export interface RuntimeConf {
  readonly containerId: string
  /** Path of its namespace. */
  readonly netns: string
  readonly ifName: string
  /** Directories with plugins. */
  readonly path: readonly string[]
  /** Pairs for CNI_ARGS. */
  readonly args?: readonly (readonly [string, string])[]
  /** Data for plugins that have the capability. */
  readonly capabilityArgs?: Readonly<Record<string, unknown>>
  /** Environment that plugins inherit. */
  readonly env?: Readonly<Record<string, string>>
}

const CACHE_DIR = '/var/lib/cni/results'
const KIND = 'cniCacheV1'

const environment = (command: string, rt: RuntimeConf): Record<string, string> => ({
  ...rt.env,
  CNI_COMMAND: command,
  CNI_CONTAINERID: rt.containerId,
  CNI_NETNS: rt.netns,
  CNI_ARGS: (rt.args ?? []).map(pair => pair.join('=')).join(';'),
  CNI_IFNAME: rt.ifName,
  CNI_PATH: rt.path.join(':'),
})

/** A result together with the version that it has on the wire. */
interface Previous {
  readonly result: CniResult
  readonly version: string
}

/** Name, version and previous result go into every plugin's configuration, and the data that it has a capability for. */
const buildOneConfig = (
  list: NetworkConfigList,
  net: NetworkConfig,
  previous: Previous | null,
  rt: RuntimeConf,
): string => {
  const { name, cniVersion } = list
  const prevResult = previous === null ? undefined : resultJson(previous.result, previous.version)
  const conf = injectConf(net, { name, cniVersion, ...(prevResult !== undefined && { prevResult }) })
  const given = rt.capabilityArgs ?? {}
  const wanted = Object.entries(net.network.capabilities).filter(([key, has]) => has && key in given)
  if (wanted.length === 0) return conf.json
  const runtimeConfig = Object.fromEntries(wanted.map(([key]) => [key, given[key]]))
  return injectConf(conf, { runtimeConfig: sortedMap(runtimeConfig) }).json
}

const cachePath = (name: string, { containerId, ifName }: RuntimeConf): string =>
  `${CACHE_DIR}/${name}-${containerId}-${ifName}`

const cacheAdd = (process: Process, list: NetworkConfigList, rt: RuntimeConf, { result, version }: Previous): void => {
  const fs = fsOf(process.netns)
  const { args = [], capabilityArgs = {} } = rt
  const cached = {
    kind: KIND,
    containerId: rt.containerId,
    config: encodeBase64(octetsOf(list.json)),
    ifName: rt.ifName,
    networkName: list.name,
    ...(args.length > 0 && { cniArgs: args }),
    ...(Object.keys(capabilityArgs).length > 0 && { capabilityArgs: sortedMap(capabilityArgs) }),
    result: sortedMap(resultJson(result, version)),
  }
  const path = cachePath(list.name, rt)
  wrapped(`failed to set network "${list.name}" cached result`, () => {
    mkdirAll(fs, CACHE_DIR)
    pathCall('open', path, () => fs.writeFile(path, octetsOf(goMarshal(cached))))
  })
}

/** The result that ADD has kept; null when there is none. */
const cachedResult = (process: Process, list: NetworkConfigList, rt: RuntimeConf): Previous | null => {
  const fs = fsOf(process.netns)
  const path = cachePath(list.name, rt)
  if (fs.stat(path)?.kind !== 'file') return null
  return wrapped(`failed to get network "${list.name}" cached result`, () => {
    const { result = {} } = goMap(octetText(fs.readFile(path)), goTop('')) as { readonly result?: object }
    const json = goMarshal(result)
    return { result: parseResult(decodeVersion(json), json), version: list.cniVersion }
  })
}

/** Plugins that a configuration leads to: its own, IPAM, and the one that flannel gives its configuration to. */
const pluginsOf = ({ network, json }: NetworkConfig): string[] => {
  const { delegate } = JSON.parse(json) as { readonly delegate?: { readonly type?: unknown } | null }
  const type = delegate?.type
  return [network.type, network.ipamType, ...(typeof type === 'string' ? [type] : [])]
}

/** Refuses a network with plugins that exist in reality and not here, before anything is done. Throws EGRAMMAR. */
export const refuseMissingPlugins = (world: World, list: NetworkConfigList): void => {
  for (const plugin of list.plugins.flatMap(pluginsOf))
    if (isMissingPlugin(world, plugin))
      throw new NetloomError('EGRAMMAR', `network "${list.name}": ${missingPluginText(world, plugin)}`, { plugin })
}

/** Attaches a container to a network (AddNetworkList). Throws GoError; what earlier plugins of the list have done stays then. */
export function* addNetworkList(process: Process, list: NetworkConfigList, rt: RuntimeConf): Thread<CniResult> {
  let previous: Previous | null = null
  for (const net of list.plugins) {
    const path = findInPath(process.netns.world, net.network.type, rt.path)
    validateContainerId(rt.containerId)
    validateNetworkName(list.name)
    validateInterfaceName(rt.ifName)
    const conf = buildOneConfig(list, net, previous, rt)
    const result: CniResult = yield* execPluginWithResult(process, path, conf, environment('ADD', rt))
    previous = { result, version: decodeVersion(conf) }
  }
  cacheAdd(process, list, rt, previous!)
  return previous!.result
}

/** Asks every plugin whether all is there (CheckNetworkList). Throws GoError. */
export function* checkNetworkList(process: Process, list: NetworkConfigList, rt: RuntimeConf): Thread {
  if (!isAtLeast(list.cniVersion, '0.4.0'))
    throw new GoError(`configuration version "${list.cniVersion}" does not support the CHECK command`)
  if (list.disableCheck) return
  const previous = cachedResult(process, list, rt)
  for (const net of list.plugins) {
    const path = findInPath(process.netns.world, net.network.type, rt.path)
    yield* execPlugin(process, path, buildOneConfig(list, net, previous, rt), environment('CHECK', rt))
  }
}

/** Takes a container from a network, the last plugin first (DelNetworkList). Throws GoError. */
export function* delNetworkList(process: Process, list: NetworkConfigList, rt: RuntimeConf): Thread {
  const previous = isAtLeast(list.cniVersion, '0.4.0') ? cachedResult(process, list, rt) : null
  for (const net of [...list.plugins].reverse()) {
    const path = findInPath(process.netns.world, net.network.type, rt.path)
    yield* execPlugin(process, path, buildOneConfig(list, net, previous, rt), environment('DEL', rt))
  }
  fsOf(process.netns).remove(cachePath(list.name, rt))
}
