/**
 * The programs and files of a recorded cluster: the store, the daemons, and what they keep on their hosts.
 */
import type { Process } from '../../../lib/app/process.js'
import { FlagError, type FlanneldOptions, parseFlags, usageText } from '../../../lib/flannel/flags.js'
import { startFlanneld } from '../../../lib/flannel/flanneld.js'
import { type FileSystem, fsOf } from '../../../lib/fs/file-system.js'
import { parsePrefix } from '../../../lib/wire/ip.js'
import type { EtcdEntry, FileEntry, FlanneldEntry, RecordedCase } from './case-file.js'
import type { CaseShell } from './case-shell.js'
import { CaseStore } from './case-store.js'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (octets: Uint8Array): string => new TextDecoder().decode(octets)

/** How often the recorder looked whether a daemon is ready, and how often at most. */
const LOOK_SECONDS = 0.1
const MOST_LOOKS = 100
/** Seconds that a daemon may take to end. */
const END_SECONDS = 5

/** A line that only the daemon writes: the file that was prepared for it has none. */
const WRITTEN = /^FLANNEL_MTU=/m

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))

/** The MAC as a 48-bit number. */
const macOf = (text: string): number => Number.parseInt(text.replaceAll(':', ''), 16)

/** The store and the daemons of one replay. */
export class CaseCluster {
  readonly #shell: CaseShell
  readonly #recorded: RecordedCase
  #store: CaseStore | null = null
  /** The daemon that each host started last. */
  readonly #daemons = new Map<string, Process>()
  /** What each host's daemons write to, in the order of their starts: one that runs on beside a later one too. */
  readonly #logs = new Map<string, { readonly stderr: string }[]>()
  readonly #subnetFiles = new Map<string, string>()

  constructor(shell: CaseShell, recorded: RecordedCase) {
    this.#shell = shell
    this.#recorded = recorded
  }

  #files(host: string): FileSystem {
    return fsOf(this.#shell.world.netns(host))
  }

  get #running(): CaseStore {
    if (this.#store === null) throw new Error('the recording uses the store before it is started')
    return this.#store
  }

  /** Starts or kills the store, or changes a key of it. */
  etcd(entry: EtcdEntry): void {
    switch (entry.op) {
      case 'start':
        this.#store = new CaseStore(this.#shell, entry.ns, entry.address)
        return
      case 'put':
        return this.#running.put(entry.key, entry.value, entry.ttl)
      case 'del':
        return this.#running.delete(entry.key)
      case 'kill':
        return this.#running.kill()
    }
  }

  /** Writes or removes a file of a host. */
  file({ host, op, path, text }: FileEntry): void {
    const files = this.#files(host)
    if (op === 'remove') return files.remove(path)
    files.mkdir(directoryOf(path), { recursive: true })
    files.writeFile(path, encode(text))
  }

  /** Starts a daemon and waits until its subnet file is written or it has ended; or stops it. */
  flanneld(entry: FlanneldEntry): void {
    if (entry.op === 'start') this.#start(entry)
    else this.#stop(entry)
  }

  #start({ host, options, subnetFile }: FlanneldEntry): void {
    const files = this.#files(host)
    files.mkdir(directoryOf(subnetFile), { recursive: true })
    this.#subnetFiles.set(host, subnetFile)
    this.#daemons.delete(host)
    const flags = this.#flags(host, options)
    if (flags === null) return
    const mac = this.#recorded.vtepMacs.get(host)
    const subnet = this.#recorded.subnets.get(host)
    const fixed = {
      ...(mac === undefined ? {} : { vtepMac: macOf(mac) }),
      ...(subnet === undefined ? {} : { subnet: parsePrefix(subnet) }),
    }
    const before = files.generation
    const { process } = startFlanneld(this.#shell.world.netns(host), flags, fixed)
    this.#daemons.set(host, process)
    this.#logOf(host).push(process)
    for (let look = 0; look < MOST_LOOKS; look++) {
      if (process.exitStatus !== null) return
      if (files.generation !== before && WRITTEN.test(this.subnetEnv(host) ?? '')) return
      this.#shell.sleep(LOOK_SECONDS)
    }
    this.#shell.failures.push(`[${host}] flanneld: ${subnetFile} was not written`)
  }

  #stop({ host, signal }: FlanneldEntry): void {
    const process = this.#daemons.get(host)
    if (process === undefined || process.exitStatus !== null) return
    if (signal === 'SIGKILL') process.killHard()
    else process.kill()
    if (process.exitStatus === null)
      this.#shell.world.run({ until: () => process.exitStatus !== null, within: END_SECONDS * 1e9 })
  }

  /** The options; null for those with which a daemon shows its usage and ends. */
  #flags(host: string, options: readonly string[]): FlanneldOptions | null {
    try {
      return parseFlags(options)
    } catch (e) {
      if (!(e instanceof FlagError)) throw e
      this.#logOf(host).push({ stderr: `${e.message === '' ? '' : `${e.message}\n`}${usageText('flanneld')}` })
      return null
    }
  }

  #logOf(host: string): { readonly stderr: string }[] {
    const log = this.#logs.get(host) ?? []
    this.#logs.set(host, log)
    return log
  }

  /** What the subnet file of a host holds; null when there is none. */
  subnetEnv(host: string): string | null {
    const path = this.#subnetFiles.get(host)
    if (path === undefined || !this.#files(host).exists(path)) return null
    return decode(this.#files(host).readFile(path))
  }

  /** All keys of flannel with their revisions and leases. */
  etcdDump(): string {
    return this.#running.dump()
  }

  /** What the daemons of each host have logged so far. */
  logs(): Map<string, string> {
    return new Map([...this.#logs].map(([host, log]) => [host, log.map(({ stderr }) => stderr).join('')]))
  }
}
