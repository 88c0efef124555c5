/**
 * Tables of kinds: what a World knows how to make. A new kind is one file and one line in the table of its layer.
 *
 * @see include/net/rtnetlink.h struct rtnl_link_ops
 */
import type { FdbOps } from './fdb.js'
import type { NetDevice } from './netdev.js'
import type { Netns } from './netns.js'
import type { World } from './world.js'

/** Attributes that every new device takes, whatever its kind. */
export interface NewLinkBase {
  readonly netns: Netns
  readonly name: string
  /** 48-bit number; drawn at random when absent. */
  readonly address?: number
  readonly mtu?: number
  readonly txQueueLen?: number
  /** ifindex that was asked for. */
  readonly ifindex?: number
  readonly numTxQueues?: number
  readonly numRxQueues?: number
  /** Device that it is to be stacked on (IFLA_LINK); kinds that are stacked on none ignore it. */
  readonly link?: NetDevice
  /** Namespace that the request came from, where the device is made in another one; kinds look their devices up there. */
  readonly srcNetns?: Netns
}

/** A kind of link (struct rtnl_link_ops). `A` are the attributes that belong to the kind. */
export interface LinkKind<A extends object = object> {
  /** As in `ip link add type KIND`. */
  readonly kind: string
  /** Users see a physical card, not a device of a kind. */
  readonly isPhysical?: boolean
  /** Called once for each World that knows the kind: registers notifiers and what else the kind needs. */
  readonly init?: (world: World) => void
  /** Checks attributes one by one, before anything else is looked at; throws a NetloomError to refuse (validate). */
  readonly validate?: (base: Omit<NewLinkBase, 'netns'>, attrs: Partial<A>) => void
  /** Makes and registers the device; throws a NetloomError to refuse and leaves nothing behind then. */
  newlink(base: NewLinkBase, attrs: Partial<A>): NetDevice
  /** Changes attributes of an existing device (`ip link set DEV type KIND ...`). All or nothing. */
  readonly changelink?: (dev: NetDevice, attrs: Partial<A>) => void
  /** Unregisters the device and what hangs on it. */
  dellink(dev: NetDevice): void
  /** The attributes as they are now, with what can only be read. */
  fillInfo(dev: NetDevice): object
  /** Namespace that the device works in, where that may be another one than its own (get_link_net). */
  readonly getLinkNet?: (dev: NetDevice) => Netns
  /** Attributes of a port of such a master (`bridge link set`, `ip link set type bridge_slave`). */
  readonly changePort?: (port: NetDevice, attrs: object) => void
  /** The attributes of a port as they are now. */
  readonly fillPort?: (port: NetDevice) => object
  /** Kind of a port of this master as `ip -d link` prints it, for example `bridge`; empty when it prints none. */
  readonly slaveKind?: string
  /** Forwarding entries, where the kind keeps its own. */
  readonly fdb?: FdbOps
}

/** A command that programs execute by its name; what it is, app/command.ts says. */
export interface Executable {
  readonly name: string
}

/** Kinds by name. */
export class Registry<T> {
  readonly #what: string
  readonly #items = new Map<string, T>()

  /** `what` names the family in errors, for example `link kind`. */
  constructor(what: string) {
    this.#what = what
  }

  /** Adds a kind; fails when the name is taken. */
  add(name: string, item: T): void {
    if (this.#items.has(name)) throw new Error(`${this.#what} ${name} is registered twice`)
    this.#items.set(name, item)
  }

  /** The kind called `name`, or null. */
  get(name: string): T | null {
    return this.#items.get(name) ?? null
  }

  /** Names in the order of registration. */
  names(): string[] {
    return [...this.#items.keys()]
  }
}
