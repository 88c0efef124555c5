/**
 * The dump of the store of a recorded cluster in the form in which it is compared: revisions count from the first key's,
 * and of a lease only that there is one and for how long it was granted.
 */

interface DumpedKey {
  readonly key: string
  readonly value: string
  readonly create_revision: number
  readonly mod_revision: number
  readonly version: number
  readonly lease?: string
  readonly lease_timetolive?: string
}

interface Dump {
  readonly revision: number
  readonly kvs: readonly DumpedKey[]
}

const keyLines = (kv: DumpedKey, base: number): string[] => {
  const hasLease = kv.lease !== undefined && kv.lease !== '0'
  const granted = /granted with TTL\((\d+)s\)/.exec(kv.lease_timetolive ?? '')
  const ttl = granted === null ? '' : ` for ${granted[1]} s`
  const revisions = `created ${kv.create_revision - base}, modified ${kv.mod_revision - base}, version ${kv.version}`
  return [`${kv.key}: ${revisions}, ${hasLease ? 'leased' : 'kept'}${ttl}`, kv.value]
}

/** One line for the revision, two for each key. Throws for a text that is no dump. */
export const etcdLines = (text: string): string[] => {
  const { revision, kvs } = JSON.parse(text) as Dump
  const base = Math.min(...kvs.map(kv => kv.create_revision))
  return [`revision ${revision - base}`, ...kvs.flatMap(kv => keyLines(kv, base))]
}
