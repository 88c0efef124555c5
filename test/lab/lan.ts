/**
 * Hosts on a bridge, built by typed calls: what the tests of lab/ and testing/ stand on.
 */
import { createWorld, type Netns, type World } from '../../lib/index.js'

const two = (n: number): string => String(n).padStart(2, '0')

/** A namespace with lo up. */
export const addHost = (world: World, name: string): Netns => {
  const netns = world.addNetns(name)
  netns.link.set('lo', { up: true })
  return netns
}

/** A World with a switch `sw` (bridge br0) and the hosts h1, h2, ... with eth0 10.0.0.N/24, before anything has run. */
export class Lan {
  readonly world: World
  readonly sw: Netns
  readonly hosts: Netns[] = []

  constructor(count = 2, seed = 1) {
    this.world = createWorld({ seed })
    this.sw = addHost(this.world, 'sw')
    this.sw.link.add({ kind: 'bridge', name: 'br0', address: '02:00:00:00:f0:00', mcastSnooping: false })
    for (let n = 1; n <= count; n++) this.#connect(n)
    this.sw.link.set('br0', { up: true })
  }

  #connect(n: number): void {
    const host = addHost(this.world, `h${n}`)
    const peer = { name: `p${n}`, address: `02:00:00:00:f0:${two(n)}`, netns: this.sw }
    host.link.add({ kind: 'veth', name: 'eth0', address: `02:00:00:00:${two(n)}:01`, peer })
    host.ethtool.set('eth0', { tx: false })
    this.sw.ethtool.set(`p${n}`, { tx: false })
    host.addr.add(`10.0.0.${n}/24`, { dev: 'eth0' })
    this.sw.link.set(`p${n}`, { master: 'br0' })
    host.link.set('eth0', { up: true })
    this.sw.link.set(`p${n}`, { up: true })
    this.hosts.push(host)
  }

  /** Host `n`, from 1. */
  host(n: number): Netns {
    return this.hosts[n - 1]!
  }
}
