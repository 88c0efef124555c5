/**
 * What etcdctl prints: the answers of etcd in its formats.
 *
 * @see etcd etcdctl/ctlv3/command/printer.go
 */
import type { ClientWatchResponse } from '../../etcd/clientv3.js'
import type {
  DeleteRangeResponse,
  HeaderResponse,
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseTimeToLiveResponse,
  PutResponse,
  RangeResponse,
  TxnResponse,
} from '../../etcd/etcdserverpb.js'
import type { Int64 } from '../../etcd/octets.js'

/** One format. Every function gives lines with their ends. */
export interface Printer {
  get(r: RangeResponse): string
  put(r: PutResponse): string
  del(r: DeleteRangeResponse): string
  txn(r: TxnResponse): string
  watch(r: ClientWatchResponse): string
  grant(r: LeaseGrantResponse): string
  revoke(id: Int64, r: HeaderResponse): string
  keepAlive(r: LeaseKeepAliveResponse): string
  timeToLive(r: LeaseTimeToLiveResponse, keys: boolean): string
  leases(r: LeaseLeasesResponse): string
}

/** Lines with their ends. */
export const linesText = (lines: readonly string[]): string => lines.map(line => `${line}\n`).join('')
