/**
 * Addresses and routes of a container's device, and the announcement of its address.
 *
 * @see plugins v0.9.1 pkg/ipam/ipam_linux.go; arping of j-keck
 */
import { packetSocket } from '../../core/af-packet.js'
import type { NetDevice } from '../../core/netdev.js'
import type { Netns } from '../../core/netns.js'
import { RT_SCOPE_UNIVERSE } from '../../ip/rtnetlink.js'
import { linkSet } from '../../rtnl/link.js'
import { routeAdd } from '../../rtnl/route.js'
import { ARP_HLEN, ARPOP_REQUEST, putArp } from '../../wire/arp.js'
import { ETH_HLEN, ETH_P_ARP, putEth } from '../../wire/ethernet.js'
import { formatIpv4 } from '../../wire/ip.js'
import { MAC_BROADCAST } from '../../wire/mac.js'
import { goQuote } from '../../app/go-text.js'
import { GoError, goErrorText, isErrnoError, wrapped } from '../../app/go-error.js'
import { type IpNet, ipNetStructText, ipNetText, networkOf, nextIp } from '../ip-net.js'
import type { CniResult, CniRoute } from '../result.js'
import { linkByName } from '../veth.js'
import type { BridgeConf } from './conf.js'
import { addAddress } from './link.js'

/** Index of the container's device in a result. */
const CONTAINER = 2

const isDefault = ({ dst }: CniRoute): boolean => dst !== null && dst.len === 0 && dst.ip === 0

/**
 * Completes a result of IPAM: the device of each address, its gateway, the default route. Returns the addresses of the
 * bridge (calcGateways).
 */
export const calcGateways = (result: CniResult, { isGateway, isDefaultGateway }: BridgeConf): IpNet[] => {
  const gateways: IpNet[] = []
  for (const ip of result.ips) {
    ip.interface = CONTAINER
    if (ip.gateway === null && isGateway) ip.gateway = nextIp(networkOf(ip.address).ip)
    if (isDefaultGateway && !result.routes.some(route => route.gw !== null && isDefault(route)))
      result.routes.push({ dst: { ip: 0, len: 0 }, gw: ip.gateway })
    if (isGateway) gateways.push({ ip: ip.gateway!, len: ip.address.len })
  }
  return gateways
}

const addRoute = (netns: Netns, dev: NetDevice, route: CniRoute, gateway: number | null): void => {
  const { dst } = route
  if (dst === null) return
  const gw = route.gw ?? gateway
  try {
    routeAdd(netns, {
      dst: dst.ip,
      dstLen: dst.len,
      dev,
      scope: RT_SCOPE_UNIVERSE,
      ...(gw !== null && { gateway: gw }),
    })
  } catch (e) {
    // The first of two that are the same wins.
    if (isErrnoError(e, 'EEXIST')) return
    const via = gw === null ? '<nil>' : formatIpv4(gw)
    throw new GoError(`failed to add route '${ipNetStructText(dst)} via ${via} dev ${dev.name}': ${goErrorText(e)}`)
  }
}

/** Takes a container's device up and gives it the addresses and routes of a result (ipam.ConfigureIface). Throws GoError. */
export const configureIface = (netns: Netns, ifName: string, result: CniResult): void => {
  const dev = wrapped(`failed to lookup ${goQuote(ifName)}`, () => linkByName(netns, ifName))
  wrapped(`failed to set ${goQuote(ifName)} UP`, () => linkSet(dev, { up: true }))
  let gateway: number | null = null
  for (const ip of result.ips) {
    // DIFFERS: the plugin prints the place of a number in its memory instead of the address.
    wrapped(`failed to add IP addr ${ipNetText(ip.address)} to ${goQuote(ifName)}`, () => addAddress(dev, ip.address))
    gateway ??= ip.gateway
  }
  for (const route of result.routes) addRoute(netns, dev, route, gateway)
}

/** Sends an ARP request of an address for itself to everybody. A failure is nobody's business. */
export const gratuitousArp = (dev: NetDevice, ip: number): void => {
  const frame = new Uint8Array(ETH_HLEN + ARP_HLEN)
  putEth(frame, 0, MAC_BROADCAST, dev.addr, ETH_P_ARP)
  putArp(frame, ETH_HLEN, ARPOP_REQUEST, dev.addr, ip, MAC_BROADCAST, ip)
  const socket = packetSocket(dev, { protocol: ETH_P_ARP })
  socket.sendRaw(frame)
  socket.close()
}

/** Lets a namespace forward (ip.EnableIP4Forward). */
export const enableIp4Forward = (netns: Netns): void => {
  if (netns.sysctl.get('net.ipv4.ip_forward') !== '1') netns.sysctl.set('net.ipv4.ip_forward', 1)
}
