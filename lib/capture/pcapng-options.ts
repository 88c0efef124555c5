/**
 * Options of pcapng blocks as octets, for the writer.
 *
 * @see draft-ietf-opsawg-pcapng, "Options"
 */
import { NetloomError } from '../errors.js'
import { putU32 } from '../wire/bytes.js'
import { isIpv4Text, maskOf, parseIpv4, parseIpv6, parsePrefix } from '../wire/ip.js'
import { parseMac, putMac } from '../wire/mac.js'
import { encodeUtf8 } from '../wire/utf8.js'
import type { PcapngOption } from './pcapng.js'
import { OPT_COMMENT, OPT_ENDOFOPT } from './pcapng-numbers.js'
import { padded } from './pcapng-cursor.js'

/** Octets of an option's code and length. */
const OPTION_HLEN = 4
const MAX_OPTION = 65535
const TWO32 = 4294967296

/** Writes the low 16 bits of `v` at `o`, least significant octet first. */
export const putU16le = (b: Uint8Array, o: number, v: number): void => {
  b[o] = v
  b[o + 1] = v >> 8
}

/** Writes the low 32 bits of `v` at `o`, least significant octet first. */
export const putU32le = (b: Uint8Array, o: number, v: number): void => {
  b[o] = v
  b[o + 1] = v >> 8
  b[o + 2] = v >> 16
  b[o + 3] = v >> 24
}

/** An integer from 0 to 2^53 as 64 bits, least significant octet first. */
const u64le = (v: number): Uint8Array => {
  const b = new Uint8Array(8)
  putU32le(b, 0, v % TWO32)
  putU32le(b, 4, Math.floor(v / TWO32))
  return b
}

/** Collects the options of one block. Errors are EINVAL and name the option. */
export class OptionList {
  readonly #parts: PcapngOption[] = []

  /** Octets as they are. */
  octets(name: string, code: number, data: Uint8Array | null | undefined): this {
    if (data === null || data === undefined) return this
    if (data.length > MAX_OPTION)
      throw new NetloomError('EINVAL', `pcapng: ${name}: ${data.length} octets, an option holds ${MAX_OPTION}`, {
        name,
      })
    this.#parts.push({ code, data })
    return this
  }

  text(name: string, code: number, text: string | null | undefined): this {
    return this.octets(name, code, typeof text === 'string' ? encodeUtf8(text) : null)
  }

  comments(comments: readonly string[] | undefined): this {
    for (const comment of comments ?? []) this.text('opt_comment', OPT_COMMENT, comment)
    return this
  }

  u8(code: number, v: number): this {
    return this.octets('', code, Uint8Array.of(v))
  }

  u32(name: string, code: number, v: number | null | undefined): this {
    if (v === null || v === undefined) return this
    if (!Number.isInteger(v) || v < 0 || v >= TWO32)
      throw new NetloomError('EINVAL', `pcapng: ${name}: ${v} is not an integer of 32 bits`, { name, value: v })
    const b = new Uint8Array(4)
    putU32le(b, 0, v)
    return this.octets(name, code, b)
  }

  /** A counter. */
  u64(name: string, code: number, v: number | null | undefined): this {
    if (v === null || v === undefined) return this
    checkCount(name, v)
    return this.octets(name, code, u64le(v))
  }

  /** A number of 64 bits. */
  big(name: string, code: number, v: bigint | null | undefined): this {
    if (v === null || v === undefined) return this
    if (v < 0n || v >= 1n << 64n)
      throw new NetloomError('EINVAL', `pcapng: ${name}: ${v} is not a number of 64 bits`, { name })
    const b = new Uint8Array(8)
    new DataView(b.buffer).setBigUint64(0, v, true)
    return this.octets(name, code, b)
  }

  /** A time in nanoseconds: the upper half comes first. */
  stamp(name: string, code: number, v: number | null | undefined): this {
    if (v === null || v === undefined) return this
    checkCount(name, v)
    const b = new Uint8Array(8)
    putU32le(b, 0, Math.floor(v / TWO32))
    putU32le(b, 4, v % TWO32)
    return this.octets(name, code, b)
  }

  mac(name: string, code: number, text: string | null | undefined): this {
    if (text === null || text === undefined) return this
    const b = new Uint8Array(6)
    putMac(b, 0, parseMac(text))
    return this.octets(name, code, b)
  }

  /** `ADDRESS/LENGTH` or `ADDRESS/MASK`. */
  ipv4(name: string, code: number, text: string): this {
    const b = new Uint8Array(8)
    const [address = '', mask = ''] = text.split('/')
    if (isIpv4Text(mask)) {
      putU32(b, 0, parseIpv4(address))
      putU32(b, 4, parseIpv4(mask))
    } else {
      const { addr, len } = parsePrefix(text)
      putU32(b, 0, addr)
      putU32(b, 4, maskOf(len))
    }
    return this.octets(name, code, b)
  }

  /** `ADDRESS/LENGTH`. */
  ipv6(name: string, code: number, text: string): this {
    const [address = '', length = '128'] = text.split('/')
    if (!/^\d{1,3}$/.test(length) || Number(length) > 128)
      throw new NetloomError('EINVAL', `inet6 prefix is expected rather than "${text}".`, { text })
    const b = new Uint8Array(17)
    b.set(parseIpv6(address))
    b[16] = Number(length)
    return this.octets(name, code, b)
  }

  /** Options that the caller has as octets. */
  raw(options: readonly PcapngOption[] | undefined): this {
    for (const { code, data } of options ?? []) {
      if (!Number.isInteger(code) || code < 1 || code > MAX_OPTION)
        throw new NetloomError('EINVAL', `pcapng: option code ${code} is not between 1 and ${MAX_OPTION}`, { code })
      this.octets(`option ${code}`, code, data)
    }
    return this
  }

  /** The options with their end mark; nothing when there are none. */
  bytes(): Uint8Array {
    const parts = this.#parts
    if (parts.length === 0) return new Uint8Array(0)
    let size = OPTION_HLEN
    for (const { data } of parts) size += OPTION_HLEN + padded(data.length)
    const b = new Uint8Array(size)
    let at = 0
    for (const { code, data } of parts) at = putOption(b, at, code, data)
    putU16le(b, at, OPT_ENDOFOPT)
    return b
  }
}

/** Writes an option at `at` of octets that are 0; returns the offset behind it. */
export const putOption = (b: Uint8Array, at: number, code: number, data: Uint8Array): number => {
  putU16le(b, at, code)
  putU16le(b, at + 2, data.length)
  b.set(data, at + OPTION_HLEN)
  return at + OPTION_HLEN + padded(data.length)
}

/** Octets that an option takes. */
export const optionOctets = (data: Uint8Array): number => OPTION_HLEN + padded(data.length)

/** Refuses what is no integer from 0 to 2^53 - 1; EINVAL. */
export const checkCount = (name: string, v: number): void => {
  if (!Number.isSafeInteger(v) || v < 0)
    throw new NetloomError('EINVAL', `pcapng: ${name}: ${v} is not an integer from 0 to 2^53 - 1`, { name, value: v })
}
