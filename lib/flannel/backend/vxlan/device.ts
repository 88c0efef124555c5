/**
 * flannel.VNI: the tunnel end of a host, kept over restarts of the daemon where it fits.
 *
 * @see flannel backend/vxlan/device.go, pkg/ip/iface.go EnsureV4AddressOnLink, pkg/mac/mac.go
 */
import type { NetDevice } from '../../../core/netdev.js'
import { NetloomError } from '../../../errors.js'
import { NTF_SELF, NUD_PERMANENT } from '../../../ip/rtnetlink.js'
import { addrAdd, addrDel, addrList } from '../../../rtnl/addr.js'
import { fdbDel, fdbReplace } from '../../../rtnl/fdb.js'
import { linkAdd, linkDel, linkInfo, linkSet } from '../../../rtnl/link.js'
import { neighAdd, neighDel } from '../../../rtnl/neigh.js'
import { formatIpv4, type Prefix } from '../../../wire/ip.js'
import { formatMac } from '../../../wire/mac.js'
import type { Klog } from '../../../app/klog.js'
import { errnoText } from '../../../app/go-error.js'
import { netContains, netText } from '../../ip4-net.js'
import { SubnetError } from '../../subnet/subnet.js'

/** What the device is to be. */
export interface VxlanDeviceAttrs {
  readonly name: string
  /** Unsigned, of 32 bits. */
  readonly vni: number
  /** Device under the tunnel, and its address. */
  readonly vtepDev: NetDevice
  readonly vtepAddr: number
  /** UDP port; 0 for the kernel's. */
  readonly port: number
  readonly gbp: boolean
  readonly learning: boolean
  /** MAC for a device that is made. */
  readonly mac: number
}

const HOST_LEN = 32

/** Attributes of a vxlan device that decide whether it fits. */
interface Existing {
  readonly id: number
  readonly local: number
  readonly remote: number
  readonly dev: string | null
  readonly dstport: number
  readonly l2miss: boolean
  readonly gbp: boolean
}

/** In which way a device that is there is another one; null when it fits. */
const incompatibility = (dev: NetDevice, want: VxlanDeviceAttrs): string | null => {
  const { kind, attrs } = linkInfo(dev)
  if (kind !== 'vxlan') return `link type: vxlan vs ${kind === '' ? 'device' : kind}`
  const v = attrs as Existing
  if (v.id !== want.vni) return `vni: ${want.vni} vs ${v.id}`
  const under = v.dev === null ? null : dev.netns.devByName(v.dev)
  if (under !== null && under !== want.vtepDev)
    return `vtep (external) interface: ${want.vtepDev.ifindex} vs ${under.ifindex}`
  if (v.local !== 0 && v.local !== want.vtepAddr)
    return `vtep (external) IP: ${formatIpv4(want.vtepAddr)} vs ${formatIpv4(v.local)}`
  if (v.l2miss) return 'l2miss: false vs true'
  if (want.port > 0 && v.dstport !== want.port) return `port: ${want.port} vs ${v.dstport}`
  return v.gbp === want.gbp ? null : `gbp: ${want.gbp} vs ${v.gbp}`
}

/** A MAC of a lease, none of which is no text at all. */
export const macText = (mac: number | null): string => (mac === null ? '' : formatMac(mac))

/** A MAC for the kernel, which refuses an empty one. */
const lladdr = (mac: number | null): number => {
  if (mac === null) throw new NetloomError('EINVAL')
  return mac
}

/** A tunnel end with the entries for the others. */
export class VxlanDevice {
  readonly dev: NetDevice
  readonly #log: Klog

  constructor(dev: NetDevice, log: Klog) {
    this.dev = dev
    this.#log = log
  }

  /** Its MAC, which goes into the lease. */
  get mac(): number {
    return this.dev.addr
  }

  /** Gives it the address and no other one of the network, and sets it up. Throws a SubnetError. */
  configure(address: number, network: Prefix): void {
    const { dev } = this
    const { name, netns } = dev
    const problem = (what: string): SubnetError => new SubnetError(`failed to configure interface ${name}: ${what}`)
    try {
      this.#ensureAddress(address, network)
    } catch (e) {
      throw problem(
        `failed to ensure address of interface ${name}: ${e instanceof SubnetError ? e.message : errnoText(e)}`,
      )
    }
    try {
      linkSet(netns.dev(name), { up: true })
    } catch (e) {
      throw problem(`failed to set interface ${name} to UP state: ${errnoText(e)}`)
    }
  }

  #ensureAddress(address: number, network: Prefix): void {
    const { dev } = this
    let hasAddress = false
    for (const a of addrList(dev.netns, dev)) {
      if (a.local === address && a.prefixLen === HOST_LEN) {
        hasAddress = true
        continue
      }
      if (!netContains(network, a.local)) continue
      addrDel(dev, { local: a.local, prefixLen: a.prefixLen })
      const text = `${netText({ addr: a.local, len: a.prefixLen })} ${a.label}`
      this.#log.info('iface.go:281', `removed IP address ${text} from ${dev.name}`)
    }
    if (!hasAddress) addrAdd(dev, { local: address, prefixLen: HOST_LEN })
  }

  /** The device, if it is still there. Throws ENODEV. */
  get #present(): NetDevice {
    const { dev } = this
    if (dev.netns.devByIndex(dev.ifindex) !== dev) throw new NetloomError('ENODEV', undefined, { dev: dev.name })
    return dev
  }

  /** Permanent neighbour entry of a far end's address. Throws a NetloomError, as all of these. */
  addArp(ip: number, mac: number | null): void {
    this.#say('device.go:203', 'AddARP', ip, mac)
    const dev = this.#present
    neighAdd(dev.netns, { dev, dst: ip, lladdr: lladdr(mac), state: NUD_PERMANENT }, 'replace')
  }

  /** Takes the neighbour entry back. */
  delArp(ip: number, mac: number | null): void {
    this.#say('device.go:225', 'DelARP', ip, mac)
    const dev = this.#present
    neighDel(dev.netns, { dev, dst: ip })
  }

  /** Forwarding entry: frames for that MAC go to that host. */
  addFdb(ip: number, mac: number | null): void {
    this.#say('device.go:157', 'AddFDB', ip, mac)
    const dev = this.#present
    fdbReplace(dev.netns, { dev, lladdr: lladdr(mac), state: NUD_PERMANENT, flags: NTF_SELF, dst: ip })
  }

  /** Takes the forwarding entry back. */
  delFdb(ip: number, mac: number | null): void {
    this.#say('device.go:181', 'DelFDB', ip, mac)
    const dev = this.#present
    fdbDel(dev.netns, { dev, lladdr: lladdr(mac), state: 0, flags: NTF_SELF, dst: ip })
  }

  #say(at: string, what: string, ip: number, mac: number | null): void {
    if (this.#log.verbosity >= 4) this.#log.v(4, at, `calling ${what}: ${formatIpv4(ip)}, ${macText(mac)}`)
  }
}

const make = (want: VxlanDeviceAttrs): NetDevice => {
  const { name, vni, vtepDev, vtepAddr, port, gbp, learning, mac } = want
  return linkAdd(vtepDev.netns, {
    kind: 'vxlan',
    name,
    address: mac,
    // What flannel's netlink library sends when nothing is said.
    txQueueLen: 0,
    attrs: {
      id: vni,
      dev: vtepDev,
      local: vtepAddr,
      learning,
      ...(port > 0 && { dstport: port & 0xffff }),
      ...(gbp && { gbp }),
    },
  })
}

/** The device, a new one or one that is there and fits. Throws a SubnetError with the kernel's or flannel's text. */
export const ensureVxlanDevice = (want: VxlanDeviceAttrs, log: Klog): VxlanDevice => {
  const { name, vtepDev } = want
  const { netns } = vtepDev
  try {
    return new VxlanDevice(make(want), log)
  } catch (e) {
    if (!(e instanceof NetloomError) || e.code !== 'EEXIST') throw new SubnetError(errnoText(e))
  }
  log.v(1, 'device.go:82', 'VXLAN device already exists')
  const existing = netns.devByName(name)
  if (existing === null) throw new SubnetError(`Link ${name} not found`)
  const problem = incompatibility(existing, want)
  if (problem === null) {
    log.v(1, 'device.go:90', 'Returning existing device')
    return new VxlanDevice(existing, log)
  }
  log.warning('device.go:95', `"${name}" already exists with incompatible configuration: ${problem}; recreating device`)
  try {
    linkDel(existing)
  } catch (e) {
    throw new SubnetError(`failed to delete interface: ${errnoText(e)}`)
  }
  try {
    return new VxlanDevice(make(want), log)
  } catch (e) {
    throw new SubnetError(`failed to create vxlan interface: ${errnoText(e)}`)
  }
}
