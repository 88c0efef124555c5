/**
 * Leases in etcd: keys PREFIX/subnets/10.244.1.0-24 with a lease of etcd's behind each.
 *
 * @see flannel subnet/etcd/registry.go
 */
import { octetText } from '../../../app/octet-text.js'
import type { Process } from '../../../app/process.js'
import { type Context, firstOf, type Thread, wait } from '../../../app/thread.js'
import { EtcdClient, type EtcdWatch } from '../../../etcd/clientv3.js'
import { EVENT_DELETE, type KeyValue, type MvccEvent } from '../../../etcd/mvcc/kv.js'
import type { Int64 } from '../../../etcd/octets.js'
import { EtcdError } from '../../../etcd/rpctypes.js'
import { NSEC_PER_SEC } from '../../../sim/time.js'
import type { Prefix } from '../../../wire/ip.js'
import { parseIpv4 } from '../../../wire/ip.js'
import type { Klog } from '../../../app/klog.js'
import { type GoField, goUnmarshal } from '../../../app/go-json.js'
import { remembering } from '../../remember.js'
import {
  configKey,
  type Lease,
  type LeaseAttrs,
  type LeaseEvent,
  leaseAttrsJson,
  makeSubnetKey,
  parseSubnetKey,
  SubnetError,
  subnetsKey,
} from '../subnet.js'

/** Seconds of a lease. */
export const SUBNET_TTL_SEC = 86_400

/** Where etcd is and where flannel's keys are in it. */
export interface EtcdConfig {
  readonly endpoints: readonly string[]
  readonly prefix: string
}

/** All leases at a revision. */
export interface LeaseList {
  readonly leases: readonly Lease[]
  readonly revision: number
}

const ATTRS = { struct: 'LeaseAttrs', type: 'subnet.LeaseAttrs' }

const ATTRS_FIELDS: readonly GoField[] = [
  { name: 'PublicIP', type: 'raw', parse: text => parsePublicIp(text.replace(/^"+|"+$/g, '')) },
  { name: 'BackendType', type: 'string' },
  { name: 'BackendData', type: 'raw' },
]

/** What a lease's key holds. Throws a SubnetError with Go's text. */
export const parseAttrs: (json: string) => LeaseAttrs = remembering((json: string): LeaseAttrs => {
  try {
    const given = goUnmarshal(json, ATTRS_FIELDS, ATTRS)
    return {
      publicIp: (given['PublicIP'] as number | undefined) ?? 0,
      backendType: (given['BackendType'] as string | undefined) ?? '',
      backendData: (given['BackendData'] as string | undefined) ?? '',
    }
  } catch (e) {
    throw new SubnetError((e as Error).message)
  }
})

const parsePublicIp = (text: string): number => {
  try {
    return parseIpv4(text)
  } catch {
    throw new Error('Invalid IP address format')
  }
}

/** Revisions that etcd tells at once; behind as many more may follow. */
const MAX_BATCH = 1000

/** A watch of keys that gives one event after the other. */
export class RegistryWatch {
  readonly #registry: EtcdRegistry
  readonly #ctx: Context
  readonly #key: string
  #watch: EtcdWatch | null = null
  #pending: MvccEvent[] = []

  /** @internal use {@link EtcdRegistry.watchSubnets} */
  constructor(registry: EtcdRegistry, ctx: Context, key: string) {
    this.#registry = registry
    this.#ctx = ctx
    this.#key = key
  }

  /** True once it has been told where to begin. */
  get isOpen(): boolean {
    return this.#watch !== null
  }

  /**
   * Begins with revision `rev`, the one of a snapshot, so that its last change comes once more.
   *
   * DIFFERS: v0.20.2 opens a new watch after each event, which begins with what happens from then on, and takes the first
   * event of an answer only: what happens meanwhile it never hears of. Here all events are heard, as since v0.21. What it
   * shares with that: when the connection breaks, the last change comes once more, as a watch that is opened anew begins with
   * the store's revision. When history has been compacted beyond that, v0.20.2 panics on an answer without events (exit
   * status 2); here it takes a new snapshot, as its source means to and never gets to.
   */
  open(rev: number): void {
    this.#pending = []
    this.#watch = this.#registry.client.watch(this.#key, { prefix: true, rev })
  }

  /** Waits for the next event; null when history does not go back to where it was to begin. Throws a SubnetError. */
  *next(): Thread<LeaseEvent | null> {
    for (;;) {
      const event = this.#pending.shift()
      if (event !== undefined) return yield* this.#registry.leaseEvent(this.#ctx, event)
      const first = yield* wait(firstOf({ done: this.#ctx.done, response: this.#watch!.responses.next }))
      if (first.which === 'done' || this.#ctx.isCancelled) throw new SubnetError('context canceled')
      const response = first.value
      if (response === null || response.compactRevision > 0) {
        this.close()
        return null
      }
      if (response.error !== null) {
        this.close()
        throw new SubnetError(response.error.message)
      }
      this.#pending.push(...response.events)
      if (response.events.length > 0 && response.events.length < MAX_BATCH)
        this.#watch!.resumeFrom(response.header.revision)
    }
  }

  close(): void {
    this.#watch?.cancel()
    this.#watch = null
  }
}

/** flannel's keys in etcd. Calls wait for etcd, for as long as it takes. */
export class EtcdRegistry {
  readonly client: EtcdClient
  readonly #process: Process
  readonly #log: Klog
  /** Keys. */
  readonly #config: string
  readonly #subnets: string

  constructor(process: Process, config: EtcdConfig, log: Klog) {
    this.#process = process
    this.#log = log
    this.#config = configKey(config.prefix)
    this.#subnets = subnetsKey(config.prefix)
    log.warning('registry.go:82', 'no certificate provided: connecting to etcd with http. This is insecure')
    this.client = new EtcdClient(process, { endpoints: config.endpoints })
  }

  /** Text of the network configuration. Throws a SubnetError. */
  *getNetworkConfig(ctx: Context): Thread<string> {
    const { kvs } = yield* this.#call(this.client.get(this.#config, { ctx }))
    const [config] = kvs
    if (config !== undefined) return octetText(config.value)
    throw new SubnetError('flannel config not found in etcd store. Did you create your config using etcdv3 API?')
  }

  /** All leases; keys that are none are skipped with a warning. */
  *getSubnets(ctx: Context): Thread<LeaseList> {
    const { kvs, header } = yield* this.#call(this.client.get(this.#subnets, { prefix: true, ctx }))
    const leases: Lease[] = []
    for (const kv of kvs) {
      let ttl: number
      try {
        ttl = yield* this.#ttl(ctx, kv.lease)
      } catch (e) {
        if (ctx.isCancelled || !(e instanceof SubnetError)) throw e
        this.#log.warning('registry.go:181', `Could not read ttl: ${e.message}`)
        continue
      }
      try {
        leases.push(this.#lease(kv, ttl))
      } catch (e) {
        if (!(e instanceof SubnetError)) throw e
        this.#log.warning('registry.go:186', `Ignoring bad subnet node: ${e.message}`)
      }
    }
    return { leases, revision: header.revision }
  }

  /** One lease. Throws a SubnetError when it is not there. */
  *getSubnet(ctx: Context, subnet: Prefix): Thread<LeaseList> {
    const { kvs, header } = yield* this.#call(this.client.get(this.#key(subnet), { ctx }))
    const [kv] = kvs
    if (kv === undefined)
      throw new SubnetError('rpc error: code = InvalidArgument desc = etcdserver: key is not provided')
    const ttl = yield* this.#ttl(ctx, kv.lease)
    return { leases: [this.#lease(kv, ttl)], revision: header.revision }
  }

  /** Makes a lease that is not there; returns when it ends. Throws a SubnetError `subnet already exists`. */
  *createSubnet(ctx: Context, subnet: Prefix, attrs: LeaseAttrs): Thread<number> {
    const key = this.#key(subnet)
    const { ID, TTL } = yield* this.#call(this.client.grant(SUBNET_TTL_SEC, { ctx }))
    const compare = [{ key, target: 'version', result: '=', value: 0 }] as const
    const success = [{ op: 'put', key, value: leaseAttrsJson(attrs), lease: ID }] as const
    let succeeded: boolean
    try {
      succeeded = (yield* this.#call(this.client.txn({ compare, success }, { ctx }))).succeeded
    } catch (e) {
      if (!ctx.isCancelled) yield* this.#revoke(ctx, ID, 'registry.go:234')
      throw e
    }
    if (succeeded) return this.#expiration(TTL)
    yield* this.#revoke(ctx, ID, 'registry.go:241')
    throw new SubnetError('subnet already exists')
  }

  /** Writes a lease, with a new lease of etcd's; returns when it ends. */
  *updateSubnet(ctx: Context, subnet: Prefix, attrs: LeaseAttrs): Thread<number> {
    const { ID, TTL } = yield* this.#call(this.client.grant(SUBNET_TTL_SEC, { ctx }))
    try {
      yield* this.#call(this.client.put(this.#key(subnet), leaseAttrsJson(attrs), { lease: ID, ctx }))
    } catch (e) {
      if (!ctx.isCancelled) yield* this.#revoke(ctx, ID, 'registry.go:266')
      throw e
    }
    return this.#expiration(TTL)
  }

  /** Deletes a lease. Throws what etcd refuses with. */
  *deleteSubnet(ctx: Context, subnet: Prefix): Thread {
    yield* this.#call(this.client.delete(this.#key(subnet), { ctx }))
  }

  /** Watches all leases. */
  watchSubnets(ctx: Context): RegistryWatch {
    return new RegistryWatch(this, ctx, this.#subnets)
  }

  /** Watches one lease. */
  watchSubnet(ctx: Context, subnet: Prefix): RegistryWatch {
    return new RegistryWatch(this, ctx, this.#key(subnet))
  }

  /** @internal what an event of etcd's means */
  *leaseEvent(ctx: Context, { type, kv }: MvccEvent): Thread<LeaseEvent> {
    const key = octetText(kv.key)
    const subnet = parseSubnetKey(key)
    if (subnet === null)
      throw new SubnetError(`${type === EVENT_DELETE ? 'DELETE' : 'PUT'} "${key}": not a subnet, skipping`)
    if (type === EVENT_DELETE) {
      const attrs = { publicIp: 0, backendType: '', backendData: '' }
      return { type: 'removed', lease: { subnet, attrs, expirationNs: 0 } }
    }
    const attrs = parseAttrs(octetText(kv.value))
    const ttl = yield* this.#ttl(ctx, kv.lease)
    return { type: 'added', lease: { subnet, attrs, expirationNs: this.#expiration(ttl) } }
  }

  #key(subnet: Prefix): string {
    return `${this.#subnets}/${makeSubnetKey(subnet)}`
  }

  #expiration(ttlSec: number): number {
    return this.#process.netns.world.now + ttlSec * NSEC_PER_SEC
  }

  *#ttl(ctx: Context, id: Int64): Thread<number> {
    return (yield* this.#call(this.client.timeToLive(id, { ctx }))).TTL
  }

  #lease(kv: KeyValue, ttlSec: number): Lease {
    const key = octetText(kv.key)
    const subnet = parseSubnetKey(key)
    if (subnet === null) throw new SubnetError(`failed to parse subnet key ${key}`)
    const attrs = parseAttrs(octetText(kv.value))
    return { subnet, attrs, expirationNs: this.#expiration(ttlSec), asof: kv.modRevision }
  }

  *#revoke(ctx: Context, id: Int64, at: string): Thread {
    try {
      yield* this.#call(this.client.revoke(id, { ctx }))
    } catch (e) {
      if (ctx.isCancelled || !(e instanceof SubnetError)) throw e
      this.#log.error(at, e.message)
    }
  }

  /** A call of etcd's, whose errors are those of a subnet manager. */
  *#call<T>(call: Thread<T>): Thread<T> {
    try {
      return yield* call
    } catch (e) {
      if (e instanceof EtcdError) throw new SubnetError(e.message)
      throw e
    }
  }
}
