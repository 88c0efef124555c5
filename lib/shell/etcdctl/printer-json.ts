/**
 * The format `json`: Go's encoding of etcd's structures, octets in base64, what is empty left out.
 *
 * @see etcd etcdctl/ctlv3/command/printer_json.go; the json tags of etcdserverpb, mvccpb and clientv3
 */
import { encodeBase64 } from '../../wire/base64.js'
import type { ResponseHeader, ResponseOp } from '../../etcd/etcdserverpb.js'
import type { KeyValue, MvccEvent } from '../../etcd/mvcc/kv.js'
import type { Int64 } from '../../etcd/octets.js'
import type { Printer } from './printer.js'

type Pair = readonly [name: string, json: string | null]

const object = (pairs: readonly Pair[]): string =>
  `{${pairs.flatMap(([name, json]) => (json === null ? [] : [`"${name}":${json}`])).join(',')}}`

const array = (items: readonly string[]): string => `[${items.join(',')}]`

/** A number, left out when it is 0 (omitempty). */
const number = (n: Int64): string | null => (n === 0 ? null : `${n}`)
const bool = (b: boolean): string | null => (b ? 'true' : null)
const bytes = (octets: Uint8Array): string | null => (octets.length === 0 ? null : `"${encodeBase64(octets)}"`)
const list = (items: readonly string[]): string | null => (items.length === 0 ? null : array(items))

const headerPairs = (h: ResponseHeader): Pair[] => [
  ['cluster_id', number(h.clusterId)],
  ['member_id', number(h.memberId)],
  ['revision', number(h.revision)],
  ['raft_term', number(h.raftTerm)],
]

/** A head as an object. */
export const headerJson = (h: ResponseHeader): string => object(headerPairs(h))

const header = (h: ResponseHeader | null): Pair => ['header', h === null ? null : headerJson(h)]

const keyValue = (kv: KeyValue): string =>
  object([
    ['key', bytes(kv.key)],
    ['create_revision', number(kv.createRevision)],
    ['mod_revision', number(kv.modRevision)],
    ['version', number(kv.version)],
    ['value', bytes(kv.value)],
    ['lease', number(kv.lease)],
  ])

const maybe = (kv: KeyValue | undefined): string | null => (kv === undefined ? null : keyValue(kv))

const event = ({ type, kv, prevKv }: MvccEvent): string =>
  object([
    ['type', number(type)],
    ['kv', keyValue(kv)],
    ['prev_kv', maybe(prevKv)],
  ])

const responseOp = (op: ResponseOp): string => {
  const { responseRange: range, responsePut: put, responseDeleteRange: del, responseTxn: txn } = op
  const response: Pair =
    range !== undefined
      ? ['ResponseRange', rangeJson(range)]
      : put !== undefined
        ? ['ResponsePut', putJson(put)]
        : del !== undefined
          ? ['ResponseDeleteRange', delJson(del)]
          : ['ResponseTxn', txn === undefined ? null : txnJson(txn)]
  return object([['Response', object([response])]])
}

type Json<K extends keyof Printer> = (r: Parameters<Printer[K]>[0]) => string

const rangeJson: Json<'get'> = r =>
  object([header(r.header), ['kvs', list(r.kvs.map(keyValue))], ['more', bool(r.more)], ['count', number(r.count)]])

const putJson: Json<'put'> = r => object([header(r.header), ['prev_kv', maybe(r.prevKv)]])

const delJson: Json<'del'> = r =>
  object([header(r.header), ['deleted', number(r.deleted)], ['prev_kvs', list(r.prevKvs.map(keyValue))]])

const txnJson: Json<'txn'> = r =>
  object([header(r.header), ['succeeded', bool(r.succeeded)], ['responses', list(r.responses.map(responseOp))]])

/** Prints each answer as a line of JSON. */
export const JSON_PRINTER: Printer = {
  get: r => `${rangeJson(r)}\n`,
  put: r => `${putJson(r)}\n`,
  del: r => `${delJson(r)}\n`,
  txn: r => `${txnJson(r)}\n`,
  watch: r =>
    `${object([
      ['Header', object(headerPairs(r.header))],
      ['Events', array(r.events.map(event))],
      ['CompactRevision', `${r.compactRevision}`],
      ['Canceled', `${r.canceled}`],
      ['Created', 'false'],
    ])}\n`,
  grant: r =>
    `${object([...headerPairs(r.header), ['ID', `${r.ID}`], ['TTL', `${r.TTL}`], ['Error', `"${r.error}"`]])}\n`,
  revoke: (_, r) => `${object([header(r.header)])}\n`,
  keepAlive: r => `${object([...headerPairs(r.header), ['ID', `${r.ID}`], ['TTL', `${r.TTL}`]])}\n`,
  timeToLive: r =>
    `${object([
      ...headerPairs(r.header),
      ['id', `${r.ID}`],
      ['ttl', `${r.TTL}`],
      ['granted-ttl', `${r.grantedTTL}`],
      ['keys', r.keys.length === 0 ? 'null' : array(r.keys.map(key => `"${encodeBase64(key)}"`))],
    ])}\n`,
  leases: r => `${object([...headerPairs(r.header), ['leases', array(r.leases.map(({ ID }) => `{"id":${ID}}`))]])}\n`,
}
