/**
 * What a kubelet asks of CNI for a container: the network that it is to be in, and how it is told to the plugins.
 *
 * @see cri: the first file of /etc/cni/net.d is the network
 */
import type { Netns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import { fsOf } from '../fs/file-system.js'
import { GoError } from '../app/go-error.js'
import { refuseMissingPlugins, type RuntimeConf } from './libcni/api.js'
import { CNI_NET_DIR, confListOf, firstConfList, loadConfList, type NetworkConfigList } from './libcni/conf.js'
import { netnsPath } from './netns-path.js'
import { CNI_BIN_DIR } from './skel.js'

/** A container and the network that it is to be in. */
export interface CniRequest {
  readonly netns: Netns
  readonly containerId: string
  /** Name of its device; eth0. */
  readonly ifName?: string
  /** JSON of a list or of a single plugin; that of the host's files when absent. */
  readonly conf?: string
  /** Name of a network of {@link netDir}; the first file's when absent. */
  readonly network?: string
  /** Directory with the host's networks; /etc/cni/net.d. */
  readonly netDir?: string
  /** Directories with plugins; /opt/cni/bin. */
  readonly path?: readonly string[]
  /** CNI_ARGS. */
  readonly args?: Readonly<Record<string, string>>
  /** Data for plugins with a capability, such as `ipRanges`. */
  readonly capabilityArgs?: Readonly<Record<string, unknown>>
}

/** A request with its network read. */
export interface CniCall {
  readonly list: NetworkConfigList
  readonly rt: RuntimeConf
}

const networkOf = (host: Netns, { conf, network, netDir = CNI_NET_DIR }: CniRequest): NetworkConfigList => {
  if (conf !== undefined) return confListOf(conf)
  const fs = fsOf(host)
  return network === undefined ? firstConfList(fs, netDir) : loadConfList(fs, netDir, network)
}

/** Reads a request's network. Throws EINVAL for a configuration that is none, EGRAMMAR for plugins that netloom has not. */
export const cniCall = (host: Netns, request: CniRequest): CniCall => {
  const { netns, containerId, ifName = 'eth0', path = [CNI_BIN_DIR], args = {}, capabilityArgs = {} } = request
  let list: NetworkConfigList
  try {
    list = networkOf(host, request)
  } catch (e) {
    throw e instanceof GoError ? new NetloomError('EINVAL', e.message, { netns: host.name }) : e
  }
  refuseMissingPlugins(host.world, list)
  const rt = { containerId, netns: netnsPath(netns), ifName, path, args: Object.entries(args), capabilityArgs }
  return { list, rt }
}
