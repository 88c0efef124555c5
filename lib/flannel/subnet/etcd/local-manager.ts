/**
 * The subnet manager on etcd: how a host gets its subnet, keeps it, and hears of the others'.
 *
 * @see flannel subnet/etcd/local_manager.go
 */
import type { Process } from '../../../app/process.js'
import { Chan, type Context, firstOf, slept, spawn, type Thread, wait } from '../../../app/thread.js'
import { encodeUtf8 } from '../../../wire/utf8.js'
import { NSEC_PER_SEC } from '../../../sim/time.js'
import { formatIpv4, type Prefix } from '../../../wire/ip.js'
import type { Klog } from '../../../app/klog.js'
import { goDuration, goTime } from '../../../app/go-time.js'
import { isNoNet, netEqual, netNext, netOverlaps, netText } from '../../ip4-net.js'
import { type FlannelConfig, parseConfig } from '../config.js'
import {
  isSubnetConfigCompat,
  type Lease,
  type LeaseAttrs,
  type LeaseEnd,
  type LeaseEvent,
  type LeaseWatch,
  type LeaseWatchResult,
  SubnetError,
  type SubnetManager,
} from '../subnet.js'
import { type EtcdConfig, EtcdRegistry, type LeaseList, type RegistryWatch } from './registry.js'

/** How many free subnets one is drawn from. */
const CANDIDATES = 100
const NS_PER_MINUTE = 60 * NSEC_PER_SEC
const NO_IPV6 = '::/0'
const HISTORY_GONE = 'Watch of subnet leases failed because etcd index outside history window'

/** A lease as Go's `%+v` prints it. */
const leaseText = ({ subnet, attrs, expirationNs, asof = 0 }: Lease, startNs: number): string => {
  const data = [...encodeUtf8(attrs.backendData)].join(' ')
  const fields =
    `PublicIP:${formatIpv4(attrs.publicIp)} PublicIPv6:<nil> BackendType:${attrs.backendType} ` +
    `BackendData:[${data}] BackendV6Data:[]`
  return (
    `&{EnableIPv4:true EnableIPv6:false Subnet:${netText(subnet)} IPv6Subnet:${NO_IPV6} Attrs:{${fields}} ` +
    `Expiration:${goTime(expirationNs, startNs)} Asof:${asof}}`
  )
}

/** Follows keys of etcd: a snapshot first and whenever history is gone, events otherwise. */
class EtcdLeaseWatch implements LeaseWatch {
  readonly #watch: RegistryWatch
  readonly #list: () => Thread<LeaseList>
  readonly #onReset: () => void
  #wasOpen = false

  constructor(watch: RegistryWatch, list: () => Thread<LeaseList>, onReset: () => void) {
    this.#watch = watch
    this.#list = list
    this.#onReset = onReset
  }

  *next(): Thread<LeaseWatchResult> {
    if (this.#watch.isOpen) {
      const event = yield* this.#watch.next()
      if (event !== null) return { events: [event], snapshot: null }
    }
    if (this.#wasOpen) this.#onReset()
    const { leases, revision } = yield* this.#list()
    this.#watch.open(revision)
    this.#wasOpen = true
    return { events: [], snapshot: leases }
  }

  close(): void {
    this.#watch.close()
  }
}

/**
 * Makes the manager; `previous` is the subnet of an earlier run, {@link NO_NET} for none, `drawn` the one to take in place of a
 * draw at random when it is among those that one is drawn from.
 */
export class LocalManager implements SubnetManager {
  readonly name: string
  readonly crashesOnCancel = true
  readonly #process: Process
  readonly #log: Klog
  readonly #registry: EtcdRegistry
  readonly #previous: Prefix
  readonly #drawn: Prefix | null
  readonly #marginNs: number
  readonly #startNs: number

  constructor(
    process: Process,
    etcd: EtcdConfig,
    previous: Prefix,
    renewMarginMinutes: number,
    log: Klog,
    drawn: Prefix | null = null,
  ) {
    this.#process = process
    this.#log = log
    this.#registry = new EtcdRegistry(process, etcd, log)
    this.#previous = previous
    this.#drawn = drawn
    this.#startNs = process.netns.world.now
    this.#marginNs = renewMarginMinutes * NS_PER_MINUTE
    this.name = `Etcd Local Manager with Previous Subnet: ${isNoNet(previous) ? 'None' : netText(previous)}`
  }

  *getNetworkConfig(ctx: Context): Thread<FlannelConfig> {
    return parseConfig(yield* this.#registry.getNetworkConfig(ctx))
  }

  /**
   * The subnet that this public address has; else the one of an earlier run, when nobody has it; else one of the first
   * {@link CANDIDATES} free ones, drawn at random. When somebody else is faster the daemon gives up: v0.20.2 means to try
   * again, and looks for another error than the one that comes.
   */
  *acquireLease(ctx: Context, attrs: LeaseAttrs): Thread<Lease> {
    const config = yield* this.getNetworkConfig(ctx)
    const { leases } = yield* this.#registry.getSubnets(ctx)
    const current = leases.find(l => l.attrs.publicIp === attrs.publicIp)
    if (current !== undefined) {
      const reused = yield* this.#reuse(ctx, config, current, attrs)
      if (reused !== null) return reused
    }
    const subnet = this.#previousSubnet(config, leases) ?? this.#allocate(config, leases)
    const expirationNs = yield* this.#registry.createSubnet(ctx, subnet, attrs)
    const node = formatIpv4(attrs.publicIp)
    const text = `Allocated lease (ip: ${netText(subnet)} ipv6: ${NO_IPV6}) to current node (${node}) `
    this.#log.info('local_manager.go:199', text)
    return { subnet, attrs, expirationNs }
  }

  *#reuse(ctx: Context, config: FlannelConfig, lease: Lease, attrs: LeaseAttrs): Thread<Lease | null> {
    const { subnet } = lease
    const node = formatIpv4(attrs.publicIp)
    if (isSubnetConfigCompat(config, subnet)) {
      const text = `Found lease (ip: ${netText(subnet)} ipv6: ${NO_IPV6}) for current IP (${node}), reusing`
      this.#log.info('local_manager.go:148', text)
      const expirationNs = yield* this.#registry.updateSubnet(ctx, subnet, attrs)
      return { subnet, attrs, expirationNs }
    }
    const text = `Found lease (${leaseText(lease, this.#startNs)}) for current IP (${node}) but not compatible with current config, deleting`
    this.#log.info('local_manager.go:164', text)
    yield* this.#registry.deleteSubnet(ctx, subnet)
    return null
  }

  #previousSubnet(config: FlannelConfig, leases: readonly Lease[]): Prefix | null {
    const previous = this.#previous
    if (isNoNet(previous) || leases.some(l => netEqual(l.subnet, previous))) return null
    const text = `Found previously leased subnet (${netText(previous)})`
    if (isSubnetConfigCompat(config, previous)) {
      this.#log.info('local_manager.go:179', `${text}, reusing`)
      return previous
    }
    const why = 'that is not compatible with the Etcd network config, ignoring'
    this.#log.error('local_manager.go:183', `${text} ${why}`)
    return null
  }

  #allocate(config: FlannelConfig, leases: readonly Lease[]): Prefix {
    const { subnetMin, subnetMax, subnetLen } = config
    this.#log.info(
      'local_manager.go:216',
      `Picking subnet in range ${formatIpv4(subnetMin)} ... ${formatIpv4(subnetMax)}`,
    )
    const free: Prefix[] = []
    let subnet: Prefix = { addr: subnetMin, len: subnetLen }
    const count = Math.floor(((subnetMax >>> 0) - (subnetMin >>> 0)) / 2 ** (32 - subnetLen)) + 1
    for (let n = 0; n < count && free.length < CANDIDATES; n++) {
      if (!leases.some(l => netOverlaps(subnet, l.subnet))) free.push(subnet)
      subnet = netNext(subnet)
    }
    if (free.length === 0) throw new SubnetError('out of subnets')
    const random = free[this.#process.rng.below(free.length)]!
    const drawn = this.#drawn
    return (drawn === null ? undefined : free.find(net => netEqual(net, drawn))) ?? random
  }

  watchLeases(ctx: Context): LeaseWatch {
    return new EtcdLeaseWatch(
      this.#registry.watchSubnets(ctx),
      () => this.#listAll(ctx),
      () => this.#log.warning('local_manager.go:355', HISTORY_GONE),
    )
  }

  *#listAll(ctx: Context): Thread<LeaseList> {
    try {
      return yield* this.#registry.getSubnets(ctx)
    } catch (e) {
      if (ctx.isCancelled || !(e instanceof SubnetError)) throw e
      throw new SubnetError(`failed to retrieve subnet leases: ${e.message}`)
    }
  }

  /** Renews in time, and takes over what the key says when somebody has written it. */
  *completeLease(ctx: Context, lease: Lease): Thread<LeaseEnd> {
    const events = new Chan<LeaseEvent>()
    spawn(this.#process, () => this.#watchOwn(ctx, lease.subnet, events), 'own lease of flanneld')
    const { world } = this.#process.netns
    let waitNs = lease.expirationNs - world.now - this.#marginNs
    for (;;) {
      const late = slept(Math.max(waitNs, 0), { idle: true })
      const first = yield* wait(firstOf({ event: events.next, late }))
      if (first.which === 'late') waitNs = yield* this.#renew(ctx, lease)
      else if (first.value === null) {
        this.#log.info('local_manager.go:396', 'Stopped monitoring lease')
        return 'canceled'
      } else if (first.value.type === 'removed') {
        this.#log.error('local_manager.go:406', 'Lease has been revoked. Shutting down daemon.')
        return 'interrupted'
      } else {
        lease.expirationNs = first.value.lease.expirationNs
        waitNs = lease.expirationNs - world.now - this.#marginNs
        this.#log.info('local_manager.go:403', `Waiting for ${goDuration(waitNs)} to renew lease`)
      }
    }
  }

  *#renew(ctx: Context, lease: Lease): Thread<number> {
    const { world } = this.#process.netns
    try {
      lease.expirationNs = yield* this.#registry.updateSubnet(ctx, lease.subnet, lease.attrs)
    } catch (e) {
      if (ctx.isCancelled || !(e instanceof SubnetError)) throw e
      this.#log.error('local_manager.go:386', `Error renewing lease (trying again in 1 min): ${e.message}`)
      return NS_PER_MINUTE
    }
    this.#log.info(
      'local_manager.go:391',
      `Lease renewed, new expiration: ${goTime(lease.expirationNs, this.#startNs)}`,
    )
    return lease.expirationNs - world.now - this.#marginNs
  }

  /** Tells of each change of the own lease (WatchLease). */
  *#watchOwn(ctx: Context, subnet: Prefix, events: Chan<LeaseEvent>): Thread {
    const watch = new EtcdLeaseWatch(
      this.#registry.watchSubnet(ctx, subnet),
      () => this.#registry.getSubnet(ctx, subnet),
      () => this.#log.warning('local_manager.go:326', HISTORY_GONE),
    )
    while (!ctx.isCancelled) {
      try {
        const { events: changes, snapshot } = yield* watch.next()
        const [change] = snapshot === null ? changes : snapshot.map((lease): LeaseEvent => ({ type: 'added', lease }))
        if (change !== undefined) events.push(change)
      } catch (e) {
        if (ctx.isCancelled) break
        if (!(e instanceof SubnetError)) throw e
        this.#log.error('watch.go:249', `Subnet watch failed: ${e.message}`)
        yield* wait(firstOf({ done: ctx.done, late: slept(NSEC_PER_SEC) }))
      }
    }
    watch.close()
    events.close()
  }
}
