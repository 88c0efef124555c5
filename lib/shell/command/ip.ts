/**
 * `ip`: the objects netns, link, address, maddress, route, neighbour and rule.
 *
 * @see ip(8)
 */
import type { Command } from '../../app/command.js'
import { ipAddress } from './ip-addr.js'
import { ipLink } from './ip-link.js'
import { ipMaddr } from './ip-maddr.js'
import { ipNeigh } from './ip-neigh.js'
import { type CommandFinder, ipNetns } from './ip-netns.js'
import { ipRoute } from './ip-route.js'
import { ipRule } from './ip-rule.js'
import { ipTcpMetrics } from './ip-tcp-metrics.js'
import { ipTuntap } from './ip-tuntap.js'
import { toolCommand } from './tool.js'
import { IP_OPTIONS } from './tool-options.js'

/** Makes the command `ip`; `find` knows the commands that `ip netns exec` can run. */
export const makeIpCommand = (find: CommandFinder): Command =>
  toolCommand({
    name: 'ip',
    version: 'ip utility, iproute2-6.1.0, libbpf 1.1.2',
    options: IP_OPTIONS,
    optionHelp: 'ip -help',
    exitUnknownObject: 1,
    exitRefused: 2,
    objects: [
      { word: 'address', run: ipAddress },
      { word: 'addrlabel', run: null },
      { word: 'maddress', run: ipMaddr },
      { word: 'route', run: ipRoute },
      { word: 'rule', run: ipRule },
      { word: 'neighbor', run: ipNeigh },
      { word: 'neighbour', run: ipNeigh },
      { word: 'ntable', run: null },
      { word: 'ntbl', run: null },
      { word: 'link', run: ipLink },
      { word: 'l2tp', run: null },
      { word: 'fou', run: null },
      { word: 'ila', run: null },
      { word: 'macsec', run: null },
      { word: 'tunnel', run: null },
      { word: 'tunl', run: null },
      { word: 'tuntap', run: ipTuntap },
      { word: 'tap', run: ipTuntap },
      { word: 'token', run: null },
      { word: 'tcpmetrics', run: ipTcpMetrics },
      { word: 'tcp_metrics', run: ipTcpMetrics },
      { word: 'monitor', run: null },
      { word: 'xfrm', run: null },
      { word: 'mroute', run: null },
      { word: 'mrule', run: null },
      { word: 'netns', run: ipNetns(find) },
      { word: 'netconf', run: null },
      { word: 'vrf', run: null },
      { word: 'sr', run: null },
      { word: 'nexthop', run: null },
      { word: 'mptcp', run: null },
      { word: 'ioam', run: null },
      { word: 'stats', run: null },
    ],
  })
