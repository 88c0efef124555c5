/** What the tests of devices that are stacked on others share: `host` eth0 - eth0 `ext`, and devices on the host's eth0. */
import type { NetDevice } from '../../lib/core/netdev.js'
import type { Netns } from '../../lib/core/netns.js'
import type { World } from '../../lib/core/world.js'
import { linkAdd, linkSet } from '../../lib/rtnl/link.js'
import { Capture, frame, mac, newWorld, send } from './lab.js'

/** 02:00:00:00:a0:01, of the host's eth0. */
export const LOWER_MAC: number = mac('02:00:00:00:a0:01')
/** 02:00:00:00:e0:01, of the far end. */
export const EXT_MAC: number = mac('02:00:00:00:e0:01')

/** A cable between the host and the outside, up and settled. */
export class StackedLab {
  readonly world: World
  readonly host: Netns
  readonly ext: NetDevice
  readonly lower: NetDevice

  constructor() {
    this.world = newWorld()
    this.host = this.world.addNetns('host')
    const peer = { name: 'eth0', netns: this.world.addNetns('ext'), address: EXT_MAC }
    this.lower = linkAdd(this.host, { kind: 'veth', name: 'eth0', address: LOWER_MAC, attrs: { peer } })
    this.ext = this.world.netns('ext').dev('eth0')
    linkSet(this.ext, { up: true })
    linkSet(this.lower, { up: true })
    this.settle()
  }

  /** A device on the host's eth0 in a namespace of its own, up. */
  add(kind: string, name: string, attrs: object, more: object = {}): NetDevice {
    const netns = this.world.addNetns(`ns-${name}`)
    const dev = linkAdd(netns, { kind, name, link: this.lower, attrs, ...more })
    linkSet(dev, { up: true })
    return dev
  }

  settle(): void {
    this.world.run({ for: 1.2e9 })
  }

  /** Sends a frame and returns what each device saw of it, `<` received and `>` sent, once the machine is quiet. */
  say(from: NetDevice, dst: number, text: string, devs: readonly NetDevice[], src: number = from.addr): string[] {
    const captures = devs.map(dev => new Capture(dev))
    send(from, frame(dst, src, text))
    this.world.run({ for: 0 })
    return captures.map(c => c.texts().join(' '))
  }
}
