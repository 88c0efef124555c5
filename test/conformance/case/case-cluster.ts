/**
 * The programs and files of a recorded cluster: the store, the daemons, and what they keep on their hosts.
 */
import { fsOf } from '../../../lib/fs/file-system.js'
import type { EtcdEntry, FileEntry, FlanneldEntry, RecordedCase } from './case-file.js'
import type { CaseShell, RunningCommand } from './case-shell.js'
import { etcdDump } from './case-store.js'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (octets: Uint8Array): string => new TextDecoder().decode(octets)

/** How often the recorder looked whether a program is ready, and how often at most. */
const LOOK_SECONDS = 0.1
const MOST_LOOKS = 100
/** Port on which a store that has no others to talk with listens for them. */
const PEER_URL = 'http://127.0.0.1:2380'
const DATA_DIR = '/var/lib/etcd'

/** A line that only the daemon writes: the file that was prepared for it has none. */
const WRITTEN = /^FLANNEL_MTU=/m

/** The store and the daemons of one replay. */
export class CaseCluster {
  readonly #shell: CaseShell
  readonly #recorded: RecordedCase
  #etcd: RunningCommand | null = null
  #etcdNs = ''
  #etcdUrl = ''
  readonly #daemons = new Map<string, RunningCommand>()
  /** What daemons that have ended logged. */
  readonly #ended = new Map<string, string>()
  readonly #subnetFiles = new Map<string, string>()

  constructor(shell: CaseShell, recorded: RecordedCase) {
    this.#shell = shell
    this.#recorded = recorded
  }

  /** Starts or kills the store, or changes a key of it. */
  etcd(entry: EtcdEntry): void {
    switch (entry.op) {
      case 'start':
        return this.#startEtcd(entry.ns, `http://${entry.address}`)
      case 'put':
        return this.#put(entry)
      case 'del':
        this.#ctl('del', entry.key)
        return
      case 'kill':
        return this.#killEtcd()
    }
  }

  #startEtcd(ns: string, url: string): void {
    this.#etcdNs = ns
    this.#etcdUrl = url
    const client = ['--listen-client-urls', url, '--advertise-client-urls', url]
    const peer = ['--listen-peer-urls', PEER_URL, '--initial-advertise-peer-urls', PEER_URL]
    const name = ['--name', 'n1', '--data-dir', DATA_DIR, '--initial-cluster', `n1=${PEER_URL}`]
    const argv = ['etcd', ...name, ...client, ...peer, '--log-level', 'error']
    this.#etcd = this.#shell.background(ns, argv)
    for (let look = 0; look < MOST_LOOKS; look++) {
      const { output } = this.#shell.run(ns, ['etcdctl', '--endpoints', url, 'endpoint', 'health'])
      if (output.includes('is healthy')) return
      this.#shell.sleep(LOOK_SECONDS)
    }
    this.#shell.failures.push(`[${ns}] ${argv.join(' ')}: not healthy: ${this.#etcd.output.trim().split('\n').at(-1)}`)
  }

  #killEtcd(): void {
    if (this.#etcd !== null) this.#shell.end(this.#etcd, 'SIGKILL')
    this.#etcd = null
  }

  /** Runs `etcdctl` beside the store; returns what it printed. */
  #ctl(...words: string[]): string {
    return this.#shell.expect(this.#etcdNs, ['etcdctl', '--endpoints', this.#etcdUrl, ...words])
  }

  #put({ key, value, ttl }: EtcdEntry): void {
    if (ttl === null) {
      this.#ctl('put', key, value)
      return
    }
    // lease 694d8c1f2b granted with TTL(4s)
    const lease = this.#ctl('lease', 'grant', String(ttl)).split(' ')[1] ?? ''
    this.#ctl('put', `--lease=${lease}`, key, value)
  }

  /** Writes or removes a file of a host. */
  file({ host, op, path, text }: FileEntry): void {
    const files = fsOf(this.#shell.world.netns(host))
    if (op === 'remove') return files.remove(path)
    files.mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true })
    files.writeFile(path, encode(text))
  }

  /** Starts a daemon and waits until its subnet file is written, or ends it. */
  flanneld(entry: FlanneldEntry): void {
    if (entry.op === 'start') this.#startDaemon(entry)
    else this.#stopDaemon(entry)
  }

  #startDaemon({ host, options, subnetFile }: FlanneldEntry): void {
    const netns = this.#shell.world.netns(host)
    const files = fsOf(netns)
    files.mkdir(subnetFile.slice(0, subnetFile.lastIndexOf('/')), { recursive: true })
    this.#subnetFiles.set(host, subnetFile)
    const before = files.generation
    const daemon = this.#shell.background(host, ['flanneld', ...options])
    this.#daemons.set(host, daemon)
    const isReady = (): boolean =>
      daemon.poll() || (files.generation !== before && WRITTEN.test(this.subnetEnv(host) ?? ''))
    for (let look = 0; look < MOST_LOOKS; look++) {
      if (isReady()) return
      this.#shell.sleep(LOOK_SECONDS)
    }
    this.#shell.failures.push(`[${host}] flanneld: ${subnetFile} was not written`)
  }

  #stopDaemon({ host, signal }: FlanneldEntry): void {
    const daemon = this.#daemons.get(host)
    if (daemon === undefined) return
    this.#daemons.delete(host)
    this.#shell.end(daemon, signal === 'SIGKILL' ? 'SIGKILL' : 'SIGTERM')
    this.#ended.set(host, (this.#ended.get(host) ?? '') + daemon.output)
  }

  /** What the subnet file of a host holds; null when there is none. */
  subnetEnv(host: string): string | null {
    const path = this.#subnetFiles.get(host)
    if (path === undefined) return null
    const files = fsOf(this.#shell.world.netns(host))
    return files.exists(path) ? decode(files.readFile(path)) : null
  }

  /** All keys of flannel's with their revisions and leases, as the recorder wrote them. */
  etcdDump(): string {
    return etcdDump((...words) => this.#ctl(...words))
  }

  /** What the daemon of each host has logged so far, of all its lives. */
  logs(): Map<string, string> {
    const logs = new Map(this.#ended)
    for (const [host, daemon] of this.#daemons) {
      daemon.poll()
      logs.set(host, (logs.get(host) ?? '') + daemon.output)
    }
    return logs
  }
}
