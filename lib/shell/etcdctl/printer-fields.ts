/**
 * The format `fields`: a line for each field.
 *
 * @see etcd etcdctl/ctlv3/command/printer_fields.go
 */
import type { ResponseHeader } from '../../etcd/etcdserverpb.js'
import { EVENT_DELETE, type KeyValue } from '../../etcd/mvcc/kv.js'
import { goQuote } from '../../app/go-text.js'
import { linesText, type Printer } from './printer.js'

/** Lines of a head. */
export const headerLines = (h: ResponseHeader | null): string[] =>
  h === null
    ? []
    : [
        `"ClusterID" : ${h.clusterId}`,
        `"MemberID" : ${h.memberId}`,
        `"Revision" : ${h.revision}`,
        `"RaftTerm" : ${h.raftTerm}`,
      ]

const keyValue = (prefix: string, kv: KeyValue): string[] => [
  `"${prefix}Key" : ${goQuote(kv.key)}`,
  `"${prefix}CreateRevision" : ${kv.createRevision}`,
  `"${prefix}ModRevision" : ${kv.modRevision}`,
  `"${prefix}Version" : ${kv.version}`,
  `"${prefix}Value" : ${goQuote(kv.value)}`,
  `"${prefix}Lease" : ${kv.lease}`,
]

const prev = (kv: KeyValue | undefined): string[] => (kv === undefined ? [] : keyValue('Prev', kv))

/** Prints each field on a line. */
export const FIELDS_PRINTER: Printer = {
  get: r =>
    linesText([
      ...headerLines(r.header),
      ...r.kvs.flatMap(kv => keyValue('', kv)),
      `"More" : ${r.more}`,
      `"Count" : ${r.count}`,
    ]),
  put: r => linesText([...headerLines(r.header), ...prev(r.prevKv)]),
  del: r =>
    linesText([...headerLines(r.header), `"Deleted" : ${r.deleted}`, ...r.prevKvs.flatMap(kv => keyValue('Prev', kv))]),
  txn: r =>
    linesText([...headerLines(r.header), `"Succeeded" : ${r.succeeded}`]) +
    r.responses
      .map(op => {
        if (op.responseDeleteRange !== undefined) return FIELDS_PRINTER.del(op.responseDeleteRange)
        if (op.responsePut !== undefined) return FIELDS_PRINTER.put(op.responsePut)
        return op.responseRange === undefined ? '' : FIELDS_PRINTER.get(op.responseRange)
      })
      .join(''),
  watch: r =>
    linesText([
      ...headerLines(r.header),
      ...r.events.flatMap(({ type, kv, prevKv }) => [
        `"Type" : ${type === EVENT_DELETE ? 'DELETE' : 'PUT'}`,
        ...prev(prevKv),
        ...keyValue('', kv),
      ]),
    ]),
  grant: r => linesText([...headerLines(r.header), `"ID" : ${r.ID}`, `"TTL" : ${r.TTL}`]),
  revoke: (_, r) => linesText(headerLines(r.header)),
  keepAlive: r => linesText([...headerLines(r.header), `"ID" : ${r.ID}`, `"TTL" : ${r.TTL}`]),
  timeToLive: r =>
    linesText([
      ...headerLines(r.header),
      `"ID" : ${r.ID}`,
      `"TTL" : ${r.TTL}`,
      `"GrantedTTL" : ${r.grantedTTL}`,
      ...r.keys.map(key => `"Key" : ${goQuote(key)}`),
    ]),
  leases: r => linesText([...headerLines(r.header), ...r.leases.map(({ ID }) => `"ID" : ${ID}`)]),
}
