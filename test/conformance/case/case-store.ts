/**
 * The store of a cluster, and whoever changes and dumps it by hand: a program beside it, as `etcdctl` is.
 */
import { Process } from '../../../lib/app/process.js'
import { spawn, type Thread } from '../../../lib/app/thread.js'
import type { World } from '../../../lib/core/world.js'
import { EtcdClient } from '../../../lib/etcd/clientv3.js'
import type { KeyValue } from '../../../lib/etcd/mvcc/kv.js'
import { type EtcdProcess, startEtcd } from '../../../lib/etcd/server.js'

const SECOND = 1_000_000_000
/** Virtual nanoseconds within which the store must have answered. */
const LIMIT = 60 * SECOND
const PREFIX = '/coreos.com/network'
const DATA_DIR = '/var/lib/etcd'

const decode = (octets: Uint8Array): string => new TextDecoder().decode(octets)

/** The store of one replay. */
export class CaseStore {
  readonly #world: World
  readonly #ns: string
  readonly #url: string
  #process: EtcdProcess

  /** Starts it in namespace `ns`, with the data that it had there before. */
  constructor(world: World, ns: string, address: string) {
    this.#world = world
    this.#ns = ns
    this.#url = `http://${address}`
    this.#process = this.#start()
    this.#ask(client => client.get(`${PREFIX}/config`))
  }

  #start(): EtcdProcess {
    const options = { name: 'n1', listenClientUrls: [this.#url], dataDir: DATA_DIR }
    return startEtcd(this.#world.netns(this.#ns), options)
  }

  /** Ends it without a word. */
  kill(): void {
    this.#process.killHard()
  }

  /** Runs one request of a program that ends with it. Throws EtcdError, EPENDING without an answer. */
  #ask<T>(request: (client: EtcdClient) => Thread<T>): T {
    const process = new Process(this.#world.netns(this.#ns), 'etcdctl')
    const client = new EtcdClient(process, { endpoints: [this.#url] })
    let answer: { readonly value: T } | { readonly error: unknown } | null = null
    spawn(process, function* () {
      try {
        answer = { value: yield* request(client) }
      } catch (error) {
        answer = { error }
      }
    })
    try {
      this.#world.run({ until: () => answer !== null, within: LIMIT })
    } finally {
      process.exit(0)
    }
    const got = answer! as { readonly value: T } | { readonly error: unknown }
    if ('error' in got) throw got.error
    return got.value
  }

  /** Sets a key, with a lease of so many seconds unless `ttl` is null. */
  put(key: string, value: string, ttl: number | null): void {
    const lease = ttl === null ? 0 : this.#ask(client => client.grant(ttl)).ID
    this.#ask(client => client.put(key, value, { lease }))
  }

  delete(key: string): void {
    this.#ask(client => client.delete(key))
  }

  #leaseText(lease: KeyValue['lease']): string {
    const { grantedTTL, TTL } = this.#ask(client => client.timeToLive(lease))
    return `lease ${lease.toString(16)} granted with TTL(${grantedTTL}s), remaining(${TTL}s)`
  }

  /** All keys of flannel with revisions, leases and what is left of these, as the recorder wrote them. */
  dump(): string {
    const { header, kvs } = this.#ask(client => client.get(PREFIX, { prefix: true }))
    const keys = kvs.map(kv => ({
      key: decode(kv.key),
      value: decode(kv.value),
      create_revision: kv.createRevision,
      mod_revision: kv.modRevision,
      version: kv.version,
      lease: kv.lease.toString(16),
      ...(BigInt(kv.lease) === 0n ? {} : { lease_timetolive: this.#leaseText(kv.lease) }),
    }))
    return JSON.stringify({ revision: header.revision, kvs: keys }, null, 1)
  }
}
