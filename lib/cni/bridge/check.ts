/**
 * CHECK of the plugin bridge: is everything there that ADD has told?
 *
 * @see plugins v0.9.1 plugins/main/bridge/bridge.go cmdCheck, pkg/ip/utils_linux.go
 */
import type { NetDevice } from '../../core/netdev.js'
import type { Netns } from '../../core/netns.js'
import { vethPeer } from '../../dev/veth.js'
import { addrList } from '../../rtnl/addr.js'
import { linkInfo } from '../../rtnl/link.js'
import { routesTo } from '../../rtnl/route.js'
import { formatIpv4 } from '../../wire/ip.js'
import { GoError } from '../../app/go-error.js'
import { type IpNet, ipNetFieldsText, ipNetText, networkOf } from '../ip-net.js'
import type { CniInterface, CniIp, CniResult, CniRoute } from '../result.js'
import type { CmdArgs } from '../skel.js'
import { macText } from '../veth.js'
import type { BridgeConf } from './conf.js'

const NO_INTERFACE: CniInterface = { name: '' }

const fail = (text: string): never => {
  throw new GoError(text)
}

/** The device of an interface of the result (validateInterface). */
const deviceOf = (netns: Netns, { name, sandbox = '' }: CniInterface, isInSandbox: boolean): NetDevice => {
  if (name === '') fail('Interface name missing ')
  const dev = netns.devByName(name) ?? fail(`Interface name ${name} not found`)
  if (isInSandbox && sandbox === '') fail(`Interface ${name} is expected to be in a sandbox`)
  if (!isInSandbox && sandbox !== '') fail(`Interface ${name} should not be in sandbox`)
  return dev
}

const isOther = ({ mac = '' }: CniInterface, dev: NetDevice): boolean => mac !== '' && mac !== macText(dev.addr)

const checkBridge = (host: Netns, intf: CniInterface, { promiscMode }: BridgeConf): NetDevice => {
  const br = deviceOf(host, intf, false)
  if (br.ops.kind !== 'bridge') fail(`Interface ${intf.name} does not have link type of bridge`)
  if (isOther(intf, br)) fail(`Bridge interface ${intf.name} Mac doesn't match: ${intf.mac}`)
  const isPromisc = linkInfo(br).promiscuity !== 0
  if (isPromisc !== promiscMode)
    fail(
      `Bridge interface ${intf.name} configured Promisc Mode ${promiscMode} doesn't match current state: ${isPromisc} `,
    )
  return br
}

const checkContainer = (netns: Netns, intf: CniInterface): NetDevice => {
  const dev = deviceOf(netns, intf, true)
  if (dev.ops.kind !== 'veth') fail(`Error: Container interface ${dev.name} not of type veth`)
  if (isOther(intf, dev))
    fail(`Interface ${intf.name} Mac ${intf.mac} doesn't match container Mac: ${macText(dev.addr)}`)
  return dev
}

/** Is it the container's port of the bridge? Anything else on the host is nobody's business. */
const isPort = (host: Netns, intf: CniInterface, br: NetDevice, cont: NetDevice): boolean => {
  const dev = deviceOf(host, intf, false)
  if (dev.ops.kind !== 'veth' || vethPeer(dev) !== cont || dev.master !== br) return false
  if (isOther(intf, dev)) fail(`Interface ${intf.name} Mac doesn't match: ${intf.mac} not found`)
  return true
}

const isSame = (a: IpNet, dst: number, dstLen: number): boolean => a.ip === dst && a.len === dstLen

const checkIp = (netns: Netns, ifName: string, ip: CniIp): void => {
  const dev = netns.devByName(ifName) ?? fail(`Cannot find container link ${ifName}`)
  const { address } = ip
  if (!addrList(netns, dev).some(({ local, prefixLen }) => isSame(address, local, prefixLen)))
    fail(`Failed to match addr ${ipNetText(address)} on interface ${ifName}`)
  if (ip.version !== '4' && ip.version !== '6') fail(`Invalid IP Version ${ip.version} for interface ${ifName}`)
  const network = networkOf(address)
  if (routesTo(netns, network.ip, network.len).length === 0)
    fail(`Failed to find Gateway ${ip.gateway === null ? '<nil>' : formatIpv4(ip.gateway)} for interface ${ifName}`)
}

/** A route without a gateway is looked for without one, except the default route, whose gateway may be any. */
const checkRoute = (netns: Netns, { dst, gw }: CniRoute): void => {
  if (dst === null) return
  const isDefault = dst.ip === 0 && dst.len === 0
  const found = routesTo(netns, dst.ip, dst.len).some(
    ({ nexthops }) => isDefault || (nexthops[0]?.gateway ?? 0) === (gw ?? 0),
  )
  if (found) return
  const gateway = gw === null ? '<nil>' : formatIpv4(gw)
  fail(`Expected Route {Dst:${ipNetFieldsText(dst)} GW:${gateway}} not found in routing table`)
}

/** Compares a result with what is there. Throws GoError. */
export const checkResult = (host: Netns, netns: Netns, args: CmdArgs, conf: BridgeConf, result: CniResult): void => {
  let bridge = NO_INTERFACE
  let container = NO_INTERFACE
  for (const intf of result.interfaces) {
    if (intf.name === conf.bridge) bridge = intf
    else if (intf.name === args.ifName && intf.sandbox === args.netns) container = intf
  }
  const br = checkBridge(host, bridge, conf)
  const { sandbox = '' } = container
  if (args.netns !== sandbox) fail(`Sandbox in prevResult ${sandbox} doesn't match configured netns: ${args.netns}`)
  const cont = checkContainer(netns, container)
  const others = result.interfaces.filter(({ name }) => name !== bridge.name && name !== container.name)
  if (!others.some(intf => isPort(host, intf, br, cont)))
    fail(`CNI veth created for bridge ${conf.bridge} was not found`)
  for (const ip of result.ips) checkIp(netns, args.ifName, ip)
  for (const route of result.routes) checkRoute(netns, route)
}
