/**
 * Two hosts on a veth, and a third reached through the second one: what the tests of programs stand on.
 *
 * h1 10.0.0.1 eth0 -- eth0 10.0.0.2 h2 10.0.9.2 eth1 -- eth0 10.0.9.3 h3
 */
import { devOpen } from '../../lib/core/dev.js'
import type { NetDevice } from '../../lib/core/netdev.js'
import type { Netns } from '../../lib/core/netns.js'
import type { World } from '../../lib/core/world.js'
import { VETH_KIND } from '../../lib/dev/veth.js'
import { boot } from '../../lib/lab/boot.js'
import { addrAdd } from '../../lib/rtnl/addr.js'
import { routeAdd } from '../../lib/rtnl/route.js'
import { parseIpv4, parsePrefix } from '../../lib/wire/ip.js'

/** Adds a namespace with lo up. */
export const host = (world: World, name: string): Netns => {
  const netns = world.addNetns(name)
  devOpen(netns.lo)
  return netns
}

/** A veth between two namespaces with a MAC and, unless empty, an address at each end; both ends up. */
export const wire = (
  a: Netns,
  aName: string,
  aMac: number,
  aAddr: string,
  b: Netns,
  bName: string,
  bMac: number,
  bAddr: string,
): NetDevice => {
  const dev = VETH_KIND.newlink(
    { netns: a, name: aName, address: aMac },
    { peer: { name: bName, netns: b, address: bMac } },
  )
  const peer = b.dev(bName)
  for (const [end, text] of [
    [dev, aAddr],
    [peer, bAddr],
  ] as const) {
    devOpen(end)
    if (text === '') continue
    const { addr, len } = parsePrefix(text)
    addrAdd(end, { local: addr, prefixLen: len })
  }
  return dev
}

/** The lab of this file, after the second in which carriers come up. */
export class Lab {
  readonly world: World
  readonly h1: Netns
  readonly h2: Netns
  readonly h3: Netns

  constructor(seed = 1) {
    const world = boot({ seed }, [])
    this.world = world
    this.h1 = host(world, 'h1')
    this.h2 = host(world, 'h2')
    this.h3 = host(world, 'h3')
    wire(this.h1, 'eth0', 0x020000000101, '10.0.0.1/24', this.h2, 'eth0', 0x020000000201, '10.0.0.2/24')
    wire(this.h2, 'eth1', 0x020000000202, '10.0.9.2/24', this.h3, 'eth0', 0x020000000301, '10.0.9.3/24')
    this.h2.sysctl.set('net.ipv4.ip_forward', 1)
    for (const [netns, via] of [
      [this.h1, '10.0.0.2'],
      [this.h3, '10.0.9.2'],
    ] as const)
      routeAdd(netns, { dst: 0, dstLen: 0, gateway: parseIpv4(via) })
    world.run({ for: 1_000_000_000 })
  }
}
