/**
 * Doing requests on the store.
 *
 * @see etcd etcdserver/apply.go
 */
import { NO_OCTETS } from '../../wire/repr.js'
import {
  COMPARE_CREATE,
  COMPARE_EQUAL,
  COMPARE_GREATER,
  COMPARE_LEASE,
  COMPARE_LESS,
  COMPARE_MOD,
  COMPARE_NOT_EQUAL,
  COMPARE_VALUE,
  COMPARE_VERSION,
  type Compare,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type RequestOp,
  type ResponseHeader,
  type ResponseOp,
  SORT_BY_CREATE,
  SORT_BY_KEY,
  SORT_BY_MOD,
  SORT_BY_VERSION,
  SORT_ASCEND,
  SORT_DESCEND,
  SORT_NONE,
  type TxnRequest,
  type TxnResponse,
} from '../etcdserverpb.js'
import type { Lessor } from '../lease/lessor.js'
import { inRange } from '../mvcc/index-tree.js'
import type { KeyValue } from '../mvcc/kv.js'
import { type KvStore, RANGE_ALL, type ReadView, type WriteTxn } from '../mvcc/kvstore.js'
import { compareOctets, keyText } from '../octets.js'
import { etcdError } from '../rpctypes.js'

/** End of a range as the store takes it: none is one key, one zero octet is "all from here". */
export const gteRange = (rangeEnd: Uint8Array | undefined): string | null => {
  if (rangeEnd === undefined || rangeEnd.length === 0) return null
  return rangeEnd.length === 1 && rangeEnd[0] === 0 ? '' : keyText(rangeEnd)
}

/** A head that has only the revision; who answers fills in the rest. */
const headerAt = (revision: number): ResponseHeader => ({ clusterId: 0, memberId: 0, revision, raftTerm: 0 })

const NO_KEY_VALUE: KeyValue = {
  key: NO_OCTETS,
  createRevision: 0,
  modRevision: 0,
  version: 0,
  value: NO_OCTETS,
  lease: 0,
}

/** Reads a range. Throws ErrFutureRev, ErrCompacted. */
export const applyRange = (view: ReadView, r: RangeRequest): RangeResponse => {
  const { limit = 0, revision = 0, sortOrder = SORT_NONE, sortTarget = SORT_BY_KEY, keysOnly, countOnly } = r
  const { minModRevision = 0, maxModRevision = 0, minCreateRevision = 0, maxCreateRevision = 0 } = r
  const isPruned = minModRevision !== 0 || maxModRevision !== 0 || minCreateRevision !== 0 || maxCreateRevision !== 0
  // All is needed to sort or sift; else one more than wanted tells whether there are more.
  const fetched = sortOrder !== SORT_NONE || isPruned ? 0 : limit > 0 ? limit + 1 : 0
  const found = view.range(keyText(r.key!), gteRange(r.rangeEnd), {
    limit: fetched,
    rev: revision,
    count: countOnly ?? false,
  })
  let { kvs } = found
  if (maxModRevision !== 0) kvs = kvs.filter(kv => kv.modRevision <= maxModRevision)
  if (minModRevision !== 0) kvs = kvs.filter(kv => kv.modRevision >= minModRevision)
  if (maxCreateRevision !== 0) kvs = kvs.filter(kv => kv.createRevision <= maxCreateRevision)
  if (minCreateRevision !== 0) kvs = kvs.filter(kv => kv.createRevision >= minCreateRevision)
  sortKvs(kvs, sortOrder, sortTarget)
  const more = limit > 0 && kvs.length > limit
  if (more) kvs = kvs.slice(0, limit)
  if (keysOnly) kvs = kvs.map(kv => ({ ...kv, value: NO_OCTETS }))
  return { header: headerAt(found.rev), kvs, more, count: found.count }
}

/** Sorts as asked; a target other than the key without an order means ascending. */
const sortKvs = (kvs: KeyValue[], order: number, target: number): void => {
  const isDescending = order === SORT_DESCEND
  if (!isDescending && order !== SORT_ASCEND && target === SORT_BY_KEY) return
  const compare = comparatorOf(target)
  kvs.sort(isDescending ? (a, b) => compare(b, a) : compare)
}

const comparatorOf = (target: number): ((a: KeyValue, b: KeyValue) => number) => {
  if (target === SORT_BY_KEY) return (a, b) => compareOctets(a.key, b.key)
  if (target === SORT_BY_VERSION) return (a, b) => a.version - b.version
  if (target === SORT_BY_CREATE) return (a, b) => a.createRevision - b.createRevision
  if (target === SORT_BY_MOD) return (a, b) => a.modRevision - b.modRevision
  return (a, b) => compareOctets(a.value, b.value)
}

/** Puts a key in a transaction. Throws ErrKeyNotFound when something of a key that is not there is to be kept. */
export const applyPut = (txn: WriteTxn, r: PutRequest): PutResponse => {
  const key = keyText(r.key!)
  const { ignoreValue, ignoreLease, prevKv } = r
  const old = ignoreValue || ignoreLease || prevKv ? (txn.range(key, null, RANGE_ALL).kvs[0] ?? null) : null
  if ((ignoreValue || ignoreLease) && old === null) throw etcdError('ErrKeyNotFound')
  const value = ignoreValue ? old!.value : (r.value ?? NO_OCTETS)
  const lease = ignoreLease ? old!.lease : (r.lease ?? 0)
  return { header: headerAt(txn.put(key, value, lease)), prevKv: prevKv ? (old ?? undefined) : undefined }
}

/** Deletes a range in a transaction. */
export const applyDeleteRange = (txn: WriteTxn, r: DeleteRangeRequest): DeleteRangeResponse => {
  const key = keyText(r.key!)
  const end = gteRange(r.rangeEnd)
  const prevKvs = r.prevKv ? txn.range(key, end, RANGE_ALL).kvs : []
  const { deleted, rev } = txn.deleteRange(key, end)
  return { header: headerAt(rev), deleted, prevKvs }
}

/** Does a transaction. Throws what its operations throw, and has then changed nothing. */
export const applyTxn = (kv: KvStore, lessor: Lessor, r: TxnRequest): TxnResponse => {
  const txn = kv.write()
  const path = compareToPath(txn, r)
  checkRequests(path, op => checkPut(txn, lessor, op))
  checkKept(path)
  checkRequests(path, op => checkRange(txn, op))
  const response = applyPath(txn, path)
  response.header = headerAt(txn.changes.length > 0 ? txn.rev + 1 : txn.rev)
  txn.end()
  return response
}

/** The branch that a transaction takes, and those that nested ones in it take. All is compared before anything changes. */
interface TxnPath {
  readonly succeeded: boolean
  readonly ops: readonly (RequestOp | TxnPath)[]
}

const compareToPath = (view: ReadView, r: TxnRequest): TxnPath => {
  const succeeded = (r.compare ?? []).every(c => applyCompare(view, c))
  const ops = (succeeded ? r.success : r.failure) ?? []
  return { succeeded, ops: ops.map(op => (op.requestTxn === undefined ? op : compareToPath(view, op.requestTxn))) }
}

const isPath = (op: RequestOp | TxnPath): op is TxnPath => 'ops' in op

const checkRequests = (path: TxnPath, check: (op: RequestOp) => void): void => {
  for (const op of path.ops) {
    if (isPath(op)) checkRequests(op, check)
    else check(op)
  }
}

const checkPut = (view: ReadView, lessor: Lessor, { requestPut: put }: RequestOp): void => {
  if (put === undefined) return
  if (put.ignoreValue || put.ignoreLease) {
    if (view.range(keyText(put.key!), null, RANGE_ALL).kvs.length === 0) throw etcdError('ErrKeyNotFound')
  }
  const { lease = 0 } = put
  if (lease !== 0 && lessor.lookup(lease) === undefined) throw etcdError('ErrLeaseNotFound')
}

/**
 * A put that keeps something of its key, behind a deletion of that key, has nothing to keep.
 *
 * DIFFERS: etcd 3.4 does not see that before a deletion "from here on" and panics in the middle of it; here it is refused.
 */
const checkKept = (path: TxnPath): void => {
  const deleted: [string, string | null][] = []
  checkRequests(path, ({ requestPut: put, requestDeleteRange: del }) => {
    if (del !== undefined) deleted.push([keyText(del.key!), gteRange(del.rangeEnd)])
    if (put === undefined || (!put.ignoreValue && !put.ignoreLease)) return
    const key = keyText(put.key!)
    if (deleted.some(([from, end]) => inRange(key, from, end))) throw etcdError('ErrKeyNotFound')
  })
}

const checkRange = (view: ReadView, { requestRange: range }: RequestOp): void => {
  const revision = range?.revision ?? 0
  if (revision === 0) return
  if (revision > view.rev) throw etcdError('ErrFutureRev')
  if (revision < view.firstRev) throw etcdError('ErrCompacted')
}

const applyPath = (txn: WriteTxn, path: TxnPath): TxnResponse => ({
  header: headerAt(0),
  succeeded: path.succeeded,
  responses: path.ops.map((op): ResponseOp => {
    if (isPath(op)) return { responseTxn: applyPath(txn, op) }
    if (op.requestRange !== undefined) return { responseRange: applyRange(txn, op.requestRange) }
    if (op.requestPut !== undefined) return { responsePut: applyPut(txn, op.requestPut) }
    return { responseDeleteRange: applyDeleteRange(txn, op.requestDeleteRange!) }
  }),
})

/** A comparison holds when it does for every key of its range; a value is never equal, less or more without a key. */
const applyCompare = (view: ReadView, c: Compare): boolean => {
  const { kvs } = view.range(keyText(c.key!), gteRange(c.rangeEnd), RANGE_ALL)
  if (kvs.length > 0) return kvs.every(kv => compareKv(c, kv))
  return c.target !== COMPARE_VALUE && compareKv(c, NO_KEY_VALUE)
}

const compareKv = (c: Compare, kv: KeyValue): boolean => {
  const order = orderOf(c, kv)
  const { result = COMPARE_EQUAL } = c
  if (result === COMPARE_EQUAL) return order === 0
  if (result === COMPARE_NOT_EQUAL) return order !== 0
  if (result === COMPARE_GREATER) return order > 0
  return result === COMPARE_LESS ? order < 0 : true
}

const orderOf = (c: Compare, kv: KeyValue): number => {
  const { target = COMPARE_VERSION } = c
  if (target === COMPARE_VALUE) return compareOctets(kv.value, c.value ?? NO_OCTETS)
  if (target === COMPARE_CREATE) return kv.createRevision - (c.createRevision ?? 0)
  if (target === COMPARE_MOD) return kv.modRevision - (c.modRevision ?? 0)
  if (target === COMPARE_VERSION) return kv.version - (c.version ?? 0)
  if (target !== COMPARE_LEASE) return 0
  const lease = c.lease ?? 0
  return kv.lease === lease ? 0 : kv.lease < lease ? -1 : 1
}
