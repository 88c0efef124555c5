/**
 * Identifiers: of members and clusters, and of requests, which leases get theirs from.
 *
 * @see etcd etcdserver/api/membership/member.go NewMember, etcdserver/api/membership/cluster.go genID, pkg/idutil/id.go
 */
import { keyOctets } from '../octets.js'
import { sha1 } from '../../wire/sha1.js'
import { encodeUtf8 } from '../../wire/utf8.js'

const MASK_64 = (1n << 64n) - 1n
const MASK_48 = (1n << 48n) - 1n
const MASK_63 = (1n << 63n) - 1n

const firstOctets = (digest: Uint8Array): bigint => {
  let id = 0n
  for (const octet of digest.subarray(0, 8)) id = (id << 8n) | BigInt(octet)
  return id
}

/** Identifier of the member with these peer URLs in the cluster with this token. */
export const memberIdOf = (peerUrls: readonly string[], token: string): bigint =>
  firstOctets(sha1(encodeUtf8([...peerUrls].sort().join('') + token)))

/** Identifier of the cluster of these members. */
export const clusterIdOf = (members: readonly bigint[]): bigint => {
  const sorted = [...members].sort((a, b) => (a < b ? -1 : 1))
  const octets = sorted.map(id =>
    id
      .toString(16)
      .padStart(16, '0')
      .replace(/../g, hex => String.fromCharCode(Number.parseInt(hex, 16))),
  )
  return firstOctets(sha1(keyOctets(octets.join(''))))
}

/** Identifier as etcd writes it: hexadecimal, without leading zeros. */
export const idText = (id: number | bigint): string => BigInt.asUintN(64, BigInt(id)).toString(16)

/** Makes identifiers of requests: the low 16 bits of the member, the milliseconds of its start, and a counter. */
export class IdGenerator {
  readonly #prefix: bigint
  #suffix: bigint

  constructor(memberId: bigint, startMs: number) {
    this.#prefix = (memberId << 48n) & MASK_64
    this.#suffix = (BigInt(startMs) << 8n) & MASK_48
  }

  /** The next identifier, 64 bits. */
  next(): bigint {
    this.#suffix = (this.#suffix + 1n) & MASK_48
    return this.#prefix | this.#suffix
  }

  /** The next identifier that is positive as a signed number, as leases are named. */
  nextPositive(): bigint {
    return this.next() & MASK_63
  }
}
