/**
 * A key with its value and revisions, and events on it.
 *
 * @see etcd mvcc/mvccpb/kv.proto
 */
import type { Int64 } from '../octets.js'

/** A key at a revision. Nobody changes one: it is shared by all who have read it. */
export interface KeyValue {
  readonly key: Uint8Array
  /** Revision of the last creation. */
  readonly createRevision: number
  /** Revision of the last change. */
  readonly modRevision: number
  /** Changes since the creation, 1 for the first; 0 is a deleted key. */
  readonly version: number
  readonly value: Uint8Array
  /** Lease that the key is attached to, 0 for none. */
  readonly lease: Int64
}

/** The key was put. */
export const EVENT_PUT = 0
/** The key was deleted, or its lease expired. */
export const EVENT_DELETE = 1

/** A change of a key; a deletion has only the key and the revision in `kv`. */
export interface MvccEvent {
  readonly type: typeof EVENT_PUT | typeof EVENT_DELETE
  readonly kv: KeyValue
  /** What the key was before, for watchers that asked for it. */
  readonly prevKv: KeyValue | undefined
}
