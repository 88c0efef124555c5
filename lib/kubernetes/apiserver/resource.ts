/**
 * What a resource of the API is: its names, its type, and the rules of its objects. A new resource is one file in resource/
 * and one line in resources.ts.
 *
 * @see k8s.io/apiserver pkg/registry/rest; kubernetes pkg/registry
 */
import type { JsonValue } from '../apimachinery/json.js'
import type { ApiObject } from '../apimachinery/meta.js'
import type { StructSchema } from '../apimachinery/schema.js'
import type { FieldError } from '../apimachinery/status.js'

/** A column of what `kubectl get` prints; priority 0 is always shown, 1 with `-o wide`. */
export interface TableColumn {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

/** A resource. All its rules are pure: they get objects, and return new ones. */
export interface Resource {
  /** In URLs: `nodes`. */
  readonly name: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly kind: string
  /** In a namespace of the cluster. */
  readonly isNamespaced: boolean
  /** Where its objects are stored below /registry. */
  readonly storagePrefix: string
  readonly schema: StructSchema
  /** Has a status that is written by its own path. */
  readonly hasStatus: boolean
  /** Fields that a field selector may name, of an object. */
  fieldsOf(object: ApiObject): Readonly<Record<string, string>>
  /** The object as it is kept, from one that was written: defaults, and fields that stand for one another. */
  normalize(object: ApiObject): ApiObject
  /** Changes a new object before it is checked. */
  prepareForCreate(object: ApiObject): ApiObject
  /** What is wrong with a new object; empty for nothing. */
  validate(object: ApiObject): FieldError[]
  /** Takes from a written object what may not be written by this path. */
  prepareForUpdate(object: ApiObject, old: ApiObject, subresource: 'status' | null): ApiObject
  /** What is wrong with an object that replaces `old`; empty for nothing. */
  validateUpdate(object: ApiObject, old: ApiObject): FieldError[]
  readonly columns: readonly TableColumn[]
  /** Cells of an object, in the order of the columns. */
  cellsOf(object: ApiObject, now: number): JsonValue[]
}
