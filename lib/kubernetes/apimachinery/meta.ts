/**
 * What all objects of the API have: kind, version, and metadata.
 *
 * Left out: managedFields, as there is no server-side apply.
 *
 * @see k8s.io/apimachinery pkg/apis/meta/v1/types.go
 */
import type { Rng } from '../../sim/rng.js'
import { civilTime } from '../../sim/civil.js'
import type { JsonObject } from './json.js'
import {
  BOOL,
  type Field,
  field,
  INT,
  listOf,
  mapOf,
  mergedList,
  optional,
  pointer,
  STRING,
  struct,
  type StructSchema,
  TIME,
} from './schema.js'

/** Metadata of an object. */
export interface ObjectMeta extends JsonObject {
  readonly name: string
  readonly generateName?: string
  readonly namespace?: string
  readonly uid?: string
  /** Version of the object: opaque for clients, a number in decimal for servers. */
  readonly resourceVersion?: string
  readonly generation?: number
  /** RFC 3339, in UTC and seconds. */
  readonly creationTimestamp?: string | null
  readonly deletionTimestamp?: string
  readonly labels?: { readonly [key: string]: string }
  readonly annotations?: { readonly [key: string]: string }
  readonly finalizers?: readonly string[]
}

/** Any object of the API. */
export interface ApiObject extends JsonObject {
  readonly kind?: string
  readonly apiVersion?: string
  readonly metadata: ObjectMeta
}

/** A list of objects. */
export interface ApiList<T extends ApiObject = ApiObject> extends JsonObject {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: {
    readonly resourceVersion?: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly items: readonly T[]
}

/** A change as a watch tells it. */
export interface WatchEvent<T extends JsonObject = ApiObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

const OWNER_REFERENCE = struct('OwnerReference', [
  field('apiVersion', STRING),
  field('kind', STRING),
  field('name', STRING),
  field('uid', STRING),
  pointer('controller', BOOL),
  pointer('blockOwnerDeletion', BOOL),
])

/** Fields of ObjectMeta, in the order of the Go struct. */
export const OBJECT_META: StructSchema = struct('ObjectMeta', [
  optional('name', STRING),
  optional('generateName', STRING),
  optional('namespace', STRING),
  optional('selfLink', STRING),
  optional('uid', STRING),
  optional('resourceVersion', STRING),
  optional('generation', INT),
  field('creationTimestamp', TIME),
  pointer('deletionTimestamp', TIME),
  pointer('deletionGracePeriodSeconds', INT),
  optional('labels', mapOf(STRING)),
  optional('annotations', mapOf(STRING)),
  optional('ownerReferences', mergedList(OWNER_REFERENCE, 'uid')),
  optional('finalizers', mergedList(STRING, null)),
  optional('managedFields', listOf(struct('ManagedFieldsEntry', []))),
])

/** Fields that every type begins with. */
export const TYPE_META: readonly Field[] = [optional('kind', STRING), optional('apiVersion', STRING)]

const two = (n: number): string => `${n}`.padStart(2, '0')

/** Virtual time as metav1.Time prints it; it begins with 1970: `1970-01-01T00:00:05Z`. */
export const timeText = (ns: number): string => {
  const { year, month, day, hour, minute, second } = civilTime(ns)
  return `${year}-${two(month)}-${two(day)}T${[hour, minute, second].map(two).join(':')}Z`
}

const TIME_FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z$/

/** Seconds since 1970 of a time in UTC; null for another text. */
export const parseTime = (text: string): number | null => {
  const match = TIME_FORM.exec(text)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const yearOfEra = y - era * 400
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return (era * 146_097 + dayOfEra - 719_468) * 86_400 + hour * 3600 + minute * 60 + second
}

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')

/** A random UUID (version 4). @see RFC 9562 section 5.4 */
export const uuid4 = (rng: Rng): string => {
  const [a, b, c, d] = [rng.u32(), rng.u32(), rng.u32(), rng.u32()]
  const version = hex((b & 0x0fff) | 0x4000, 4)
  const variant = hex(((c >>> 16) & 0x3fff) | 0x8000, 4)
  return `${hex(a, 8)}-${hex(b >>> 16, 4)}-${version}-${variant}-${hex(c & 0xffff, 4)}${hex(d, 8)}`
}
