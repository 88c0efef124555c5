/**
 * The bridge of a network, its address, and the port of a container.
 *
 * @see plugins v0.9.1 plugins/main/bridge/bridge.go
 */
import type { NetDevice } from '../../core/netdev.js'
import type { Netns } from '../../core/netns.js'
import { addrAdd, addrDel, addrList } from '../../rtnl/addr.js'
import { bridgeVlanAdd } from '../../rtnl/bridge-vlan.js'
import { linkAdd, linkInfo, linkSet } from '../../rtnl/link.js'
import { NetloomError } from '../../errors.js'
import { maskOf } from '../../wire/ip.js'
import { goQuote } from '../../app/go-text.js'
import { GoError, goErrorText, isErrnoError, wrapped } from '../../app/go-error.js'
import { type IpNet, ipNetText } from '../ip-net.js'
import type { CniInterface } from '../result.js'
import { linkByName, macText, setupVeth } from '../veth.js'
import type { BridgeConf } from './conf.js'

/** Subnets of one address or two have no broadcast address. */
const MAX_BROADCAST_LEN = 30

/** Adds an address with its broadcast address, as the netlink library of Go does by itself. */
export const addAddress = (dev: NetDevice, { ip, len }: IpNet): void =>
  addrAdd(dev, { local: ip, prefixLen: len, ...(len <= MAX_BROADCAST_LEN && { broadcast: ip | ~maskOf(len) }) })

/** The bridge of a name. Throws GoError where there is none, or something else. */
export const bridgeByName = (host: Netns, name: string): NetDevice => {
  const dev = wrapped(`could not lookup ${goQuote(name)}`, () => linkByName(host, name))
  if (dev.ops.kind !== 'bridge') throw new GoError(`${goQuote(name)} already exists but is not a bridge`)
  return dev
}

const ensureBridge = (host: Netns, { bridge, mtu, promiscMode, vlan }: BridgeConf): NetDevice => {
  try {
    linkAdd(host, {
      kind: 'bridge',
      name: bridge,
      ...(mtu > 0 && { mtu }),
      attrs: vlan === 0 ? {} : { vlanFiltering: true },
    })
  } catch (e) {
    if (!isErrnoError(e, 'EEXIST')) throw new GoError(`could not add ${goQuote(bridge)}: ${goErrorText(e)}`)
  }
  if (promiscMode)
    wrapped(`could not set promiscuous mode on ${goQuote(bridge)}`, () =>
      linkSet(linkByName(host, bridge), { promisc: true }),
    )
  const br = bridgeByName(host, bridge)
  linkSet(br, { up: true })
  return br
}

/** A bridge with the MAC that it had before it got ports. */
export interface FoundBridge {
  readonly dev: NetDevice
  readonly mac: number
}

/** Makes the bridge unless it is there, and takes it up. Throws GoError. */
export const setupBridge = (host: Netns, conf: BridgeConf): FoundBridge =>
  wrapped(`failed to create bridge ${goQuote(conf.bridge)}`, () => {
    const dev = ensureBridge(host, conf)
    return { dev, mac: dev.addr }
  })

/** A container's two devices: on the host, and in the container. */
export interface VethPair {
  readonly host: CniInterface
  readonly cont: CniInterface
}

/** Options of {@link setupPort}. */
export interface PortOptions {
  readonly ifName: string
  readonly mtu: number
  readonly hairpinMode: boolean
  /** 0 for none. */
  readonly vlan: number
}

/** Makes a container's device and plugs its other end into the bridge. Throws GoError. */
export const setupPort = (
  host: Netns,
  container: Netns,
  sandbox: string,
  br: NetDevice,
  options: PortOptions,
): VethPair => {
  const { ifName, mtu, hairpinMode, vlan } = options
  const pair = setupVeth(container, host, ifName, mtu)
  const name = pair.host.name
  wrapped(`failed to connect ${goQuote(name)} to bridge ${br.name}`, () => linkSet(pair.host, { master: br }))
  wrapped(`failed to setup hairpin mode for ${name}`, () =>
    linkSet(pair.host, { slaveAttrs: { hairpin: hairpinMode } }),
  )
  if (vlan !== 0)
    wrapped(`failed to setup vlan tag on interface ${goQuote(name)}`, () =>
      bridgeVlanAdd(host, { dev: pair.host, vid: vlan, pvid: true, untagged: true, master: true }),
    )
  return {
    host: { name, mac: macText(pair.host.addr) },
    cont: { name: pair.cont.name, mac: macText(pair.cont.addr), sandbox },
  }
}

/** The host's own device in a VLAN of the bridge, a veth whose other end is a port. Throws GoError. */
export const ensureVlanInterface = (host: Netns, sandbox: string, br: NetDevice, vlan: number): NetDevice => {
  const name = `${br.name}.${vlan}`
  if (host.devByName(name) === null)
    wrapped(`faild to create vlan gateway ${goQuote(name)}`, () =>
      setupPort(host, host, sandbox, br, { ifName: name, mtu: br.mtu, hairpinMode: false, vlan }),
    )
  return linkByName(host, name)
}

/** Gives a bridge its address, and the MAC back that it had before: it would take the lowest one of its ports. Throws GoError. */
export const ensureAddr = (dev: NetDevice, mac: number, ipn: IpNet, forceAddress: boolean): void => {
  const text = ipNetText(ipn)
  for (const { local, prefixLen } of addrList(dev.netns, dev)) {
    if (local === ipn.ip && prefixLen === ipn.len) return
    if (!forceAddress) throw new GoError(`${goQuote(dev.name)} already has an IP address different from ${text}`)
    wrapped(`could not remove IP address from ${goQuote(dev.name)}`, () => addrDel(dev, { local, prefixLen }))
  }
  wrapped(`could not add IP address to ${goQuote(dev.name)}`, () => addAddress(dev, ipn))
  wrapped("could not set bridge's mac", () => {
    // A MAC of zeros, which a bridge has that lost its last port, is no MAC to the netlink library of Go: it sends an empty one.
    if (mac === 0) throw new NetloomError('EINVAL', undefined, { dev: dev.name })
    linkSet(dev, { address: mac })
  })
}

/** Name of a device's operational state (netlink.LinkOperState). */
export const operState = (dev: NetDevice): string => OPER_STATES[linkInfo(dev).operstate] ?? 'unknown'

const OPER_STATES: Readonly<Record<number, string>> = {
  0: 'unknown',
  1: 'not-present',
  2: 'down',
  3: 'lower-layer-down',
  4: 'testing',
  5: 'dormant',
  6: 'up',
}
