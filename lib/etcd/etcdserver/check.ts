/**
 * What a request must be before the store sees it.
 *
 * @see etcd etcdserver/api/v3rpc/key.go
 */
import type { DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from '../etcdserverpb.js'
import { inRange } from '../mvcc/index-tree.js'
import { keyText } from '../octets.js'
import { etcdError } from '../rpctypes.js'

/** Operations in one branch of a transaction at most. */
const MAX_TXN_OPS = 128

const checkKey = (key: Uint8Array | undefined): void => {
  if (key === undefined || key.length === 0) throw etcdError('ErrEmptyKey')
}

/** Throws ErrEmptyKey. */
export const checkRangeRequest = (r: RangeRequest): void => checkKey(r.key)

/** Throws ErrEmptyKey, ErrValueProvided, ErrLeaseProvided. */
export const checkPutRequest = (r: PutRequest): void => {
  checkKey(r.key)
  if (r.ignoreValue && (r.value?.length ?? 0) !== 0) throw etcdError('ErrValueProvided')
  if (r.ignoreLease && (r.lease ?? 0) !== 0) throw etcdError('ErrLeaseProvided')
}

/** Throws ErrEmptyKey. */
export const checkDeleteRequest = (r: DeleteRangeRequest): void => checkKey(r.key)

/** Throws ErrTooManyOps, ErrEmptyKey, ErrKeyNotFound for an empty operation, ErrDuplicateKey, and what its operations throw. */
export const checkTxnRequest = (r: TxnRequest): void => {
  checkTxn(r, MAX_TXN_OPS)
  checkIntervals(r.success ?? [])
  checkIntervals(r.failure ?? [])
}

const checkTxn = (r: TxnRequest, maxTxnOps: number): void => {
  const { compare = [], success = [], failure = [] } = r
  const ops = Math.max(compare.length, success.length, failure.length)
  if (ops > maxTxnOps) throw etcdError('ErrTooManyOps')
  for (const { key } of compare) checkKey(key)
  for (const op of success) checkRequestOp(op, maxTxnOps - ops)
  for (const op of failure) checkRequestOp(op, maxTxnOps - ops)
}

const checkRequestOp = (op: RequestOp, maxTxnOps: number): void => {
  if (op.requestRange !== undefined) checkRangeRequest(op.requestRange)
  else if (op.requestPut !== undefined) checkPutRequest(op.requestPut)
  else if (op.requestDeleteRange !== undefined) checkDeleteRequest(op.requestDeleteRange)
  else if (op.requestTxn !== undefined) checkTxn(op.requestTxn, maxTxnOps)
  else throw etcdError('ErrKeyNotFound')
}

type Interval = readonly [key: string, end: string | null]

/** What the operations of a branch put and delete; throws ErrDuplicateKey when one key would change twice. */
const checkIntervals = (ops: readonly RequestOp[]): { puts: Set<string>; dels: Interval[] } => {
  const dels: Interval[] = []
  const puts = new Set<string>()
  for (const { requestDeleteRange: del } of ops)
    if (del !== undefined) dels.push([keyText(del.key!), intervalEnd(del.rangeEnd)])
  const put = (key: string, isSafe: boolean): void => {
    if (puts.has(key) && !isSafe) throw etcdError('ErrDuplicateKey')
    if (dels.some(([from, end]) => inRange(key, from, end))) throw etcdError('ErrDuplicateKey')
    puts.add(key)
  }
  for (const { requestTxn: txn } of ops) {
    if (txn === undefined) continue
    const yes = checkIntervals(txn.success ?? [])
    const no = checkIntervals(txn.failure ?? [])
    for (const key of yes.puts) put(key, false)
    // Only one of the two branches is done.
    for (const key of no.puts) put(key, yes.puts.has(key))
    dels.push(...yes.dels, ...no.dels)
  }
  for (const { requestPut } of ops) if (requestPut !== undefined) put(keyText(requestPut.key!), false)
  return { puts, dels }
}

/** An end of one zero octet is a string like any other to the interval tree, but nothing is before it. */
const intervalEnd = (rangeEnd: Uint8Array | undefined): string | null =>
  rangeEnd === undefined || rangeEnd.length === 0 ? null : keyText(rangeEnd)
