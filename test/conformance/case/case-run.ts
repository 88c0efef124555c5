/**
 * Replays a recorded flannel cluster in a world: its timeline, entry by entry.
 */
import type { CaseCluster } from './case-cluster.js'
import type { RecordedCase, TimelineEntry } from './case-file.js'
import type { CaseShell } from './case-shell.js'
import { stateText } from './case-state.js'
import { runStep } from './case-step.js'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** One replay. */
export class CaseRun {
  /** What it has left so far, by path below the case. */
  readonly files: Map<string, Uint8Array> = new Map()
  readonly #shell: CaseShell
  readonly #recorded: RecordedCase
  readonly #cluster: CaseCluster

  constructor(shell: CaseShell, recorded: RecordedCase, cluster: CaseCluster) {
    this.#shell = shell
    this.#recorded = recorded
    this.#cluster = cluster
  }

  /** Does what `entries` say, in order. */
  play(entries: readonly TimelineEntry[]): void {
    for (const entry of entries) this.#entry(entry)
  }

  #entry(entry: TimelineEntry): void {
    const shell = this.#shell
    switch (entry.kind) {
      case 'setup':
        for (const { ns, argv } of entry.run) shell.expect(ns, argv)
        return
      case 'sleep':
        return shell.sleep(entry.seconds)
      case 'etcd':
        return this.#cluster.etcd(entry)
      case 'file':
        return this.#cluster.file(entry)
      case 'flanneld':
        return this.#cluster.flanneld(entry)
      case 'step':
        for (const [file, octets] of runStep(shell, this.#recorded, entry)) this.files.set(file, octets)
        return
      case 'state':
        return this.#state(entry.label, entry.hosts)
      case 'event':
        return this.#event(entry.label, entry.entries)
    }
  }

  #state(label: string, hosts: readonly string[]): void {
    for (const host of hosts) {
      const text = stateText(this.#shell, label, host, this.#cluster.subnetEnv(host))
      this.files.set(`${label}/${host}.txt`, encode(text))
    }
    this.files.set(`${label}/etcd.json`, encode(this.#cluster.etcdDump()))
  }

  /** An event, and what the daemons logged meanwhile. */
  #event(label: string, entries: readonly TimelineEntry[]): void {
    const before = this.#cluster.logs()
    this.play(entries)
    for (const [host, log] of this.#cluster.logs()) {
      const text = log.slice(before.get(host)?.length ?? 0)
      if (text !== '') this.files.set(`${label}/${host}.flanneld.log`, encode(text))
    }
  }

  /** The end: the whole logs. */
  finish(): void {
    for (const [host, log] of this.#cluster.logs()) this.files.set(`logs/flanneld-${host}.log`, encode(log))
  }
}
