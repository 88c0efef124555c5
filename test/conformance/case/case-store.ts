/**
 * The store of a cluster, and `etcdctl` beside it, which changes and dumps it as the recorder did.
 */
import { Buffer } from 'node:buffer'
import type { CaseShell, RunningCommand } from './case-shell.js'

/** How often the recorder looked whether the store answers, and how often at most. */
const LOOK_SECONDS = 0.1
const MOST_LOOKS = 100
/**
 * What a start of etcd takes besides: it elects itself first. Daemons that lost it try again after up to 6.2 s, and have
 * found it in the recordings by when the next one joins.
 */
const START_SECONDS = 0.5
/** Where a store that has no others to talk with listens for them. */
const PEER_URL = 'http://127.0.0.1:2380'
const DATA_DIR = '/var/lib/etcd'
const PREFIX = '/coreos.com/network'

/** A key as `etcdctl get -w json` prints it: octets in base64, numbers left out when they are 0. */
interface PrintedKey {
  readonly key: string
  readonly value?: string
  readonly create_revision: number
  readonly mod_revision: number
  readonly version: number
  readonly lease?: string
}

interface PrintedKeys {
  readonly header: { readonly revision: number }
  readonly kvs?: readonly PrintedKey[]
}

const text = (base64 = ''): string => Buffer.from(base64, 'base64').toString('utf8')

/** Ids of leases are 63 bits wide: more than a number of JSON keeps. */
const withIdsAsText = (json: string): string => json.replace(/"lease":(\d+)/g, '"lease":"$1"')

/** The store of one replay. */
export class CaseStore {
  readonly #shell: CaseShell
  readonly #ns: string
  readonly #url: string
  readonly #etcd: RunningCommand

  /** Starts it in namespace `ns`, with the data that it had there before, and waits until it answers. */
  constructor(shell: CaseShell, ns: string, address: string) {
    this.#shell = shell
    this.#ns = ns
    this.#url = `http://${address}`
    const client = ['--listen-client-urls', this.#url, '--advertise-client-urls', this.#url]
    const peer = ['--listen-peer-urls', PEER_URL, '--initial-advertise-peer-urls', PEER_URL]
    const member = ['--name', 'n1', '--data-dir', DATA_DIR, '--initial-cluster', `n1=${PEER_URL}`]
    this.#etcd = shell.background(ns, ['etcd', ...member, ...client, ...peer, '--log-level', 'error'])
    this.#awaitHealth()
  }

  #awaitHealth(): void {
    for (let look = 0; look < MOST_LOOKS; look++) {
      // what `endpoint health` asks for
      if (this.#shell.run(this.#ns, this.#argv(['get', 'health'])).status === 0) return this.#shell.sleep(START_SECONDS)
      this.#shell.sleep(LOOK_SECONDS)
    }
    this.#shell.failures.push(`[${this.#ns}] etcd: not healthy: ${this.#etcd.output.trim()}`)
  }

  /** Ends it without a word. */
  kill(): void {
    this.#shell.end(this.#etcd, 'SIGKILL')
  }

  #argv(words: readonly string[]): string[] {
    return ['etcdctl', '--endpoints', this.#url, ...words]
  }

  #ctl(...words: string[]): string {
    return this.#shell.expect(this.#ns, this.#argv(words))
  }

  /** Sets a key, with a lease of so many seconds unless `ttl` is null. */
  put(key: string, value: string, ttl: number | null): void {
    // lease 694d8c1f2b granted with TTL(4s)
    const lease = ttl === null ? [] : [`--lease=${this.#ctl('lease', 'grant', String(ttl)).split(' ')[1]}`]
    this.#ctl('put', ...lease, key, value)
  }

  delete(key: string): void {
    this.#ctl('del', key)
  }

  /** All keys of flannel with revisions, leases and what is left of these, as the recorder wrote them. */
  dump(): string {
    const printed = JSON.parse(withIdsAsText(this.#ctl('get', '--prefix', PREFIX, '-w', 'json'))) as PrintedKeys
    const kvs = (printed.kvs ?? []).map(kv => {
      const { create_revision, mod_revision, version } = kv
      const lease = BigInt(kv.lease ?? 0).toString(16)
      const left = lease === '0' ? {} : { lease_timetolive: this.#ctl('lease', 'timetolive', lease).trim() }
      return { key: text(kv.key), value: text(kv.value), create_revision, mod_revision, version, lease, ...left }
    })
    return JSON.stringify({ revision: printed.header.revision, kvs }, null, 1)
  }
}
