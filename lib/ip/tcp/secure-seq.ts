/**
 * Numbers that a peer must not be able to guess, from keyed hashes of a connection: initial sequence numbers, offsets of
 * timestamps, where the search for a free port begins. The keys follow from the World's seed.
 *
 * @see net/core/secure_seq.c, RFC 6528
 */
import type { World } from '../../core/world.js'
import { jhash2words, siphash32 } from '../../wire/siphash.js'

/** Keeps these keys apart from other uses of the World's seed: "isn ", "tsof", "port", "cook". */
const ISN_SALT = 0x69736e20
const TS_SALT = 0x74736f66
const PORT_SALT = 0x706f7274
const COOKIE_SALT = 0x636f6f6b

/** Sequence numbers go up by one every 64 ns. */
const ISN_TICK_NS = 64

const keyOf = (seed: number, salt: number): Int32Array => {
  const key = new Int32Array(4)
  for (let i = 0; i < 4; i++) key[i] = jhash2words(seed, salt + i)
  return key
}

/** The keys of one namespace. All namespaces of a machine share them in the kernel; here each has its own. */
export class SecureSeq {
  readonly #world: World
  readonly #isn: Int32Array
  readonly #ts: Int32Array
  readonly #port: Int32Array
  readonly #cookies: readonly [Int32Array, Int32Array]
  readonly #words = new Int32Array(4)

  /** `salt` tells namespaces apart. */
  constructor(world: World, salt: number) {
    const seed = jhash2words(world.seed, salt)
    this.#world = world
    this.#isn = keyOf(seed, ISN_SALT)
    this.#ts = keyOf(seed, TS_SALT)
    this.#port = keyOf(seed, PORT_SALT)
    this.#cookies = [keyOf(seed, COOKIE_SALT), keyOf(seed, COOKIE_SALT + 4)]
  }

  /** Initial sequence number of a connection, int32 (secure_tcp_seq). */
  tcpSeq(saddr: number, daddr: number, sport: number, dport: number): number {
    const w = this.#words
    w[0] = saddr
    w[1] = daddr
    w[2] = (sport << 16) | dport
    w[3] = 0
    return (siphash32(w, 16, this.#isn) + (Math.floor(this.#world.sim.now / ISN_TICK_NS) % 4294967296)) | 0
  }

  /** Offset of the timestamps between two addresses, int32 (secure_tcp_ts_off). */
  tcpTsOff(saddr: number, daddr: number): number {
    const w = this.#words
    w[0] = saddr
    w[1] = daddr
    return siphash32(w, 8, this.#ts) | 0
  }

  /** Where the search for a free port begins, unsigned (secure_ipv4_port_ephemeral). */
  portEphemeral(saddr: number, daddr: number, dport: number): number {
    const w = this.#words
    w[0] = saddr
    w[1] = daddr
    w[2] = dport
    w[3] = 0
    return siphash32(w, 16, this.#port)
  }

  /** Hash of a SYN cookie with the first or second key, int32 (cookie_hash). */
  cookie(saddr: number, daddr: number, ports: number, count: number, which: 0 | 1): number {
    const w = this.#words
    w[0] = saddr
    w[1] = daddr
    w[2] = ports
    w[3] = count
    return siphash32(w, 16, this.#cookies[which]) | 0
  }
}
