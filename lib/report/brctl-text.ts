/**
 * What brctl shows of bridges, as bridge-utils 1.7 prints it.
 *
 * @see brctl(8); bridge-utils brctl_disp.c
 */
import type { NetDevice } from '../core/netdev.js'
import type { BridgeId, BridgeInfo, BridgePortInfo } from '../dev/bridge/br-netlink.js'
import { NTF_SELF, NUD_NOARP, NUD_PERMANENT } from '../ip/rtnetlink.js'
import { fdbList } from '../rtnl/fdb.js'
import { linkInfo } from '../rtnl/link.js'
import { formatMac } from '../wire/mac.js'

const NS_PER_HUNDREDTH = 10_000_000
const STATES: readonly string[] = ['disabled', 'listening', 'learning', 'forwarding', 'blocking']

const hex4 = (n: number): string => n.toString(16).padStart(4, '0')
const four = (n: number): string => String(n).padStart(4)

/** Hundredths of a second as brctl prints times. */
const time = (hundredths: number): string =>
  `${four(Math.floor(hundredths / 100))}.${String(Math.floor(hundredths) % 100).padStart(2, '0')}`

const idText = ({ priority, address }: BridgeId): string =>
  `${hex4(priority)}.${formatMac(address).replaceAll(':', '')}`

const byName = (a: NetDevice, b: NetDevice): number => (a.name < b.name ? -1 : 1)

const bridgeInfo = (br: NetDevice): BridgeInfo => linkInfo(br).attrs as BridgeInfo
const portInfo = (port: NetDevice): BridgePortInfo => linkInfo(port).slaveAttrs as BridgePortInfo

/** Ports as brctl lists them: by name. */
export const brctlPorts = (br: NetDevice): NetDevice[] => [...br.slaves].sort(byName)

/** Bridges as brctl lists them: by name. */
export const brctlSorted = (bridges: readonly NetDevice[]): NetDevice[] => [...bridges].sort(byName)

/** Head line of `brctl show`. */
export const BRCTL_SHOW_HEAD = 'bridge name\tbridge id\t\tSTP enabled\tinterfaces\n'

/** The lines of one bridge of `brctl show`. */
export const brctlShowText = (br: NetDevice): string => {
  const info = bridgeInfo(br)
  const [first = '', ...others] = brctlPorts(br).map(p => p.name)
  const head = `${br.name}\t\t${idText(info.bridgeId)}\t${info.stpState !== 0 ? 'yes' : 'no'}\t\t${first}\n`
  return head + others.map(name => `\t\t\t\t\t\t\t${name}\n`).join('')
}

/** `brctl showmacs`: the entries that lead to ports, by MAC. */
export const brctlShowmacsText = (br: NetDevice): string => {
  const entries = fdbList(br.netns, { br }).filter(e => e.dev !== br && (e.flags & NTF_SELF) === 0)
  entries.sort((a, b) => a.lladdr - b.lladdr || portInfo(a.dev).portNo - portInfo(b.dev).portNo)
  let text = 'port no\tmac addr\t\tis local?\tageing timer\n'
  for (const { dev, lladdr, state, updatedNs } of entries) {
    const isLocal = (state & NUD_PERMANENT) !== 0
    const age = isLocal || (state & NUD_NOARP) !== 0 ? 0 : (updatedNs ?? 0) / NS_PER_HUNDREDTH
    const port = String(portInfo(dev).portNo).padStart(3)
    text += `${port}\t${formatMac(lladdr)}\t${isLocal ? 'yes' : 'no'}\t\t${time(age)}\n`
  }
  return text
}

const portText = (port: NetDevice): string => {
  const p = portInfo(port)
  const flags = [
    p.configPending !== 0 ? 'CONFIG_PENDING ' : '',
    p.topologyChangeAck !== 0 ? 'TOPOLOGY_CHANGE_ACK ' : '',
  ]
  return (
    `${port.name} (${p.portNo})\n` +
    ` port id\t\t${hex4(p.portId)}\t\t\tstate\t\t${(STATES[p.state] ?? '').padStart(15)}\n` +
    ` designated root\t${idText(p.designatedRoot)}\tpath cost\t\t${four(p.cost)}\n` +
    ` designated bridge\t${idText(p.designatedBridge)}\tmessage age timer\t${time(p.messageAgeTimer)}\n` +
    ` designated port\t${hex4(p.designatedPort)}\t\t\tforward delay timer\t${time(p.forwardDelayTimer)}\n` +
    ` designated cost\t${four(p.designatedCost)}\t\t\thold timer\t\t${time(p.holdTimer)}\n` +
    ` flags\t\t\t${flags.join('')}\n` +
    `${p.hairpin ? ' hairpin mode\t\t   1\n' : ''}\n`
  )
}

/** `brctl showstp`. */
export const brctlShowstpText = (br: NetDevice): string => {
  const b = bridgeInfo(br)
  const flags = [
    b.topologyChange !== 0 ? 'TOPOLOGY_CHANGE ' : '',
    b.topologyChangeDetected !== 0 ? 'TOPOLOGY_CHANGE_DETECTED ' : '',
  ]
  return (
    `${br.name}\n` +
    ` bridge id\t\t${idText(b.bridgeId)}\n` +
    ` designated root\t${idText(b.designatedRoot)}\n` +
    ` root port\t\t${four(b.rootPort)}\t\t\tpath cost\t\t${four(b.rootPathCost)}\n` +
    ` max age\t\t${time(b.maxAge)}\t\t\tbridge max age\t\t${time(b.maxAge)}\n` +
    ` hello time\t\t${time(b.helloTime)}\t\t\tbridge hello time\t${time(b.helloTime)}\n` +
    ` forward delay\t\t${time(b.forwardDelay)}\t\t\tbridge forward delay\t${time(b.forwardDelay)}\n` +
    ` ageing time\t\t${time(b.ageingTime)}\n` +
    ` hello timer\t\t${time(b.helloTimer)}\t\t\ttcn timer\t\t${time(b.tcnTimer)}\n` +
    ` topology change timer\t${time(b.topologyChangeTimer)}\t\t\tgc timer\t\t${time(b.gcTimer)}\n` +
    ` flags\t\t\t${flags.join('')}\n\n\n` +
    brctlPorts(br).map(portText).join('')
  )
}
