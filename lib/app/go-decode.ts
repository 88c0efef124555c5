/**
 * JSON into the nested structs of the plugins, with the messages of Go: fields of a struct in a struct are told as
 * `IPAMConfig.ipam.dataDir`.
 *
 * @see Go encoding/json decode.go
 */
import { type GoField, goUnmarshal } from './go-json.js'
import { GoError } from './go-error.js'

/** Where a value stands: the struct that it is a field of, and the names of the fields that lead to it. */
export interface GoPlace {
  /** Name of the innermost struct, empty for one without a name. */
  readonly struct: string
  /** Names of the fields from the outermost struct on. */
  readonly path: readonly string[]
}

/** The outermost struct. */
export const goTop = (struct: string): GoPlace => ({ struct, path: [] })

const KINDS: Readonly<Record<string, string>> = { '{': 'object', '[': 'array', '"': 'string', t: 'bool', f: 'bool' }

/** What Go calls the kind of a JSON text. */
export const goKind = (json: string): string => KINDS[json[0] ?? ''] ?? 'number'

/** Refuses a value of the wrong kind. */
export const goTypeError = (json: string, place: GoPlace, type: string): never => {
  const of = place.path.length === 0 ? 'value' : `struct field ${place.struct}.${place.path.join('.')}`
  throw new GoError(`json: cannot unmarshal ${goKind(json)} into Go ${of} of type ${type}`)
}

/** The fields of a struct; `type` is the struct's type as messages name it. Throws GoError. */
export const goStruct = (
  json: string,
  fields: readonly GoField[],
  place: GoPlace,
  type: string,
): Record<string, unknown> => {
  if (place.path.length > 0 && goKind(json) !== 'object') goTypeError(json, place, type)
  try {
    return goUnmarshal(json, fields, { struct: [place.struct, ...place.path].join('.'), type })
  } catch (e) {
    throw new GoError((e as Error).message)
  }
}

/** The JSON texts of an array's elements; throws GoError for what is none. */
export const goArray = (json: string, place: GoPlace, type: string): string[] => {
  if (goKind(json) !== 'array') goTypeError(json, place, type)
  return (JSON.parse(json) as unknown[]).map(element => JSON.stringify(element))
}

/** A string; throws GoError for what is none. */
export const goString = (json: string, place: GoPlace, type = 'string'): string => {
  if (goKind(json) !== 'string') goTypeError(json, place, type)
  return JSON.parse(json) as string
}

/** An array of strings. */
export const goStrings = (json: string, place: GoPlace): string[] =>
  goArray(json, place, '[]string').map(element => goString(element, place))

/** A map of any values; throws GoError for what is none. */
export const goMap = (json: string, place: GoPlace): Record<string, unknown> => {
  if (goKind(json) !== 'object') goTypeError(json, place, 'map[string]interface {}')
  return JSON.parse(json) as Record<string, unknown>
}

/** The JSON text of a raw field, or null where it is absent or null. */
export const rawField = (fields: Record<string, unknown>, name: string): string | null => {
  const json = fields[name] as string | undefined
  return json === undefined || json === 'null' ? null : json
}
