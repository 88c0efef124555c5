/**
 * Reads messages in the wire format of Protocol Buffers by the tables of protobuf.ts.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
import { fieldError } from '../wire/repr.js'
import { decodeUtf8 } from '../wire/utf8.js'
import {
  type ProtoField,
  type ProtoMessage,
  type ProtoScalar,
  type ProtoType,
  type ProtoValue,
  protoTypeOf,
  WIRE_END_GROUP,
  WIRE_FIXED32,
  WIRE_FIXED64,
  WIRE_LENGTH,
  WIRE_START_GROUP,
  WIRE_VARINT,
  wireTypeOf,
} from './protobuf.js'

/** Most messages and groups within one another. */
const MAX_DEPTH = 100
/** Most octets of a varint. */
const MAX_VARINT = 10
/** Largest number of a field. */
const MAX_ID = 2 ** 29 - 1

const TWO_32 = 2 ** 32
/** Above this the upper half of a number of 64 bits makes it one that is not exact. */
const MAX_HIGH = 2 ** 21
const NO_BYTES: Uint8Array = new Uint8Array(0)
const NO_VALUES: readonly ProtoValue[] = []
/** The two halves of a number of 64 bits that only a bigint holds. */
const LONG = new DataView(new ArrayBuffer(8))

const setLong = (high: number, low: number): void => {
  LONG.setUint32(0, high)
  LONG.setUint32(4, low)
}

/** A number of 64 bits without sign from its halves. */
const unsigned = (high: number, low: number): number | bigint => {
  if (high < MAX_HIGH) return high * TWO_32 + low
  setLong(high, low)
  return LONG.getBigUint64(0)
}

/** The same with a sign. */
const signed = (high: number, low: number): number | bigint => {
  const value = (high | 0) * TWO_32 + low
  if (Number.isSafeInteger(value)) return value
  setLong(high, low)
  return LONG.getBigInt64(0)
}

const absentValue = (type: ProtoScalar): ProtoValue => {
  if (type === 'bool') return false
  if (type === 'string') return ''
  return type === 'bytes' ? NO_BYTES : 0
}

/** Messages in which nothing is set, and the names of their arrays: made once for each type. */
const EMPTY = new WeakMap<ProtoType, { readonly message: ProtoMessage; readonly arrays: readonly string[] }>()

const emptyOf = (type: ProtoType): { readonly message: ProtoMessage; readonly arrays: readonly string[] } => {
  const message: ProtoMessage = {}
  const arrays: string[] = []
  for (const field of type.fields) {
    const of = protoTypeOf(field)
    if (field.isRepeated === true) {
      message[field.name] = NO_VALUES
      arrays.push(field.name)
    } else if (typeof of === 'string' && field.isOptional !== true) message[field.name] = absentValue(of)
  }
  const made = { message, arrays }
  EMPTY.set(type, made)
  return made
}

/** A message in which nothing is set: the values that absent fields have. */
const emptyMessage = (type: ProtoType): ProtoMessage => {
  const { message: empty, arrays } = EMPTY.get(type) ?? emptyOf(type)
  const message = { ...empty }
  for (let i = 0; i < arrays.length; i++) message[arrays[i]!] = []
  return message
}

const isPackable = (type: ProtoScalar | ProtoType): type is ProtoScalar =>
  typeof type === 'string' && wireTypeOf(type) !== WIRE_LENGTH

const fieldOf = ({ fields }: ProtoType, id: number): ProtoField | null => {
  for (let i = 0; i < fields.length; i++) if (fields[i]!.id === id) return fields[i]!
  return null
}

/** Reads octets from the front. Its errors are EDECODE with the message and the offset. */
class ProtoReader {
  readonly #octets: Uint8Array
  #at = 0
  #end: number
  #depth = 0
  #copy: Uint8Array | null = null
  /** Halves of the number that was read last. */
  #low = 0
  #high = 0

  constructor(octets: Uint8Array) {
    this.#octets = octets
    this.#end = octets.length
  }

  message(type: ProtoType): ProtoMessage {
    const message = emptyMessage(type)
    if (++this.#depth > MAX_DEPTH) throw this.#error(type.name, this.#depth, 'messages nest too deeply')
    while (this.#at < this.#end) {
      const tag = this.#tag(type.name)
      const wire = tag % 8
      const field = fieldOf(type, (tag - wire) / 8)
      if (field === null || !this.#field(message, field, wire)) this.#skip(type.name, tag)
    }
    this.#depth--
    return message
  }

  /** Reads a field into its property; false when it is written in a way that its type cannot have. */
  #field(message: ProtoMessage, field: ProtoField, wire: number): boolean {
    const type = protoTypeOf(field)
    if (wire !== wireTypeOf(type)) {
      if (field.isRepeated !== true || wire !== WIRE_LENGTH || !isPackable(type)) return false
      this.#packed(message[field.name] as ProtoValue[], field, type)
      return true
    }
    const value = typeof type === 'string' ? this.#scalar(field.name, type) : this.#nested(field.name, type)
    if (field.isRepeated === true) (message[field.name] as ProtoValue[]).push(value)
    else message[field.name] = value
    return true
  }

  #packed(values: ProtoValue[], field: ProtoField, type: ProtoScalar): void {
    const end = this.#lengthEnd(field.name)
    const outer = this.#end
    this.#end = end
    while (this.#at < end) values.push(this.#scalar(field.name, type))
    this.#end = outer
  }

  #nested(name: string, type: ProtoType): ProtoMessage {
    const end = this.#lengthEnd(name)
    const outer = this.#end
    this.#end = end
    const message = this.message(type)
    this.#end = outer
    return message
  }

  #scalar(name: string, type: ProtoScalar): ProtoValue {
    switch (type) {
      case 'string':
        return decodeUtf8(this.#lengthOctets(name))
      case 'bytes':
        return this.#ownOctets(name)
      case 'fixed64':
        this.#fixed64(name)
        return unsigned(this.#high, this.#low)
      case 'bool':
        this.#varint(name)
        return (this.#low | this.#high) !== 0
      case 'uint64':
        this.#varint(name)
        return unsigned(this.#high, this.#low)
      case 'int64':
        this.#varint(name)
        return signed(this.#high, this.#low)
      case 'uint32':
        this.#varint(name)
        return this.#low
      default:
        this.#varint(name)
        return this.#low | 0
    }
  }

  #tag(name: string): number {
    const at = this.#at
    const tag = this.#varint(name)
    const id = Math.floor(tag / 8)
    if (id < 1 || id > MAX_ID) throw fieldError(name, id, at, 'no number that a field can have')
    return tag
  }

  /** Reads a varint into {@link #low} and {@link #high}; returns it as a number, which is exact up to 2^53. */
  #varint(name: string): number {
    const octets = this.#octets
    let low = 0
    let high = 0
    for (let n = 0; n < MAX_VARINT; n++) {
      if (this.#at >= this.#end) throw this.#error(name, n, 'a varint ends early')
      const octet = octets[this.#at++]!
      const bits = octet & 0x7f
      // Seven bits each: the fifth octet's stand in both halves, the tenth has one that counts.
      if (n < 5) low |= bits << (7 * n)
      if (n === 4) high = bits >> 4
      else if (n > 4) high |= bits << (7 * n - 32)
      if (octet >= 0x80) continue
      this.#low = low >>> 0
      this.#high = high >>> 0
      return this.#high * TWO_32 + this.#low
    }
    throw this.#error(name, MAX_VARINT, 'a varint has more octets than ten')
  }

  #fixed64(name: string): void {
    if (this.#at + 8 > this.#end) throw this.#error(name, this.#end - this.#at, 'a number of 8 octets ends early')
    const at = this.#at
    this.#low = this.#le32(at)
    this.#high = this.#le32(at + 4)
    this.#at = at + 8
  }

  #le32(at: number): number {
    const octets = this.#octets
    return (octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24)) >>> 0
  }

  #lengthEnd(name: string): number {
    const length = this.#varint(name)
    if (length > this.#end - this.#at) throw this.#error(name, length, 'longer than what is left')
    return this.#at + length
  }

  #lengthOctets(name: string): Uint8Array {
    const end = this.#lengthEnd(name)
    const octets = this.#octets.subarray(this.#at, end)
    this.#at = end
    return octets
  }

  /** Octets that the message keeps: views of one copy of all of it, as lists of keys and values have many. */
  #ownOctets(name: string): Uint8Array {
    const end = this.#lengthEnd(name)
    const from = this.#at
    this.#at = end
    if (from === end) return NO_BYTES
    this.#copy ??= new Uint8Array(this.#octets)
    return this.#copy.subarray(from, end)
  }

  #skip(name: string, tag: number): void {
    const wire = tag % 8
    if (wire === WIRE_VARINT) this.#varint(name)
    else if (wire === WIRE_LENGTH) this.#at = this.#lengthEnd(name)
    else if (wire === WIRE_START_GROUP) this.#skipGroup(name, tag - wire)
    else if (wire === WIRE_FIXED64 || wire === WIRE_FIXED32) {
      this.#at += wire === WIRE_FIXED64 ? 8 : 4
      if (this.#at > this.#end) throw this.#error(name, wire, 'a number ends early')
    } else throw this.#error(name, wire, 'no wire type')
  }

  #skipGroup(name: string, id: number): void {
    if (++this.#depth > MAX_DEPTH) throw this.#error(name, this.#depth, 'groups nest too deeply')
    for (;;) {
      const tag = this.#tag(name)
      if (tag === id + WIRE_END_GROUP) break
      this.#skip(name, tag)
    }
    this.#depth--
  }

  #error(name: string, value: number, reason: string): Error {
    return fieldError(name, value, this.#at, reason)
  }
}

/**
 * The message that the octets are. Absent fields have the type's default, absent messages and optional fields are
 * undefined. Octets that are no such message: EDECODE, with the field and the offset.
 */
export const decodeProto = <T = ProtoMessage>(type: ProtoType, octets: Uint8Array): T =>
  new ProtoReader(octets).message(type) as T
