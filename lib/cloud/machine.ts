/**
 * What a virtual machine's own system sets up when it starts: its interface with what DHCP says, and the names of the cloud's
 * services.
 *
 * DIFFERS: a machine asks for its addresses by DHCP, and the names of services come from the cloud's DNS; here they are there at
 * once, the names in /etc/hosts.
 */
import type { Netns } from '../core/netns.js'
import { fsOf } from '../fs/file-system.js'
import { RT_SCOPE_LINK } from '../ip/rtnetlink.js'
import { addrAdd } from '../rtnl/addr.js'
import { linkSet } from '../rtnl/link.js'
import { routeAdd } from '../rtnl/route.js'
import { encodeUtf8 } from '../wire/utf8.js'
import { HOSTS, hostsOf } from '../app/hosts.js'
import { maskOf } from '../wire/ip.js'
import type { Nic } from './nic.js'

/** A namespace as the lab holds it. */
export interface MachineRef {
  readonly kernel: Netns
}

const RTPROT_DHCP = 16
const METRIC = 100

/**
 * Brings an interface up, with its addresses under a prefix length; with 32 the router is reached by a route of its own, as on
 * Google Cloud. The first interface has the default route.
 */
export const setUpMachine = (
  nic: Nic,
  prefixLen: number,
  isFirst: boolean,
  names: readonly (readonly [string, string])[],
): void => {
  const { dev, subnet } = nic
  const { netns } = dev
  linkSet(netns.lo, { up: true })
  linkSet(dev, { up: true })
  for (const local of nic.addresses) addrAdd(dev, { local, prefixLen, broadcast: broadcastOf(local, prefixLen) })
  const common = { dev, protocol: RTPROT_DHCP, prefsrc: nic.address, priority: METRIC }
  if (prefixLen === 32) routeAdd(netns, { ...common, dst: subnet.gateway, dstLen: 32, scope: RT_SCOPE_LINK })
  if (isFirst) routeAdd(netns, { ...common, dst: 0, dstLen: 0, gateway: subnet.gateway })
  addNames(netns, names)
}

const broadcastOf = (local: number, prefixLen: number): number => (prefixLen === 32 ? 0 : local | ~maskOf(prefixLen))

/** Adds lines to /etc/hosts for names that are not there. */
const addNames = (netns: Netns, names: readonly (readonly [string, string])[]): void => {
  const fs = fsOf(netns)
  const lines = fs.exists(HOSTS) ? hostsOf(netns) : [['127.0.0.1', 'localhost']]
  const missing = names.filter(([, name]) => !lines.some(line => line.slice(1).includes(name)))
  const text = [...lines, ...missing].map(line => `${line.join(' ')}\n`).join('')
  fs.writeFile(HOSTS, encodeUtf8(text))
}
