/**
 * The far ends of a vxlan network: for each other host a neighbour entry, a forwarding entry and a route, in this order.
 *
 * @see flannel backend/vxlan/vxlan_network.go
 */
import { type Context, spawn, type Thread, wait } from '../../../app/thread.js'
import { RT_SCOPE_NOWHERE, RT_SCOPE_UNIVERSE } from '../../../ip/rtnetlink.js'
import { routeAdd, routeDel, routeGet } from '../../../rtnl/route.js'
import { formatIpv4 } from '../../../wire/ip.js'
import { errnoText } from '../../../app/go-error.js'
import { netText } from '../../ip4-net.js'
import type { Lease, LeaseEvent } from '../../subnet/subnet.js'
import { watchLeases } from '../../subnet/watch.js'
import type { BackendEnv, Network } from '../backend.js'
import { macText, type VxlanDevice } from './device.js'
import { VXLAN_TYPE, vtepMacOf } from './lease.js'

const ENCAP_OVERHEAD = 50

/** A network of VXLAN: for each of the others' leases a route, a neighbour and a forwarding entry, or a plain route. */
export class VxlanNetwork implements Network {
  readonly lease: Lease
  readonly mtu: number
  readonly #env: BackendEnv
  readonly #device: VxlanDevice
  readonly #directRouting: boolean

  constructor(env: BackendEnv, device: VxlanDevice, lease: Lease, directRouting: boolean) {
    this.#env = env
    this.#device = device
    this.lease = lease
    this.mtu = env.ext.iface.mtu - ENCAP_OVERHEAD
    this.#directRouting = directRouting
  }

  *run(ctx: Context): Thread {
    const { process, log } = this.#env
    log.v(0, 'vxlan_network.go:61', 'watching for new subnet leases')
    const watching = (): Thread =>
      watchLeases(ctx, this.#env, this.lease, batch => {
        for (const event of batch) this.#handle(event)
      })
    yield* wait(spawn(process, watching, 'lease watch of flanneld').ended)
    log.v(1, 'vxlan_network.go:66', 'WatchLeases exited')
    log.info('vxlan_network.go:75', 'evts chan closed')
  }

  #handle({ type, lease: { subnet, attrs } }: LeaseEvent): void {
    const { log } = this.#env
    if (attrs.backendType !== VXLAN_TYPE) {
      const text = `ignoring non-vxlan v4Subnet(${netText(subnet)}) v6Subnet(::/0): type=${attrs.backendType}`
      return log.warning('vxlan_network.go:97', text)
    }
    let mac: number | null
    try {
      mac = vtepMacOf(attrs.backendData)
    } catch (e) {
      return log.error('vxlan_network.go:110', `error decoding subnet lease JSON: ${(e as Error).message}`)
    }
    const peer = { subnet, publicIp: attrs.publicIp, mac }
    const isDirect = this.#isDirect(attrs.publicIp)
    if (type === 'added') {
      if (isDirect) this.#addDirect(peer)
      else this.#add(peer)
    } else if (isDirect) this.#removeDirect(peer)
    else this.#remove(peer)
  }

  /** Is the host on the same segment, so that its subnet can be reached without a tunnel? */
  #isDirect(publicIp: number): boolean {
    if (!this.#directRouting) return false
    try {
      return routeGet(this.#netns, { dst: publicIp }).gateway === 0
    } catch (e) {
      const text = `couldn't lookup route to ${formatIpv4(publicIp)}: ${errnoText(e)}`
      this.#env.log.error('vxlan_network.go:130', text)
      return false
    }
  }

  get #netns() {
    return this.#device.dev.netns
  }

  #addDirect({ subnet, publicIp }: Peer): void {
    const { log } = this.#env
    const to = formatIpv4(publicIp)
    log.v(2, 'vxlan_network.go:171', `Adding direct route to subnet: ${netText(subnet)} PublicIP: ${to}`)
    try {
      const spec = { dst: subnet.addr, dstLen: subnet.len, gateway: publicIp, scope: RT_SCOPE_UNIVERSE }
      routeAdd(this.#netns, spec, 'replace')
    } catch (e) {
      log.error('vxlan_network.go:174', `Error adding route to ${netText(subnet)} via ${to}: ${errnoText(e)}`)
    }
  }

  #removeDirect({ subnet, publicIp }: Peer): void {
    const { log } = this.#env
    const to = formatIpv4(publicIp)
    log.v(2, 'vxlan_network.go:260', `Removing direct route to subnet: ${netText(subnet)} PublicIP: ${to}`)
    try {
      routeDel(this.#netns, { dst: subnet.addr, dstLen: subnet.len, gateway: publicIp, scope: RT_SCOPE_NOWHERE })
    } catch (e) {
      log.error('vxlan_network.go:262', `Error deleting route to ${netText(subnet)} via ${to}: ${errnoText(e)}`)
    }
  }

  /** Undoes what it has done when a step is refused. The route comes last, as the kernel would ask for its gateway by ARP. */
  #add(peer: Peer): void {
    const { log } = this.#env
    const { subnet, publicIp, mac } = peer
    if (log.verbosity >= 2) log.v(2, 'vxlan_network.go:178', `adding subnet: ${peerText(peer)}`)
    if (!this.#try('vxlan_network.go:180', 'AddARP', () => this.#device.addArp(subnet.addr, mac))) return
    if (!this.#try('vxlan_network.go:185', 'AddFDB', () => this.#device.addFdb(publicIp, mac))) {
      this.#try('vxlan_network.go:189', 'DelARP', () => this.#device.delArp(subnet.addr, mac))
      return
    }
    try {
      const { dev } = this.#device
      const spec = { dst: subnet.addr, dstLen: subnet.len, gateway: subnet.addr, dev, onlink: true }
      routeAdd(this.#netns, { ...spec, scope: RT_SCOPE_UNIVERSE }, 'replace')
    } catch (e) {
      const route = `${netText(subnet)} -> ${formatIpv4(subnet.addr)}`
      log.error('vxlan_network.go:198', `failed to add vxlanRoute (${route}): ${errnoText(e)}`)
      this.#try('vxlan_network.go:202', 'DelARP', () => this.#device.delArp(subnet.addr, mac))
      this.#try('vxlan_network.go:206', 'DelFDB', () => this.#device.delFdb(publicIp, mac))
    }
  }

  /** Removes all entries, whatever is refused. */
  #remove(peer: Peer): void {
    const { log } = this.#env
    const { subnet, publicIp, mac } = peer
    log.v(2, 'vxlan_network.go:265', `removing subnet: ${peerText(peer)}`)
    this.#try('vxlan_network.go:269', 'DelARP', () => this.#device.delArp(subnet.addr, mac))
    this.#try('vxlan_network.go:273', 'DelFDB', () => this.#device.delFdb(publicIp, mac))
    try {
      const { dev } = this.#device
      routeDel(this.#netns, {
        dst: subnet.addr,
        dstLen: subnet.len,
        gateway: subnet.addr,
        dev,
        scope: RT_SCOPE_NOWHERE,
      })
    } catch (e) {
      const route = `${netText(subnet)} -> ${formatIpv4(subnet.addr)}`
      log.error('vxlan_network.go:277', `failed to delete vxlanRoute (${route}): ${errnoText(e)}`)
    }
  }

  #try(at: string, what: string, fn: () => void): boolean {
    try {
      fn()
      return true
    } catch (e) {
      this.#env.log.error(at, `${what} failed: ${errnoText(e)}`)
      return false
    }
  }
}

interface Peer {
  readonly subnet: Lease['subnet']
  readonly publicIp: number
  readonly mac: number | null
}

const peerText = ({ subnet, publicIp, mac }: Peer): string =>
  `${netText(subnet)} PublicIP: ${formatIpv4(publicIp)} VtepMAC: ${macText(mac)}`
