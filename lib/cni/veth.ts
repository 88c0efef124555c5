/**
 * The veth of a container: made in the container's namespace, its other end moved to the host; and its removal.
 *
 * @see plugins v0.9.1 pkg/ip/link_linux.go
 */
import type { NetDevice } from '../core/netdev.js'
import { type Netns, type NetnsSlot, netnsSlot } from '../core/netns.js'
import { addrList } from '../rtnl/addr.js'
import { linkAdd, linkDel, linkInfo, linkSet } from '../rtnl/link.js'
import { type Rng, RngSource } from '../sim/rng.js'
import { isLinkLocal4, isLoopback4, isMulticast4 } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'
import { goQuote } from '../app/go-text.js'
import { GoError, goErrorText, isErrnoError, wrapped } from '../app/go-error.js'
import type { IpNet } from './ip-net.js'

/** A stream of its own, so that a container more changes nothing else that is drawn. */
const NAMES: NetnsSlot<Rng> = netnsSlot('cni names', ({ name, world }) => {
  let seed = world.seed
  for (let i = 0; i < name.length; i++) seed = (Math.imul(seed, 31) + name.charCodeAt(i)) | 0
  return new RngSource(seed).stream()
})

/**
 * The device of a name, asked for by itself, which settles a pending change of its carrier. Throws GoError `Link not found`.
 */
export const linkByName = (netns: Netns, name: string): NetDevice => {
  const dev = netns.devByName(name)
  if (dev === null) throw new GoError('Link not found')
  return linkInfo(dev).dev
}

/** A MAC as the netlink library of Go has it: nothing for that of zeros. */
export const macText = (mac: number): string => (mac === 0 ? '' : formatMac(mac))

const randomVethName = (host: Netns): string => `veth${host.slot(NAMES).u32().toString(16).padStart(8, '0')}`

const ATTEMPTS = 10

const makeVeth = (container: Netns, host: Netns, name: string, mtu: number): { dev: NetDevice; peer: string } => {
  for (let i = 0; i < ATTEMPTS; i++) {
    const peer = randomVethName(host)
    const link = { ...(mtu > 0 && { mtu }), txQueueLen: 0 }
    try {
      const dev = linkAdd(container, {
        kind: 'veth',
        name,
        ...link,
        up: true,
        attrs: { peer: { name: peer, ...link } },
      })
      return { dev, peer }
    } catch (e) {
      if (!isErrnoError(e, 'EEXIST')) throw new GoError(`failed to make veth pair: ${goErrorText(e)}`)
      if (container.devByName(peer) === null) throw new GoError(`container veth name provided (${name}) already exists`)
    }
  }
  throw new GoError('failed to find a unique veth name')
}

/** Makes a container's device called `name`, up, and moves its other end to the host, where it gets a random name. Throws GoError. */
export const setupVeth = (
  container: Netns,
  host: Netns,
  name: string,
  mtu: number,
): { cont: NetDevice; host: NetDevice } => {
  const { dev, peer } = makeVeth(container, host, name, mtu)
  wrapped(`failed to set ${goQuote(name)} up`, () => linkSet(dev, { up: true }))
  const end = wrapped(`failed to lookup ${goQuote(peer)}`, () => linkByName(container, peer))
  wrapped('failed to move veth to host netns', () => linkSet(end, { netns: host }))
  wrapped(`failed to set ${goQuote(peer)} up`, () => linkSet(end, { up: true }))
  return { cont: dev, host: end }
}

/** May leave the link: neither loopback nor of the link nor multicast. */
const isGlobalUnicast = (ip: number): boolean =>
  ip !== 0 && ip !== -1 && !isLoopback4(ip) && !isLinkLocal4(ip) && !isMulticast4(ip)

/** Deletes a device and returns the global addresses that it had; null when there is none of that name. Throws GoError. */
export const delLinkByNameAddr = (netns: Netns, name: string): IpNet[] | null => {
  if (netns.devByName(name) === null) return null
  const dev = linkByName(netns, name)
  const addrs = addrList(netns, dev)
  wrapped(`failed to delete ${goQuote(name)}`, () => linkDel(dev))
  return addrs
    .filter(({ local }) => isGlobalUnicast(local))
    .map(({ local, prefixLen }) => ({ ip: local, len: prefixLen }))
}
