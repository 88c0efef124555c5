/**
 * The network of a cloud as an emulated network: a router's namespace in which each subnet is a bridge and each interface of a
 * machine a port. The control plane programs it through rtnl/, as an administrator would a Linux router; what the cloud enforces
 * beyond routing stands in vpc-filter.ts.
 *
 * The bridges flood nothing and learn nothing: a static entry leads to each interface, and ARP is answered from what the control
 * plane knows. As on AWS, the bridge answers with the MAC of the interface that is asked for, and frames between machines of one
 * subnet go directly (`arp: 'proxy'`); as on Google Cloud, the router answers for everybody and forwards everything
 * (`arp: 'router'`). Each subnet has a route table, a kernel's table that a rule chooses by the bridge; what lies in the
 * cloud's own ranges falls through to the table of the interfaces. What is nowhere ends there without a word, as it does in a cloud.
 *
 * DIFFERS: a cloud's network is spread over its hosts and has no one router; tables change there within seconds, here at once.
 */
import { NUD_NOARP, NUD_PERMANENT, NTF_MASTER, RTN_BLACKHOLE, RTPROT_KERNEL } from '../ip/rtnetlink.js'
import type { Netns } from '../core/netns.js'
import type { World } from '../core/world.js'
import { NetloomError } from '../errors.js'
import { vethPeer } from '../dev/veth.js'
import { addrAdd } from '../rtnl/addr.js'
import { fdbAdd } from '../rtnl/fdb.js'
import { linkAdd, linkDel, linkSet } from '../rtnl/link.js'
import { neighAdd, neighDel } from '../rtnl/neigh.js'
import { routeAdd, routeDel } from '../rtnl/route.js'
import { ruleAdd, ruleDel } from '../rtnl/rule.js'
import { formatIpv4, type Prefix } from '../wire/ip.js'
import { Nic } from './nic.js'
import { VpcFilter } from './vpc-filter.js'
import { VpcSubnet } from './vpc-subnet.js'
import { VpcTable } from './vpc-table.js'

/** Who answers ARP: the bridge with the MAC of the interface, or the router with its own. */
export type VpcArp = 'proxy' | 'router'

/** What a network is made of. */
export interface VpcOptions {
  /** Name of the router's namespace. */
  readonly name: string
  readonly arp: VpcArp
  /** MTU of every interface. */
  readonly mtu: number
  /** Addresses of the router at which the cloud's services listen; int32. */
  readonly services: readonly number[]
}

/** An interface to add; `dev` is its name in the machine. */
export interface NicSpec {
  readonly netns: Netns
  readonly dev: string
  readonly mac: number
  readonly addresses: readonly number[]
  readonly forwards: boolean
}

const LOCAL_TABLE = 1000
const LOCAL_RULE = 30_000
const FIRST_TABLE = 1001
const FIRST_RULE = 100
const IFNAMSIZ = 15

/** The network of a cloud. */
export class Vpc {
  readonly netns: Netns
  readonly mtu: number
  readonly subnets: VpcSubnet[] = []
  readonly nics: Nic[] = []
  readonly #arp: VpcArp
  readonly #filter: VpcFilter
  readonly #tables: VpcTable[] = []
  readonly #locals: Prefix[] = []

  /** Throws EEXIST for the name of a namespace. */
  constructor(world: World, options: VpcOptions) {
    const netns = world.addNetns(options.name)
    this.netns = netns
    this.mtu = options.mtu
    this.#arp = options.arp
    for (const key of ['all', 'default'])
      for (const [name, value] of [
        ['rp_filter', 0],
        ['send_redirects', 0],
        ['accept_redirects', 0],
      ] as const)
        netns.sysctl.set(`net.ipv4.conf.${key}.${name}`, value)
    netns.sysctl.set('net.ipv4.ip_forward', 1)
    linkSet(netns.lo, { up: true })
    for (const local of options.services) addrAdd(netns.lo, { local, prefixLen: 32 })
    ruleAdd(netns, { priority: LOCAL_RULE, table: LOCAL_TABLE })
    routeAdd(netns, { dst: 0, dstLen: 0, type: RTN_BLACKHOLE, table: LOCAL_TABLE, protocol: RTPROT_KERNEL })
    this.#filter = new VpcFilter(netns)
  }

  /** The interface with a private address, null when there is none. */
  nicOf(addr: number): Nic | null {
    return this.nics.find(nic => nic.owns(addr)) ?? null
  }

  /** Adds a route table, to which what lies in the cloud's own ranges is no concern. */
  addTable(): VpcTable {
    const table = new VpcTable(this.netns, FIRST_TABLE + this.#tables.length)
    for (const range of this.#locals) table.addLocal(range)
    this.#tables.push(table)
    return table
  }

  /** Makes a range the cloud's own. */
  addLocal(range: Prefix): void {
    this.#locals.push(range)
    for (const table of this.#tables) table.addLocal(range)
  }

  /** Adds a subnet with the router in it; `name` is the bridge's. */
  addSubnet(name: string, prefix: Prefix, gateway: number, mac: number, table: VpcTable): VpcSubnet {
    const { netns } = this
    const bridge = linkAdd(netns, { kind: 'bridge', name, address: mac, attrs: { mcastSnooping: 0, ageingTime: 0 } })
    linkSet(bridge, { up: true })
    netns.sysctl.set(`net.ipv4.conf.${name}.proxy_arp_pvlan`, this.#arp === 'router' ? 1 : 0)
    netns.sysctl.set(`net.ipv4.neigh.${name}.proxy_delay`, 0)
    // Frames within a subnet are not routed: the router's hooks of IPv4 are not for them.
    netns.sysctl.set('net.bridge.bridge-nf-call-iptables', 0)
    addrAdd(bridge, { local: gateway, prefixLen: 32 })
    const subnet = new VpcSubnet(prefix, gateway, bridge, table)
    this.subnets.push(subnet)
    ruleAdd(netns, { priority: FIRST_RULE + this.subnets.length, iif: name, table: table.table })
    return subnet
  }

  /** Chooses another route table for a subnet. */
  setTable(subnet: VpcSubnet, table: VpcTable): void {
    const { netns } = this
    const priority = FIRST_RULE + this.subnets.indexOf(subnet) + 1
    ruleDel(netns, { priority, iif: subnet.bridge.name, table: subnet.table.table })
    subnet.table = table
    ruleAdd(netns, { priority, iif: subnet.bridge.name, table: table.table })
  }

  /** Connects a machine. Throws EADDRINUSE for an address that an interface has, EEXIST for the name of its device. */
  addNic(subnet: VpcSubnet, spec: NicSpec): Nic {
    const { netns } = this
    for (const addr of spec.addresses)
      if (this.nicOf(addr) !== null || addr === subnet.gateway)
        throw new NetloomError('EADDRINUSE', `${netns.name}: ${formatIpv4(addr)} is in use`, { netns: netns.name })
    const { mtu } = this
    const dev = linkAdd(spec.netns, {
      kind: 'veth',
      name: spec.dev,
      address: spec.mac,
      mtu,
      attrs: { peer: { name: this.#portName(spec), netns, mtu } },
    })
    const port = vethPeer(dev)!
    linkSet(port, { master: subnet.bridge, up: true })
    const direct = this.#arp === 'proxy'
    const slaveAttrs = { learning: false, flood: false, mcastFlood: false, bcastFlood: false }
    linkSet(port, { slaveAttrs: { ...slaveAttrs, proxyArp: direct, isolated: !direct } })
    fdbAdd(netns, { dev: port, lladdr: spec.mac, state: NUD_NOARP, flags: NTF_MASTER })
    const nic = new Nic(subnet, port, dev, spec.mac, Int32Array.from(spec.addresses), spec.forwards)
    this.nics.push(nic)
    this.#filter.add(nic)
    this.#reach(nic)
    return nic
  }

  /** The port's name: the machine's where that is free, otherwise the first free `nicN`. */
  #portName({ netns: { name } }: NicSpec): string {
    if (name.length <= IFNAMSIZ && this.netns.devByName(name) === null) return name
    for (let n = 1; ; n++) if (this.netns.devByName(`nic${n}`) === null) return `nic${n}`
  }

  #reach({ subnet, addresses, mac }: Nic): void {
    for (const dst of addresses) {
      neighAdd(this.netns, { dev: subnet.bridge, dst, lladdr: mac, state: NUD_PERMANENT }, 'replace')
      routeAdd(this.netns, {
        dst,
        dstLen: 32,
        dev: subnet.bridge,
        table: LOCAL_TABLE,
        protocol: RTPROT_KERNEL,
        prefsrc: 0,
      })
    }
  }

  #unreach({ subnet, addresses }: Nic): void {
    for (const dst of addresses) {
      neighDel(this.netns, { dev: subnet.bridge, dst })
      routeDel(this.netns, { dst, dstLen: 32, table: LOCAL_TABLE })
    }
  }

  /** Does what comes after {@link addNic}; when that is refused the interface is taken out again. */
  undoing(nic: Nic, setUp: () => void): void {
    try {
      setUp()
    } catch (e) {
      this.removeNic(nic)
      throw e
    }
  }

  /** Starts or stops the machine behind an interface: without it the interface has no carrier and is nowhere. */
  setRunning(nic: Nic, isRunning: boolean): void {
    if (nic.isRunning === isRunning) return
    nic.isRunning = isRunning
    linkSet(nic.port, { up: isRunning })
    if (isRunning) this.#reach(nic)
    else this.#unreach(nic)
  }

  /** Takes an interface out; the machine's device goes with it. */
  removeNic(nic: Nic): void {
    const at = this.nics.indexOf(nic)
    if (at < 0) return
    this.nics.splice(at, 1)
    this.#filter.remove(nic)
    if (nic.isRunning) this.#unreach(nic)
    nic.isRunning = false
    if (nic.port.registered) linkDel(nic.port)
  }
}
