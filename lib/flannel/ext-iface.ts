/**
 * Finding the host's interface to the other hosts.
 *
 * @see flannel pkg/ipmatch/match.go, pkg/ip/iface.go
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { addrList } from '../rtnl/addr.js'
import { routeGet, routesTo } from '../rtnl/route.js'
import { formatIpv4, isIpv4Text, isMulticast4, parseIpv4 } from '../wire/ip.js'
import type { ExternalInterface } from './backend/backend.js'
import type { Klog } from '../app/klog.js'
import type { FlanneldOptions } from './flags.js'
import { compileGoRegexp } from './go-regexp.js'
import { errnoText } from '../app/go-error.js'
import { SubnetError } from './subnet/subnet.js'

/** How the interface is looked for: by name or address, by a pattern, by whom it reaches; by the default route without any. */
interface ExtIfaceQuery {
  readonly name?: string
  readonly regex?: string
  readonly canReach?: string
}

const NO_INTERFACE = 'route ip+net: no such network interface'

const isLinkLocal = (addr: number): boolean => addr >>> 16 === 0xa9fe
const isLoopback = (addr: number): boolean => addr >>> 24 === 127
const isGlobal = (addr: number): boolean =>
  addr !== 0 && addr !== -1 && !isLoopback(addr) && !isMulticast4(addr) && !isLinkLocal(addr)

/** Addresses of an interface that others can send to, those of the link behind the global ones. */
const ip4Addrs = (dev: NetDevice): number[] => {
  const all = addrList(dev.netns, dev).map(a => a.local)
  return [...all.filter(isGlobal), ...all.filter(isLinkLocal)]
}

const byAddress = (netns: Netns, addr: number): NetDevice | undefined =>
  netns.devices.find(dev => addrList(netns, dev).some(a => a.local === addr))

const byName = (netns: Netns, name: string, log: Klog): [NetDevice, number | null] => {
  const problem = (what: string): SubnetError => new SubnetError(`error looking up interface ${name}: ${what}`)
  if (isIpv4Text(name)) {
    log.info('match.go:73', `Searching for interface using ${name}`)
    const dev = byAddress(netns, parseIpv4(name))
    if (dev === undefined) throw problem('No interface with given IP found')
    return [dev, parseIpv4(name)]
  }
  const dev = netns.devByName(name)
  if (dev === null) throw problem(NO_INTERFACE)
  return [dev, null]
}

const byRegex = (netns: Netns, text: string): [NetDevice, number | null] => {
  let regex: RegExp
  try {
    regex = compileGoRegexp(text)
  } catch (e) {
    throw new SubnetError(`could not compile the IP address regex '${text}': ${(e as Error).message}`)
  }
  for (const dev of netns.devices) {
    const addr = ip4Addrs(dev).find(a => regex.test(formatIpv4(a)))
    if (addr !== undefined) return [dev, addr]
  }
  const named = netns.devices.find(dev => regex.test(dev.name))
  if (named !== undefined) return [named, null]
  const available = netns.devices.map(dev => `${dev.name}:[${ip4Addrs(dev).map(formatIpv4).join(' ')}]`)
  throw new SubnetError(
    `Could not match pattern ${text} to any of the available network interfaces (${available.join(', ')})`,
  )
}

const byReach = (netns: Netns, text: string, log: Klog): [NetDevice, number | null] => {
  log.info('match.go:201', `Determining interface to use based on given ifcanreach: ${text}`)
  const refused = (what: string): SubnetError =>
    new SubnetError(`failed to get ifcanreach based interface: couldn't lookup route to ${what}`)
  if (!isIpv4Text(text)) throw refused('<nil>: numerical result out of range')
  try {
    const { dev, src } = routeGet(netns, { dst: parseIpv4(text) })
    return [dev!, src]
  } catch (e) {
    throw refused(`${text}: ${errnoText(e)}`)
  }
}

const byDefaultRoute = (netns: Netns, log: Klog): [NetDevice, number | null] => {
  log.info('match.go:206', 'Determining IP address of default interface')
  const [route] = routesTo(netns, 0, 0)
  const dev = route?.nexthops[0]?.dev ?? null
  if (route === undefined) throw new SubnetError('failed to get default interface: Unable to find default route')
  if (dev === null)
    throw new SubnetError('failed to get default interface: Found default route but could not determine interface')
  return [dev, null]
}

const find = (netns: Netns, { name, regex, canReach }: ExtIfaceQuery, log: Klog): [NetDevice, number | null] => {
  if (name !== undefined && name !== '') return byName(netns, name, log)
  if (regex !== undefined && regex !== '') return byRegex(netns, regex)
  return canReach === undefined ? byDefaultRoute(netns, log) : byReach(netns, canReach, log)
}

/** The interface and its addresses; `publicIp` as the user gave it, empty for the interface's own. Throws a SubnetError with flannel's text. */
const lookupExtIface = (netns: Netns, query: ExtIfaceQuery, publicIp: string, log: Klog): ExternalInterface => {
  const [iface, found] = find(netns, query, log)
  const ifaceAddr = found ?? ip4Addrs(iface)[0]
  if (ifaceAddr === undefined) throw new SubnetError(`failed to find IPv4 address for interface ${iface.name}`)
  const text = formatIpv4(ifaceAddr)
  log.info('match.go:259', `Using interface with name ${iface.name} and address ${text}`)
  if (iface.mtu === 0) throw new SubnetError(`failed to determine MTU for ${text} interface`)
  if (publicIp === '') {
    log.info('match.go:281', `Defaulting external address to interface address (${text})`)
    return { iface, ifaceAddr, extAddr: ifaceAddr }
  }
  if (!isIpv4Text(publicIp)) throw new SubnetError(`invalid public IP address: ${publicIp}`)
  log.info('match.go:277', `Using ${publicIp} as external address`)
  return { iface, ifaceAddr, extAddr: parseIpv4(publicIp) }
}

/** Options of the command line that say which interface it is. */
type ExtIfaceOptions = Pick<FlanneldOptions, 'iface' | 'ifaceRegex' | 'ifaceCanReach' | 'publicIp'>

type Query = readonly [at: string, what: string, query: ExtIfaceQuery]

/** What is looked for in turn, with where and how flannel's log says that it isn't there. */
const queriesOf = ({ iface, ifaceRegex, ifaceCanReach }: ExtIfaceOptions): Query[] => {
  const queries: Query[] = [
    ...iface.map((name): Query => ['main.go:279', name, { name }]),
    ...ifaceRegex.map((regex): Query => ['main.go:292', regex, { regex }]),
  ]
  if (ifaceCanReach !== '')
    queries.push(['main.go:304', `ifaceCanReach: ${ifaceCanReach}`, { canReach: ifaceCanReach }])
  return queries
}

/** The interface without an option that names it: that of the public address, or of the default route. */
const defaultExtIface = (netns: Netns, publicIp: string, log: Klog): ExternalInterface | null => {
  try {
    return lookupExtIface(netns, { name: publicIp }, publicIp, log)
  } catch (e) {
    if (!(e instanceof SubnetError)) throw e
    log.error('main.go:271', `Failed to find any valid interface to use: ${e.message}`)
    return null
  }
}

/** The interface to the other hosts that the options name; null, with an error in the log, when there is none. */
export const chooseExtIface = (netns: Netns, options: ExtIfaceOptions, log: Klog): ExternalInterface | null => {
  const { publicIp } = options
  const queries = queriesOf(options)
  if (queries.length === 0) return defaultExtIface(netns, publicIp, log)
  for (const [at, text, query] of queries) {
    try {
      return lookupExtIface(netns, query, publicIp, log)
    } catch (e) {
      if (!(e instanceof SubnetError)) throw e
      log.info(at, `Could not find valid interface matching ${text}: ${e.message}`)
    }
  }
  log.error('main.go:310', 'Failed to find interface to use that matches the interfaces and/or regexes provided')
  return null
}
