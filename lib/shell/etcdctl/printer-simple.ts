/**
 * The format `simple`.
 *
 * @see etcd etcdctl/ctlv3/command/printer_simple.go
 */
import { octetText } from '../../app/octet-text.js'
import type { TxnResponse } from '../../etcd/etcdserverpb.js'
import { EVENT_DELETE, type KeyValue } from '../../etcd/mvcc/kv.js'
import type { Int64 } from '../../etcd/octets.js'
import { linesText, type Printer } from './printer.js'

/** `%016x` of a lease. */
export const leaseText = (id: Int64): string => {
  const value = BigInt(id)
  const digits = (value < 0n ? -value : value).toString(16)
  return value < 0n ? `-${digits.padStart(15, '0')}` : digits.padStart(16, '0')
}

const hexText = (octets: Uint8Array): string =>
  [...octets].map(octet => `\\x${octet.toString(16).padStart(2, '0')}`).join('')

/** Prints keys and values on lines of their own. */
export const makeSimplePrinter = (isHex: boolean, valueOnly: boolean): Printer => {
  const text = isHex ? hexText : octetText
  const kv = ({ key, value }: KeyValue): string[] => (valueOnly ? [text(value)] : [text(key), text(value)])
  const printer: Printer = {
    get: r => linesText(r.kvs.flatMap(kv)),
    put: r => linesText(['OK', ...(r.prevKv === undefined ? [] : kv(r.prevKv))]),
    del: r => linesText([`${r.deleted}`, ...r.prevKvs.flatMap(kv)]),
    txn: (r: TxnResponse): string => {
      const parts = r.responses.map(op => {
        if (op.responseDeleteRange !== undefined) return printer.del(op.responseDeleteRange)
        if (op.responsePut !== undefined) return printer.put(op.responsePut)
        return op.responseRange === undefined ? '' : printer.get(op.responseRange)
      })
      return [r.succeeded ? 'SUCCESS\n' : 'FAILURE\n', ...parts].join('\n')
    },
    watch: r =>
      linesText(
        r.events.flatMap(event => [
          event.type === EVENT_DELETE ? 'DELETE' : 'PUT',
          ...(event.prevKv === undefined ? [] : kv(event.prevKv)),
          ...kv(event.kv),
        ]),
      ),
    grant: r => `lease ${leaseText(r.ID)} granted with TTL(${r.TTL}s)\n`,
    revoke: id => `lease ${leaseText(id)} revoked\n`,
    keepAlive: r => `lease ${leaseText(r.ID)} keepalived with TTL(${r.TTL})\n`,
    timeToLive: (r, keys) => {
      if (r.grantedTTL === 0 && r.TTL === -1) return `lease ${leaseText(r.ID)} already expired\n`
      const attached = keys ? `, attached keys([${r.keys.map(octetText).join(' ')}])` : ''
      return `lease ${leaseText(r.ID)} granted with TTL(${r.grantedTTL}s), remaining(${r.TTL}s)${attached}\n`
    },
    leases: r => linesText([`found ${r.leases.length} leases`, ...r.leases.map(({ ID }) => leaseText(ID))]),
  }
  return printer
}
