/**
 * etcd and its client as users hold them.
 */
import { octetText } from '../app/octet-text.js'
import { Printable } from '../app/printable.js'
import { Process } from '../app/process.js'
import { spawn, type Thread } from '../app/thread.js'
import { checkOptions, checkText, checkTexts } from '../app/text.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import {
  type DeleteOptions,
  EtcdClient as KernelClient,
  type EtcdClientOptions,
  type EtcdWatch,
  type GetOptions,
  type PutOptions,
  type TxnCompare,
  type TxnOp,
  type TxnSpec,
  type WatchOptions,
} from '../etcd/clientv3.js'
import { idText } from '../etcd/etcdserver/id.js'
import { EVENT_DELETE, type KeyValue } from '../etcd/mvcc/kv.js'
import { type Int64, int64 } from '../etcd/octets.js'
import { EtcdError } from '../etcd/rpctypes.js'
import { type EtcdOptions, type EtcdProcess, startEtcd } from '../etcd/server.js'
import { Program } from './program.js'

export type {
  DeleteOptions,
  EtcdClientOptions,
  EtcdOptions,
  GetOptions,
  PutOptions,
  TxnCompare,
  TxnOp,
  TxnSpec,
  WatchOptions,
}

/** A running etcd. Make one with `netns.etcd`. */
export class Etcd extends Program {
  /** Where it listens, as `ADDRESS:PORT`. */
  readonly endpoints: readonly string[]
  /** Directory of its data. */
  readonly dataDir: string

  /** @internal use `netns.etcd` */
  constructor(process: EtcdProcess) {
    super(process)
    this.endpoints = process.listening
    this.dataDir = process.dataDir
  }

  override toJSON(): { netns: string; endpoints: readonly string[]; dataDir: string; exitStatus: number | null } {
    const { netns, endpoints, dataDir, exitStatus } = this
    return { netns, endpoints, dataDir, exitStatus }
  }

  /** Ends it at once, as SIGKILL does: status 137. With its data directory it can be started again. */
  killHard(): void {
    this.process.killHard()
  }
}

const OPTIONS = [
  'name',
  'listenClientUrls',
  'advertiseClientUrls',
  'initialAdvertisePeerUrls',
  'initialClusterToken',
  'dataDir',
]
const CLIENT_OPTIONS = ['endpoints', 'dialTimeoutNs']
const RANGE_OPTIONS = ['prefix', 'fromKey', 'rangeEnd']
const GET_OPTIONS = [
  ...RANGE_OPTIONS,
  'rev',
  'limit',
  'sortBy',
  'order',
  'keysOnly',
  'countOnly',
  'serializable',
  'timeoutNs',
]
const PUT_OPTIONS = ['lease', 'prevKv', 'ignoreValue', 'ignoreLease', 'timeoutNs']
const DELETE_OPTIONS = [...RANGE_OPTIONS, 'prevKv', 'timeoutNs']
const WATCH_OPTIONS = [...RANGE_OPTIONS, 'rev', 'prevKv', 'progressNotify', 'filters']

/** Starts etcd. @internal */
export const launchEtcd = (netns: KernelNetns, options: EtcdOptions): Etcd => {
  checkOptions('etcd', options, OPTIONS)
  for (const [option, value] of Object.entries(options))
    if (value !== undefined) (option.endsWith('Urls') ? checkTexts : checkText)(`etcd: ${option}`, value)
  return new Etcd(startEtcd(netns, options))
}

/** A key as text. */
export interface EtcdKv {
  readonly key: string
  readonly value: string
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  /** Lease in hexadecimal; null for none. */
  readonly lease: string | null
}

const kvOf = (kv: KeyValue): EtcdKv => ({
  key: octetText(kv.key),
  value: octetText(kv.value),
  createRevision: kv.createRevision,
  modRevision: kv.modRevision,
  version: kv.version,
  lease: kv.lease === 0 ? null : idText(kv.lease),
})

const maybeKv = (kv: KeyValue | undefined): EtcdKv | null => (kv === undefined ? null : kvOf(kv))

/** An event that a watch tells. */
export interface EtcdEvent {
  readonly type: 'PUT' | 'DELETE'
  readonly kv: EtcdKv
  readonly prevKv: EtcdKv | null
}

/** A call of a client: it goes on while the world runs. */
export class EtcdCall<T> extends Printable {
  /** What came; null before, and when it failed. */
  response: T | null = null
  /** Why it failed, in the words of etcd; null otherwise. */
  error: string | null = null

  get isDone(): boolean {
    return this.response !== null || this.error !== null
  }

  override toString(): string {
    return this.error ?? JSON.stringify(this.response)
  }

  override toJSON(): { isDone: boolean; response: T | null; error: string | null } {
    const { isDone, response, error } = this
    return { isDone, response, error }
  }
}

/** A lease as its hexadecimal text. */
const leaseOf = (id: string): Int64 => {
  if (!/^[0-9a-f]{1,16}$/i.test(id))
    throw new NetloomError('EINVAL', `${id}: not a lease ID in hexadecimal`, { lease: id })
  return int64(BigInt.asIntN(64, BigInt(`0x${id}`)))
}

/** Put with the lease as text. */
export interface EtcdPutOptions extends Omit<PutOptions, 'lease' | 'ctx'> {
  /** Lease in hexadecimal. */
  readonly lease?: string
}

/** What is being done until it is cancelled: a watch, the renewal of a lease. */
export interface EtcdHandle {
  /** Ends it. */
  cancel(): void
}

/** A client of etcd. Make one with `netns.etcdClient`. */
export class EtcdClient extends Program {
  readonly endpoints: readonly string[]
  readonly #client: KernelClient

  /** @internal use `netns.etcdClient` */
  constructor(netns: KernelNetns, options: EtcdClientOptions) {
    checkOptions('etcdClient', options, CLIENT_OPTIONS)
    checkTexts('etcdClient: endpoints', options.endpoints)
    const process = new Process(netns, 'etcd-client')
    process.isDaemon = true
    super(process)
    this.endpoints = options.endpoints
    try {
      this.#client = new KernelClient(process, options)
    } catch (e) {
      process.exit(1)
      throw e
    }
  }

  override toJSON(): { netns: string; endpoints: readonly string[] } {
    return { netns: this.netns, endpoints: this.endpoints }
  }

  #call<R, T>(call: Thread<R>, view: (response: R) => T): EtcdCall<T> {
    const result = new EtcdCall<T>()
    spawn(this.process, function* () {
      try {
        result.response = view(yield* call)
      } catch (e) {
        if (!(e instanceof EtcdError)) throw e
        result.error = e.message
      }
    })
    return result
  }

  /** Reads keys. */
  get(
    key: string,
    options: GetOptions = {},
  ): EtcdCall<{ readonly revision: number; readonly count: number; readonly more: boolean; readonly kvs: EtcdKv[] }> {
    checkOptions('etcdClient.get', options, GET_OPTIONS)
    return this.#call(this.#client.get(key, options), r => ({
      revision: r.header.revision,
      count: r.count,
      more: r.more,
      kvs: r.kvs.map(kvOf),
    }))
  }

  /** Puts a key. */
  put(
    key: string,
    value: string,
    options: EtcdPutOptions = {},
  ): EtcdCall<{ readonly revision: number; readonly prevKv: EtcdKv | null }> {
    checkOptions('etcdClient.put', options, PUT_OPTIONS)
    checkText('etcdClient.put: value', value)
    const { lease, ...rest } = options
    const put: PutOptions = lease === undefined ? rest : { ...rest, lease: leaseOf(lease) }
    return this.#call(this.#client.put(key, value, put), r => ({
      revision: r.header.revision,
      prevKv: maybeKv(r.prevKv),
    }))
  }

  /** Deletes keys. */
  delete(
    key: string,
    options: DeleteOptions = {},
  ): EtcdCall<{ readonly revision: number; readonly deleted: number; readonly prevKvs: EtcdKv[] }> {
    checkOptions('etcdClient.delete', options, DELETE_OPTIONS)
    return this.#call(this.#client.delete(key, options), r => ({
      revision: r.header.revision,
      deleted: r.deleted,
      prevKvs: r.prevKvs.map(kvOf),
    }))
  }

  /** Does a transaction. */
  txn(spec: TxnSpec): EtcdCall<{ readonly revision: number; readonly succeeded: boolean }> {
    return this.#call(this.#client.txn(spec), r => ({ revision: r.header?.revision ?? 0, succeeded: r.succeeded }))
  }

  /** Forgets what was superseded at a revision. */
  compact(revision: number): EtcdCall<{ readonly revision: number }> {
    return this.#call(this.#client.compact(revision), r => ({ revision: r.header.revision }))
  }

  /** Grants a lease for so many seconds; `id` in hexadecimal. */
  grant(ttl: number): EtcdCall<{ readonly id: string; readonly ttl: number }> {
    return this.#call(this.#client.grant(ttl), r => ({ id: idText(r.ID), ttl: r.TTL }))
  }

  /** Revokes a lease. */
  revoke(id: string): EtcdCall<{ readonly revision: number }> {
    return this.#call(this.#client.revoke(leaseOf(id)), r => ({ revision: r.header.revision }))
  }

  /** Seconds that a lease has left, -1 when there is none, and its keys. */
  timeToLive(id: string): EtcdCall<{ readonly ttl: number; readonly grantedTtl: number; readonly keys: string[] }> {
    return this.#call(this.#client.timeToLive(leaseOf(id), { keys: true }), r => ({
      ttl: r.TTL,
      grantedTtl: r.grantedTTL,
      keys: r.keys.map(octetText),
    }))
  }

  /** All leases, in hexadecimal. */
  leases(): EtcdCall<string[]> {
    return this.#call(this.#client.leases(), r => r.leases.map(({ ID }) => idText(ID)))
  }

  /** Keeps a lease alive until it is cancelled or gone. */
  keepAlive(id: string): EtcdHandle {
    return this.#client.keepAlive(leaseOf(id))
  }

  /** Watches keys; `onEvents` hears the events of each revision, and at last why the watch ended, if it did. */
  watch(
    key: string,
    options: WatchOptions,
    onEvents: (events: EtcdEvent[], revision: number, error: string | null) => void,
  ): EtcdHandle {
    checkOptions('etcdClient.watch', options, WATCH_OPTIONS)
    const watch: EtcdWatch = this.#client.watch(key, options, ({ events, header, error }) => {
      const told = events.map(
        ({ type, kv, prevKv }): EtcdEvent => ({
          type: type === EVENT_DELETE ? 'DELETE' : 'PUT',
          kv: kvOf(kv),
          prevKv: maybeKv(prevKv),
        }),
      )
      onEvents(told, header.revision, error?.message ?? null)
    })
    return watch
  }
}
