/**
 * Configurations of networks as a host keeps them in /etc/cni/net.d: lists of plugins in `.conflist`, single plugins in `.conf` and
 * `.json`.
 *
 * @see cni v0.8.1 libcni/conf.go
 */
import { octetText } from '../../app/octet-text.js'
import type { FileSystem } from '../../fs/file-system.js'
import { goMap, goStruct, goTop } from '../../app/go-decode.js'
import { GoError, goErrorText, isErrnoError, pathCall, wrapped } from '../../app/go-error.js'
import { goMarshal, sortedMap } from '../../app/go-json.js'
import { type NetConf, parseNetConf } from '../net-conf.js'

/** Where a host's networks are. */
export const CNI_NET_DIR = '/etc/cni/net.d'

/** One plugin's configuration. */
export interface NetworkConfig {
  readonly network: NetConf
  readonly json: string
}

/** A network: plugins that are executed one after the other. */
export interface NetworkConfigList {
  readonly name: string
  readonly cniVersion: string
  readonly disableCheck: boolean
  readonly plugins: readonly NetworkConfig[]
  readonly json: string
}

/** Reads one plugin's configuration. Throws GoError. */
export const confFromBytes = (json: string): NetworkConfig => {
  const network = wrapped('error parsing configuration', () => parseNetConf(json))
  if (network.type === '') throw new GoError("error parsing configuration: missing 'type'")
  return { network, json }
}

/** What Go calls the type of a value of JSON. */
const goType = (value: unknown): string => {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  return typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : 'string'
}

const parseMap = (json: string): Record<string, unknown> => {
  goStruct(json, [], goTop(''), 'map[string]interface {}')
  return goMap(json, goTop(''))
}

/** Reads a list. Throws GoError. */
export const confListFromBytes = (json: string): NetworkConfigList => {
  const fail = (text: string): never => {
    throw new GoError(`error parsing configuration list: ${text}`)
  }
  const raw = wrapped('error parsing configuration list', () => parseMap(json))
  const take = <T>(name: string, type: 'string' | 'boolean', otherwise: T): T => {
    const value = raw[name]
    if (!(name in raw)) return otherwise
    return typeof value === type ? (value as T) : fail(`invalid ${name} type ${goType(value)}`)
  }
  if (!('name' in raw)) fail('no name')
  const name = take('name', 'string', '')
  const cniVersion = take('cniVersion', 'string', '')
  const disableCheck = take('disableCheck', 'boolean', false)
  if (!('plugins' in raw)) fail("no 'plugins' key")
  const { plugins } = raw
  if (!Array.isArray(plugins)) return fail(`invalid 'plugins' type ${goType(plugins)}`)
  if (plugins.length === 0) fail('no plugins in list')
  const confs = plugins.map((plugin, i) =>
    wrapped(`failed to parse plugin config ${i}`, () => confFromBytes(goMarshal(sortedMap(plugin)))),
  )
  return { name, cniVersion, disableCheck, plugins: confs, json }
}

/** A list of one plugin. */
export const confListFromConf = ({ network, json }: NetworkConfig): NetworkConfigList => {
  const { name, cniVersion } = network
  return confListFromBytes(goMarshal(sortedMap({ name, cniVersion, plugins: [parseMap(json)] })))
}

/** A configuration with members replaced. */
export const injectConf = (conf: NetworkConfig, values: Readonly<Record<string, unknown>>): NetworkConfig =>
  confFromBytes(goMarshal(injected(conf.json, values)))

/** Members that are given stand as they are; those of the configuration are sorted, as those of a map. */
const injected = (json: string, values: Readonly<Record<string, unknown>>): object => {
  const members = { ...(sortedMap(parseMap(json)) as Record<string, unknown>), ...values }
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

const confFiles = (fs: FileSystem, dir: string, extensions: readonly string[]): string[] => {
  let names: readonly string[]
  try {
    names = fs.readdir(dir)
  } catch (e) {
    if (isErrnoError(e, 'ENOENT')) return []
    throw new GoError(`open ${dir}: ${goErrorText(e)}`)
  }
  return names
    .map(name => `${dir.replace(/\/+$/, '')}/${name}`)
    .filter(path => extensions.some(extension => path.endsWith(extension)) && fs.stat(path)?.kind === 'file')
}

const readConf = (fs: FileSystem, path: string): string =>
  octetText(wrapped(`error reading ${path}`, () => pathCall('open', path, () => fs.readFile(path))))

/** The network called `name` among the files of a directory. Throws GoError where there is none. */
export const loadConfList = (fs: FileSystem, dir: string, name: string): NetworkConfigList => {
  const lists = confFiles(fs, dir, ['.conflist'])
  for (const path of lists) {
    const list = confListFromBytes(readConf(fs, path))
    if (list.name === name) return list
  }
  const singles = confFiles(fs, dir, ['.conf', '.json'])
  for (const path of singles) {
    const conf = confFromBytes(readConf(fs, path))
    if (conf.network.name === name) return confListFromConf(conf)
  }
  if (lists.length + singles.length === 0) throw new GoError(`no net configurations found in ${dir}`)
  throw new GoError(`no net configuration with name "${name}" in ${dir}`)
}

/** The network of the first file of a directory by name, which a kubelet takes. Throws GoError where there is none. */
export const firstConfList = (fs: FileSystem, dir: string): NetworkConfigList => {
  const [path] = confFiles(fs, dir, ['.conf', '.conflist', '.json'])
  if (path === undefined) throw new GoError(`no net configurations found in ${dir}`)
  const json = readConf(fs, path)
  return path.endsWith('.conflist') ? confListFromBytes(json) : confListFromConf(confFromBytes(json))
}

/** The network of a configuration that is a list, or a single plugin. Throws GoError. */
export const confListOf = (json: string): NetworkConfigList => {
  const raw = wrapped('error parsing configuration', () => parseMap(json))
  return 'plugins' in raw ? confListFromBytes(json) : confListFromConf(confFromBytes(json))
}
