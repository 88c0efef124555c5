/**
 * Messages in the wire format of Protocol Buffers, from tables of their fields: varints, length-delimited values,
 * messages within messages, repeated fields (packed ones are read, and written where the table says so), map fields as
 * messages of key and value. As in proto3 a field with its default value is not written, and unknown fields are
 * skipped.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
import { NetloomError } from '../errors.js'
import { encodeUtf8 } from '../wire/utf8.js'

/**
 * How a field is written. `int64` and `uint64` are numbers as long as they are exact and bigints beyond 2^53; `int32`,
 * `uint32` and `enum` are numbers.
 */
export type ProtoScalar = 'int32' | 'int64' | 'uint32' | 'uint64' | 'enum' | 'bool' | 'string' | 'bytes' | 'fixed64'

/** One field of a message. */
export interface ProtoField {
  /** Number in the .proto file, from 1. */
  readonly id: number
  /** Name of the property. */
  readonly name: string
  /** Scalar, or the table of a message. A function, for messages that contain themselves. */
  readonly type: ProtoScalar | ProtoType | (() => ProtoType)
  /** The property is an array. Numbers are written packed, as proto3 does. */
  readonly isRepeated?: boolean
  /** Member of a oneof, or an optional field: written when it is there, even with its default value. */
  readonly isOptional?: boolean
}

/** A message: its name for errors, its fields in the order in which they are written. */
export interface ProtoType {
  readonly name: string
  readonly fields: readonly ProtoField[]
}

/** A message's value: numbers, bigints, texts, octets, booleans, messages, and arrays of them. */
export type ProtoValue = number | bigint | boolean | string | Uint8Array | ProtoMessage | readonly ProtoValue[]

/** A message as a plain object. */
export interface ProtoMessage {
  [name: string]: ProtoValue | undefined
}

/** How a value is written: the low three bits of a tag. Groups are only skipped. */
export const WIRE_VARINT = 0
/** Eight octets, least first. */
export const WIRE_FIXED64 = 1
/** A length, then so many octets. */
export const WIRE_LENGTH = 2
/** Fields up to the end of the group. */
export const WIRE_START_GROUP = 3
/** End of a group. */
export const WIRE_END_GROUP = 4
/** Four octets, least first. */
export const WIRE_FIXED32 = 5

/** Type of a field. */
export const protoTypeOf = ({ type }: ProtoField): ProtoScalar | ProtoType =>
  typeof type === 'function' ? type() : type

/** Wire type of a single value. */
export const wireTypeOf = (type: ProtoScalar | ProtoType): number => {
  if (typeof type !== 'string' || type === 'string' || type === 'bytes') return WIRE_LENGTH
  return type === 'fixed64' ? WIRE_FIXED64 : WIRE_VARINT
}

const typeText = (field: ProtoField): string => {
  const type = protoTypeOf(field)
  return typeof type === 'string' ? type : type.name
}

const mismatch = (field: ProtoField, value: unknown): NetloomError =>
  new NetloomError('EINVAL', `${field.name}: ${String(value)} is no ${typeText(field)}`, { field: field.name })

const isNumber = (value: ProtoValue): value is number | bigint =>
  typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))

const isDefault = (value: ProtoValue): boolean =>
  value === 0 || value === 0n || value === false || value === '' || (value instanceof Uint8Array && value.length === 0)

/** Octets that the writer has room for at first; it grows with the largest message. */
const ROOM = 4096
/** Octets that a number takes at most. */
const MAX_NUMBER = 10
const TWO_32 = 2 ** 32

/** Writes messages. One for all: nobody else runs while a message is written, and its room is used again. */
class ProtoWriter {
  #octets = new Uint8Array(ROOM)
  #at = 0
  /** A number of 64 bits as two halves, which takes no bigints. */
  readonly #number = new DataView(new ArrayBuffer(8))

  /** The octets of a message, in an array of their own. */
  encode(type: ProtoType, message: ProtoMessage): Uint8Array {
    this.#at = 0
    this.#message(type, message)
    return this.#octets.slice(0, this.#at)
  }

  #message(type: ProtoType, message: ProtoMessage): void {
    const { fields } = type
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!
      const value = message[field.name]
      if (value !== undefined && value !== null) this.#field(field, value)
    }
  }

  #field(field: ProtoField, value: ProtoValue): void {
    const type = protoTypeOf(field)
    const wire = wireTypeOf(type)
    if (field.isRepeated !== true) {
      if (field.isOptional !== true && isDefault(value)) return
      this.#tag(field, wire)
      this.#value(field, type, value)
      return
    }
    const values = value as readonly ProtoValue[]
    if (values.length === 0) return
    if (wire === WIRE_LENGTH) {
      for (const one of values) {
        this.#tag(field, wire)
        this.#value(field, type, one)
      }
      return
    }
    this.#tag(field, WIRE_LENGTH)
    const from = this.#begin()
    for (const one of values) this.#value(field, type, one)
    this.#end(from)
  }

  /** Writes a value without its tag. */
  #value(field: ProtoField, type: ProtoScalar | ProtoType, value: ProtoValue): void {
    if (typeof type !== 'string') {
      const from = this.#begin()
      this.#message(type, value as ProtoMessage)
      this.#end(from)
    } else if (type === 'bytes' && value instanceof Uint8Array) this.#bytes(value)
    else if (type === 'string' || type === 'bytes') {
      if (typeof value !== 'string') throw mismatch(field, value)
      this.#bytes(encodeUtf8(value))
    } else if (type === 'bool') {
      if (typeof value !== 'boolean') throw mismatch(field, value)
      this.#small(value ? 1 : 0)
    } else if (!isNumber(value)) throw mismatch(field, value)
    else if (type === 'fixed64') this.#fixed64(value)
    else if (typeof value === 'number' && value >= 0 && value < TWO_32) this.#small(value)
    else this.#long(value)
  }

  #tag({ id }: ProtoField, wire: number): void {
    this.#small(id * 8 + wire)
  }

  #bytes(bytes: Uint8Array): void {
    this.#small(bytes.length)
    this.#need(bytes.length)
    this.#octets.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** Leaves room for a length of one octet. */
  #begin(): number {
    this.#need(1)
    return ++this.#at
  }

  /** Writes the length of what has been written since, which moves when its length takes more octets. */
  #end(from: number): void {
    const length = this.#at - from
    if (length >= 0x80) {
      let more = 0
      for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) more++
      this.#need(more)
      this.#octets.copyWithin(from + more, from, this.#at)
    }
    this.#at = from - 1
    this.#small(length)
    this.#at += length
  }

  /** Writes a number from 0 to 2^32 - 1 as a varint. */
  #small(value: number): void {
    this.#need(MAX_NUMBER)
    const octets = this.#octets
    let rest = value
    for (; rest >= 0x80; rest >>>= 7) octets[this.#at++] = (rest & 0x7f) | 0x80
    octets[this.#at++] = rest
  }

  /** Writes any number as a varint; negative ones take ten octets. */
  #long(value: number | bigint): void {
    this.#need(MAX_NUMBER)
    const octets = this.#octets
    this.#number.setBigInt64(0, BigInt(value))
    let high = this.#number.getUint32(0)
    let low = this.#number.getUint32(4)
    while (high !== 0 || low >= 0x80) {
      octets[this.#at++] = (low & 0x7f) | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    octets[this.#at++] = low
  }

  #fixed64(value: number | bigint): void {
    this.#need(MAX_NUMBER)
    this.#number.setBigInt64(0, BigInt(value), true)
    for (let i = 0; i < 8; i++) this.#octets[this.#at++] = this.#number.getUint8(i)
  }

  #need(octets: number): void {
    if (this.#at + octets <= this.#octets.length) return
    const more = new Uint8Array(2 * (this.#at + octets))
    more.set(this.#octets.subarray(0, this.#at))
    this.#octets = more
  }
}

const WRITER = new ProtoWriter()

/** The octets of a message. Properties that the table does not name are left out; a value of another type is EINVAL. */
export const encodeProto = (type: ProtoType, message: object): Uint8Array =>
  WRITER.encode(type, message as ProtoMessage)
