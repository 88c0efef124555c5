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

/** A bigint as a number when that is exact. */
const exact = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value

const NO_MESSAGE: Readonly<Record<ProtoScalar, () => ProtoValue>> = {
  int32: () => 0,
  int64: () => 0,
  uint32: () => 0,
  uint64: () => 0,
  enum: () => 0,
  bool: () => false,
  string: () => '',
  bytes: () => new Uint8Array(0),
  fixed64: () => 0,
}

/** A message in which nothing is set: the values that absent fields have. */
const emptyMessage = (type: ProtoType): ProtoMessage => {
  const message: ProtoMessage = {}
  for (const field of type.fields) {
    const of = protoTypeOf(field)
    if (field.isRepeated === true) message[field.name] = []
    else if (typeof of === 'string' && field.isOptional !== true) message[field.name] = NO_MESSAGE[of]()
  }
  return message
}

const isPackable = (type: ProtoScalar | ProtoType): type is ProtoScalar =>
  typeof type === 'string' && wireTypeOf(type) !== WIRE_LENGTH

/** Reads octets from the front. Its errors are EDECODE with the message and the offset. */
class ProtoReader {
  readonly #octets: Uint8Array
  #at = 0
  #end: number
  #depth = 0

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
      const field = type.fields.find(({ id }) => id === (tag - wire) / 8)
      if (field === undefined || !this.#field(message, field, wire)) this.#skip(type.name, tag)
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
        return this.#lengthOctets(name).slice()
      case 'fixed64':
        return exact(this.#fixed64(name))
      case 'bool':
        return this.#varint(name) !== 0n
      case 'uint64':
        return exact(this.#varint(name))
      case 'int64':
        return exact(BigInt.asIntN(64, this.#varint(name)))
      case 'uint32':
        return Number(BigInt.asUintN(32, this.#varint(name)))
      default:
        return Number(BigInt.asIntN(32, this.#varint(name)))
    }
  }

  #tag(name: string): number {
    const at = this.#at
    const tag = Number(this.#varint(name))
    const id = Math.floor(tag / 8)
    if (id < 1 || id > MAX_ID) throw fieldError(name, id, at, 'no number that a field can have')
    return tag
  }

  #varint(name: string): bigint {
    const from = this.#at
    let low = 0
    for (let n = 0; n < MAX_VARINT; n++) {
      if (this.#at >= this.#end) throw this.#error(name, n, 'a varint ends early')
      const octet = this.#octets[this.#at++]!
      if (n < 7) low += (octet & 0x7f) * 0x80 ** n
      if (octet < 0x80) return n < 7 ? BigInt(low) : this.#longVarint(from)
    }
    throw this.#error(name, MAX_VARINT, 'a varint has more octets than ten')
  }

  #longVarint(from: number): bigint {
    let value = 0n
    for (let at = this.#at - 1; at >= from; at--) value = (value << 7n) | BigInt(this.#octets[at]! & 0x7f)
    return BigInt.asUintN(64, value)
  }

  #fixed64(name: string): bigint {
    if (this.#at + 8 > this.#end) throw this.#error(name, this.#end - this.#at, 'a number of 8 octets ends early')
    let value = 0n
    for (let at = this.#at + 7; at >= this.#at; at--) value = (value << 8n) | BigInt(this.#octets[at]!)
    this.#at += 8
    return value
  }

  #lengthEnd(name: string): number {
    const length = Number(this.#varint(name))
    if (length > this.#end - this.#at) throw this.#error(name, length, 'longer than what is left')
    return this.#at + length
  }

  #lengthOctets(name: string): Uint8Array {
    const end = this.#lengthEnd(name)
    const octets = this.#octets.subarray(this.#at, end)
    this.#at = end
    return octets
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
