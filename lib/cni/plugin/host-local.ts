/**
 * `host-local`: addresses out of ranges, remembered in files of the host.
 *
 * @see plugins v0.9.1 plugins/ipam/host-local/main.go, dns.go
 */
import { octetText } from '../../app/octet-text.js'
import type { Process } from '../../app/process.js'
import type { Thread } from '../../app/thread.js'
import { fsOf } from '../../fs/file-system.js'
import { formatIpv4 } from '../../wire/ip.js'
import { GoError, pathCall, wrapped } from '../../app/go-error.js'
import { IpAllocator } from '../host-local/allocator.js'
import { type IpamConfig, loadIpamConfig } from '../host-local/ipam-config.js'
import { rangeSetContains } from '../host-local/range.js'
import { Store } from '../host-local/store.js'
import { type CniDns, type CniResult, dnsOf, emptyResult, printResult } from '../result.js'
import type { CmdArgs, CniPlugin } from '../skel.js'

/** Reads a file such as /etc/resolv.conf. */
const parseResolvConf = (process: Process, path: string): CniDns => {
  const text = octetText(pathCall('open', path, () => fsOf(process.netns).readFile(path)))
  const nameservers: string[] = []
  const search: string[] = []
  const options: string[] = []
  let domain = ''
  for (const line of text.split('\n')) {
    const [word = '', ...values] = line.trim().split(/\s+/)
    if (values.length === 0 || word.startsWith('#') || word.startsWith(';')) continue
    if (word === 'nameserver') nameservers.push(values[0]!)
    else if (word === 'domain') domain = values[0]!
    else if (word === 'search') search.push(...values)
    else if (word === 'options') options.push(...values)
  }
  return dnsOf(nameservers, domain, search, options)
}

/** One address from each set; those that were asked for where a set has them. What was given out is taken back on an error. */
const allocate = (config: IpamConfig, store: Store, { containerId, ifName }: CmdArgs, result: CniResult): void => {
  const wanted = [...new Set(config.ipArgs)]
  const used: IpAllocator[] = []
  const release = (): void => {
    for (const allocator of used) allocator.release(containerId, ifName)
  }
  for (const [i, set] of config.ranges.entries()) {
    const allocator = new IpAllocator(set, store, i)
    const at = wanted.findIndex(ip => rangeSetContains(set, ip))
    const requested = at < 0 ? null : wanted.splice(at, 1)[0]!
    try {
      result.ips.push(wrapped(`failed to allocate for range ${i}`, () => allocator.get(containerId, ifName, requested)))
    } catch (e) {
      release()
      throw e
    }
    used.push(allocator)
  }
  if (wanted.length === 0) return
  release()
  throw new GoError(`failed to allocate all requested IPs: ${wanted.map(formatIpv4).join(' ')}`)
}

const open = (process: Process, args: CmdArgs): { config: IpamConfig; store: () => Store } => {
  const config = loadIpamConfig(args.stdin, args.args)
  return { config, store: () => new Store(fsOf(process.netns), config.name, config.dataDir) }
}

/** The plugin. */
export const hostLocalPlugin: CniPlugin = {
  name: 'host-local',

  // biome-ignore lint/correctness/useYield: it waits for nothing
  *cmdAdd(process, args): Thread<string> {
    const { config, store } = open(process, args)
    const result = emptyResult()
    if (config.resolvConf !== '') result.dns = parseResolvConf(process, config.resolvConf)
    allocate(config, store(), args, result)
    result.routes.push(...config.routes)
    return printResult(result, config.cniVersion)
  },

  // biome-ignore lint/correctness/useYield: it waits for nothing
  *cmdCheck(process, args): Thread {
    const { store } = open(process, args)
    if (!store().findById(args.containerId, args.ifName))
      throw new GoError(`host-local: Failed to find address added by container ${args.containerId}`)
  },

  // biome-ignore lint/correctness/useYield: it waits for nothing
  *cmdDel(process, args): Thread {
    const { config, store } = open(process, args)
    const files = store()
    for (const [i, set] of config.ranges.entries())
      new IpAllocator(set, files, i).release(args.containerId, args.ifName)
  },
}
