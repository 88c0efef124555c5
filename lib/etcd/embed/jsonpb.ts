/**
 * Protobuf's messages as JSON, as etcd's gateway has them: names of the .proto files, 64-bit numbers as texts, octets in
 * base64, names of enum values, and nothing for a default.
 *
 * @see github.com/golang/protobuf jsonpb
 */
import { BASE64, encodeBase64 } from '../../wire/base64.js'
import {
  type ProtoField,
  type ProtoMessage,
  type ProtoScalar,
  type ProtoType,
  type ProtoValue,
  protoTypeOf,
} from '../../grpc/protobuf.js'
import { NO_OCTETS } from '../../wire/repr.js'
import { type Int64, int64 } from '../octets.js'
import { CODE, EtcdError } from '../rpctypes.js'

/** Names of the values of enums, by message and property. */
const ENUMS: Readonly<Record<string, readonly string[]>> = {
  'Event.type': ['PUT', 'DELETE'],
  'RangeRequest.sortOrder': ['NONE', 'ASCEND', 'DESCEND'],
  'RangeRequest.sortTarget': ['KEY', 'VERSION', 'CREATE', 'MOD', 'VALUE'],
  'Compare.result': ['EQUAL', 'GREATER', 'LESS', 'NOT_EQUAL'],
  'Compare.target': ['VERSION', 'CREATE', 'MOD', 'VALUE', 'LEASE'],
  'WatchCreateRequest.filters': ['NOPUT', 'NODELETE'],
}

/** The octets of a base64 text. Throws InvalidArgument. */
export const decodeBase64 = (text: string): Uint8Array => {
  const octets: number[] = []
  const bad = (at: number): EtcdError => new EtcdError(CODE.InvalidArgument, `illegal base64 data at input byte ${at}`)
  for (let i = 0; i < text.length; i += 4) {
    const four = [0, 1, 2, 3].map(n => text[i + n] ?? '')
    const padding = i + 4 >= text.length ? four.filter(c => c === '=').length : 0
    let bits = 0
    for (let n = 0; n < 4 - padding; n++) {
      const value = four[n] === '' ? -1 : BASE64.indexOf(four[n]!)
      if (value < 0) throw bad(i + n)
      bits |= value << (18 - 6 * n)
    }
    if (padding > 2 || four.slice(4 - padding).some(c => c !== '=')) throw bad(i + 4 - padding)
    octets.push(...[bits >> 16, (bits >> 8) & 255, bits & 255].slice(0, 3 - padding))
  }
  return Uint8Array.from(octets)
}

/** Name of a property in the .proto file. Some are written there as they are here. */
const protoName = (name: string): string =>
  /^(ID|TTL|grantedTTL|peerURLs|clientURLs|isLearner)$/.test(name)
    ? name
    : name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

const isDefault = (value: ProtoValue | undefined | null): boolean =>
  value === undefined ||
  value === null ||
  value === 0 ||
  value === false ||
  value === '' ||
  (value instanceof Uint8Array && value.length === 0)

/** A message as JSON on one line. */
export const marshalJson = (type: ProtoType, message: object): string => {
  const parts: string[] = []
  for (const field of type.fields) {
    const value = (message as ProtoMessage)[field.name]
    if (value === undefined || value === null) continue
    if (field.isRepeated === true) {
      const values = value as readonly ProtoValue[]
      if (values.length > 0)
        parts.push(`"${protoName(field.name)}":[${values.map(v => valueJson(type, field, v)).join(',')}]`)
    } else if (field.isOptional === true || !isDefault(value)) {
      parts.push(`"${protoName(field.name)}":${valueJson(type, field, value)}`)
    }
  }
  return `{${parts.join(',')}}`
}

const valueJson = (message: ProtoType, field: ProtoField, value: ProtoValue): string => {
  const type = protoTypeOf(field)
  if (typeof type !== 'string') return marshalJson(type, value as ProtoMessage)
  if (type === 'bytes') return `"${encodeBase64(value as Uint8Array)}"`
  if (type === 'int64' || type === 'uint64') return `"${value}"`
  if (type === 'enum') return JSON.stringify(ENUMS[`${message.name}.${field.name}`]?.[value as number] ?? value)
  return JSON.stringify(value)
}

/** What JSON can be. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Integers that a number of JavaScript does not hold, outside of texts, become texts: the reader takes both. */
const quoteLongNumbers = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, token => (token.startsWith('"') ? token : `"${token}"`))

const parseJson = (text: string): Json => {
  try {
    return JSON.parse(quoteLongNumbers(text)) as Json
  } catch {
    throw new EtcdError(CODE.InvalidArgument, syntaxError(text))
  }
}

/** What Go says about a text that is no JSON: most are cut short, or begin with what begins no value. */
const syntaxError = (text: string): string => {
  const first = text.trimStart()[0]
  if (first === undefined) return 'EOF'
  return /[[{"\d\-tfn]/.test(first) ? 'unexpected EOF' : `invalid character '${first}' looking for beginning of value`
}

/** The message that a JSON text is; unknown names are skipped. Throws InvalidArgument. */
export const unmarshalJson = <T>(type: ProtoType, text: string): T => messageOf(type, parseJson(text)) as T

const messageOf = (type: ProtoType, json: Json): ProtoMessage => {
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    throw new EtcdError(
      CODE.InvalidArgument,
      `json: cannot unmarshal ${goKind(json)} into Go value of type map[string]json.RawMessage`,
    )
  const given = json as { readonly [name: string]: Json }
  const message: ProtoMessage = {}
  for (const field of type.fields) {
    const value = given[protoName(field.name)] ?? given[field.name]
    if (value === undefined || value === null) continue
    message[field.name] =
      field.isRepeated === true
        ? (Array.isArray(value) ? value : [value]).map((v: Json) => fieldValue(type, field, v))
        : fieldValue(type, field, value)
  }
  return message
}

const goKind = (json: Json): string => {
  if (Array.isArray(json)) return 'array'
  return typeof json === 'boolean' ? 'bool' : json === null ? 'null' : typeof json
}

const GO_TYPES: Readonly<Record<ProtoScalar, string>> = {
  int32: 'int32',
  int64: 'int64',
  uint32: 'uint32',
  uint64: 'uint64',
  enum: 'int32',
  bool: 'bool',
  string: 'string',
  bytes: '[]uint8',
  fixed64: 'uint64',
}

const fieldValue = (message: ProtoType, field: ProtoField, json: Json): ProtoValue => {
  const type = protoTypeOf(field)
  if (typeof type !== 'string') return messageOf(type, json)
  const bad = (): EtcdError =>
    new EtcdError(
      CODE.InvalidArgument,
      `json: cannot unmarshal ${goKind(json)} into Go value of type ${GO_TYPES[type]}`,
    )
  if (type === 'bytes') return typeof json === 'string' ? (json === '' ? NO_OCTETS : decodeBase64(json)) : refuse(bad())
  if (type === 'bool') return typeof json === 'boolean' ? json : refuse(bad())
  if (type === 'string') return typeof json === 'string' ? json : refuse(bad())
  if (type === 'enum' && typeof json === 'string') {
    const n = ENUMS[`${message.name}.${field.name}`]?.indexOf(json) ?? -1
    return n >= 0
      ? n
      : refuse(new EtcdError(CODE.InvalidArgument, `unknown value "${json}" for enum etcdserverpb.${message.name}`))
  }
  return integerOf(json) ?? refuse(bad())
}

const integerOf = (json: Json): Int64 | null => {
  if (typeof json === 'number') return Number.isInteger(json) ? json : null
  return typeof json === 'string' && /^-?\d+$/.test(json) ? int64(BigInt(json)) : null
}

const refuse = (error: EtcdError): never => {
  throw error
}
