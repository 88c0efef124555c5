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
export const WIRE_FIXED64 = 1
export const WIRE_LENGTH = 2
export const WIRE_START_GROUP = 3
export const WIRE_END_GROUP = 4
export const WIRE_FIXED32 = 5

/** Type of a field. */
export const protoTypeOf = ({ type }: ProtoField): ProtoScalar | ProtoType =>
  typeof type === 'function' ? type() : type

/** Wire type of a single value. */
export const wireTypeOf = (type: ProtoScalar | ProtoType): number => {
  if (typeof type !== 'string' || type === 'string' || type === 'bytes') return WIRE_LENGTH
  return type === 'fixed64' ? WIRE_FIXED64 : WIRE_VARINT
}

/** Appends a varint; negative numbers take ten octets. */
export const pushVarint = (octets: number[], value: number | bigint): void => {
  if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) octets.push((rest & 0x7f) | 0x80)
    octets.push(rest)
    return
  }
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest >= 0x80n; rest >>= 7n) octets.push(Number(rest & 0x7fn) | 0x80)
  octets.push(Number(rest))
}

const typeText = (field: ProtoField): string => {
  const type = protoTypeOf(field)
  return typeof type === 'string' ? type : type.name
}

const mismatch = (field: ProtoField, value: unknown): NetloomError =>
  new NetloomError('EINVAL', `${field.name}: ${String(value)} is no ${typeText(field)}`, { field: field.name })

const pushOctets = (octets: number[], bytes: ArrayLike<number>): void => {
  pushVarint(octets, bytes.length)
  for (let i = 0; i < bytes.length; i++) octets.push(bytes[i]!)
}

const pushFixed64 = (octets: number[], value: number | bigint): void => {
  let rest = BigInt.asUintN(64, BigInt(value))
  for (let i = 0; i < 8; i++, rest >>= 8n) octets.push(Number(rest & 0xffn))
}

const isNumber = (value: ProtoValue): value is number | bigint =>
  typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))

/** Appends a value without its tag. */
const pushValue = (octets: number[], field: ProtoField, value: ProtoValue): void => {
  const type = protoTypeOf(field)
  if (typeof type !== 'string') pushOctets(octets, messageOctets(type, value as ProtoMessage))
  else if (type === 'bytes' && value instanceof Uint8Array) pushOctets(octets, value)
  else if (type === 'string' || type === 'bytes') {
    if (typeof value !== 'string') throw mismatch(field, value)
    pushOctets(octets, encodeUtf8(value))
  } else if (type === 'bool') {
    if (typeof value !== 'boolean') throw mismatch(field, value)
    octets.push(value ? 1 : 0)
  } else if (!isNumber(value)) throw mismatch(field, value)
  else if (type === 'fixed64') pushFixed64(octets, value)
  else pushVarint(octets, value)
}

const isDefault = (value: ProtoValue): boolean =>
  value === 0 || value === 0n || value === false || value === '' || (value instanceof Uint8Array && value.length === 0)

const pushField = (octets: number[], field: ProtoField, value: ProtoValue): void => {
  const type = protoTypeOf(field)
  if (field.isRepeated !== true) {
    if (field.isOptional !== true && isDefault(value)) return
    pushVarint(octets, field.id * 8 + wireTypeOf(type))
    pushValue(octets, field, value)
    return
  }
  const values = value as readonly ProtoValue[]
  if (values.length === 0) return
  if (wireTypeOf(type) === WIRE_LENGTH) {
    for (const one of values) {
      pushVarint(octets, field.id * 8 + wireTypeOf(type))
      pushValue(octets, field, one)
    }
    return
  }
  const packed: number[] = []
  for (const one of values) pushValue(packed, field, one)
  pushVarint(octets, field.id * 8 + WIRE_LENGTH)
  pushOctets(octets, packed)
}

const messageOctets = (type: ProtoType, message: ProtoMessage): number[] => {
  const octets: number[] = []
  for (const field of type.fields) {
    const value = message[field.name]
    if (value !== undefined && value !== null) pushField(octets, field, value)
  }
  return octets
}

/** The octets of a message. Properties that the table does not name are left out; a value of another type is EINVAL. */
export const encodeProto = (type: ProtoType, message: object): Uint8Array =>
  Uint8Array.from(messageOctets(type, message as ProtoMessage))
