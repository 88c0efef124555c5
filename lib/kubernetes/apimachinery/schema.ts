/**
 * Types of the API as Go has them: fields in their order, what is left out when empty, and how lists are merged by a
 * strategic merge patch. Decoding an object through its schema gives it the form in which the server keeps and sends it.
 *
 * @see k8s.io/apimachinery pkg/runtime/serializer/json, k8s.io/api core/v1/types.go
 */
import { goKind, isObject, type JsonObject, type JsonValue } from './json.js'
import { newBadRequest } from './status.js'

/** How a list is merged: items with the same value of `key` are one; without a key, equal values are one. */
export interface ListMerge {
  readonly key: string | null
}

/** A type. */
export type Schema =
  | { readonly kind: 'string' | 'bool' | 'int' | 'quantity' | 'time' }
  | { readonly kind: 'map'; readonly of: Schema }
  | { readonly kind: 'list'; readonly of: Schema; readonly merge: ListMerge | null }
  | StructSchema

/** A struct: its name in Go, and its fields in order. */
export interface StructSchema {
  readonly kind: 'struct'
  readonly name: string
  readonly fields: readonly Field[]
}

/** A field: `optional` ones are left out when empty, `pointer` ones only when absent. */
export interface Field {
  readonly name: string
  readonly schema: Schema
  readonly presence: 'required' | 'optional' | 'pointer'
}

/** A string. */
export const STRING: Schema = { kind: 'string' }
/** A boolean. */
export const BOOL: Schema = { kind: 'bool' }
/** An integer. */
export const INT: Schema = { kind: 'int' }
/** A quantity, `100m` or `4Gi`. */
export const QUANTITY: Schema = { kind: 'quantity' }
/** A time in RFC 3339, whole seconds. */
export const TIME: Schema = { kind: 'time' }

/** A map from strings. */
export const mapOf = (of: Schema): Schema => ({ kind: 'map', of })
/** A list that a patch replaces as a whole. */
export const listOf = (of: Schema): Schema => ({ kind: 'list', of, merge: null })
/** A list that a strategic merge patch merges, by a key of its items or by value. */
export const mergedList = (of: Schema, key: string | null): Schema => ({ kind: 'list', of, merge: { key } })
/** A field that is always there. */
export const field = (name: string, schema: Schema): Field => ({ name, schema, presence: 'required' })
/** A field that is left out when it is empty. */
export const optional = (name: string, schema: Schema): Field => ({ name, schema, presence: 'optional' })
/** A field that is left out when it is absent, and may be empty. */
export const pointer = (name: string, schema: Schema): Field => ({ name, schema, presence: 'pointer' })
/** A struct. */
export const struct = (name: string, fields: readonly Field[]): StructSchema => ({ kind: 'struct', name, fields })

/** What decoding has met besides the object. */
export interface DecodeNotes {
  /** Paths of fields that the type has not, as they are told to clients: `spec.foo`. */
  readonly unknown: string[]
}

/** Where a value stands: the path from the object, and the struct and field that Go's errors name. */
interface Place {
  readonly path: string
  readonly owner: string
}

const GO_TYPES: Readonly<Record<string, string>> = { string: 'string', bool: 'bool', int: 'int32' }

const mismatch = (kind: string, value: JsonValue, { owner }: Place, type: string): never => {
  const into = owner === '' ? 'Go value' : `Go struct field ${owner}`
  throw newBadRequest(
    `${kind} in version "v1" cannot be handled as a ${kind}: json: cannot unmarshal ${goKind(value)} into ${into} of type ${type}`,
  )
}

class Decoder {
  readonly #kind: string
  readonly #notes: DecodeNotes

  constructor(kind: string, notes: DecodeNotes) {
    this.#kind = kind
    this.#notes = notes
  }

  decode(schema: Schema, value: JsonValue, place: Place): JsonValue {
    switch (schema.kind) {
      case 'struct':
        return this.struct(schema, value, place)
      case 'map':
        return this.#map(schema.of, value, place)
      case 'list':
        return this.#list(schema.of, value, place)
      case 'quantity':
        return typeof value === 'number' ? String(value) : this.#scalar('string', value, place)
      case 'time':
        return this.#scalar('string', value, place)
      default:
        return this.#scalar(schema.kind, value, place)
    }
  }

  struct(schema: StructSchema, value: JsonValue, place: Place): JsonObject {
    if (!isObject(value)) return mismatch(this.#kind, value, place, `v1.${schema.name}`)
    const known = new Set(schema.fields.map(f => f.name))
    const decoded: Record<string, JsonValue> = {}
    const prefix = place.path === '' ? '' : `${place.path}.`
    for (const key of Object.keys(value)) if (!known.has(key)) this.#notes.unknown.push(`${prefix}${key}`)
    for (const { name, schema: type, presence } of schema.fields) {
      const path = `${prefix}${name}`
      const given = value[name] ?? null
      const got = given === null ? null : this.decode(type, given, { path, owner: `${schema.name}.${path}` })
      const kept = got ?? (presence === 'pointer' ? null : this.#zero(type, presence))
      if (kept === null && (presence !== 'required' || given === undefined)) {
        if (presence === 'required') decoded[name] = null
        continue
      }
      if (presence === 'optional' && isEmpty(type, kept)) continue
      decoded[name] = kept
    }
    return decoded
  }

  /** What an absent field holds in Go, null where that is written as null or not at all. */
  #zero(type: Schema, presence: Field['presence']): JsonValue {
    if (type.kind === 'struct') return this.struct(type, {}, { path: '', owner: '' })
    if (presence === 'optional') return null
    if (type.kind === 'bool') return false
    if (type.kind === 'int') return 0
    return type.kind === 'string' || type.kind === 'quantity' ? '' : null
  }

  #map(of: Schema, value: JsonValue, place: Place): JsonValue {
    if (!isObject(value))
      return mismatch(this.#kind, value, place, of.kind === 'string' ? 'map[string]string' : 'v1.ResourceList')
    const decoded: Record<string, JsonValue> = {}
    for (const key of Object.keys(value).sort()) {
      const item = value[key] ?? null
      decoded[key] = item === null ? '' : this.decode(of, item, { path: `${place.path}.${key}`, owner: place.owner })
    }
    return decoded
  }

  #list(of: Schema, value: JsonValue, place: Place): JsonValue {
    if (!Array.isArray(value))
      return mismatch(this.#kind, value, place, of.kind === 'struct' ? `[]v1.${of.name}` : '[]string')
    return (value as readonly JsonValue[]).map((item, i) =>
      this.decode(of, item, { path: `${place.path}[${i}]`, owner: place.owner }),
    )
  }

  #scalar(kind: 'string' | 'bool' | 'int', value: JsonValue, place: Place): JsonValue {
    const isRight =
      kind === 'int'
        ? typeof value === 'number' && Number.isInteger(value)
        : typeof value === (kind === 'bool' ? 'boolean' : 'string')
    return isRight ? value : mismatch(this.#kind, value, place, GO_TYPES[kind]!)
  }
}

/** Empty as Go's omitempty sees it: structs never are. */
const isEmpty = (type: Schema, value: JsonValue): boolean => {
  if (type.kind === 'struct') return false
  if (Array.isArray(value)) return value.length === 0
  if (isObject(value)) return Object.keys(value).length === 0
  return value === '' || value === 0 || value === false || value === null
}

/**
 * An object in the form of its type: known fields in their order, empty ones left out, maps sorted. Throws a 400 for a value
 * of another type; what the type does not know is named in `notes`.
 */
export const decodeObject = (kind: string, schema: StructSchema, value: JsonValue, notes: DecodeNotes): JsonObject =>
  new Decoder(kind, notes).struct(schema, value, { path: '', owner: '' })
