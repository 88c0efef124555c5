/**
 * The dump of the store of a cluster, made by `etcdctl` alone.
 */
import { Buffer } from 'node:buffer'

const PREFIX = '/coreos.com/network'

/** A key as `etcdctl get -w json` prints it: octets in base64, numbers left out when they are 0. */
interface PrintedKey {
  readonly key: string
  readonly value?: string
  readonly create_revision: number
  readonly mod_revision: number
  readonly version: number
  readonly lease?: string
}

interface PrintedKeys {
  readonly header: { readonly revision: number }
  readonly kvs?: readonly PrintedKey[]
}

const text = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('utf8')

/** Ids of leases are 63 bits wide: more than a number of JSON keeps. */
const withIdsAsText = (json: string): string => json.replace(/"lease":(\d+)/g, '"lease":"$1"')

/** All keys of flannel with revisions, leases and what is left of these; `ctl` runs `etcdctl` with the words. */
export const etcdDump = (ctl: (...words: string[]) => string): string => {
  const printed = JSON.parse(withIdsAsText(ctl('get', '--prefix', PREFIX, '-w', 'json'))) as PrintedKeys
  const kvs = (printed.kvs ?? []).map(kv => {
    const lease = BigInt(kv.lease ?? 0).toString(16)
    return {
      key: text(kv.key),
      value: text(kv.value),
      create_revision: kv.create_revision,
      mod_revision: kv.mod_revision,
      version: kv.version,
      lease,
      ...(lease === '0' ? {} : { lease_timetolive: ctl('lease', 'timetolive', lease).trim() }),
    }
  })
  return JSON.stringify({ revision: printed.header.revision, kvs }, null, 1)
}
