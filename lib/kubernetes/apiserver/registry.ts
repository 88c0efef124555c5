/**
 * What can be done with the objects of a resource: the same for all of them, by the resource's own rules.
 *
 * @see k8s.io/apiserver pkg/registry/generic/registry/store.go, pkg/registry/rest/{create,update}.go
 */
import { goQuote } from '../../app/go-text.js'
import type { World } from '../../core/world.js'
import type { Rng } from '../../sim/rng.js'
import { deepEqual, isObject, type JsonValue } from '../apimachinery/json.js'
import { type ApiObject, timeText, uuid4 } from '../apimachinery/meta.js'
import { jsonPatch, mergePatch, strategicMergePatch } from '../apimachinery/patch.js'
import { decodeObject } from '../apimachinery/schema.js'
import {
  newAlreadyExists,
  newBadRequest,
  newConflict,
  newInvalid,
  newNotFound,
  newUnsupportedMediaType,
  OPTIMISTIC_LOCK_ERROR,
} from '../apimachinery/status.js'
import { annotationErrors, labelErrors } from '../apimachinery/validation.js'
import type { Resource } from './resource.js'
import { type Storage, WatchCache } from './storage.js'

/** Kinds of patches, by their media types. */
export const PATCH_TYPES: readonly string[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]

/** What a deletion may insist on. */
export interface Preconditions {
  readonly uid?: string
  readonly resourceVersion?: string
}

/** An object, and the fields that its type has not. */
export interface Decoded {
  readonly object: ApiObject
  readonly unknown: readonly string[]
}

/** Characters of the name that generateName is completed with. */
const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789'
const SUFFIX_LENGTH = 5

/** Objects of one resource. */
export class Registry {
  readonly resource: Resource
  readonly watchCache: WatchCache
  readonly #storage: Storage
  readonly #world: World
  readonly #rng: Rng

  constructor(resource: Resource, storage: Storage, world: World, rng: Rng) {
    this.resource = resource
    this.#storage = storage
    this.#world = world
    this.#rng = rng
    this.watchCache = new WatchCache(storage.revision)
  }

  /** Revision of the last change of anything. */
  get revision(): number {
    return this.#storage.revision
  }

  #key(name: string): string {
    return `${this.#prefix}${name}`
  }

  get #prefix(): string {
    return `/registry/${this.resource.storagePrefix}/`
  }

  /** Reads an object of this type. Throws a 400 for one of another type or form. */
  decode(value: JsonValue): Decoded {
    const { kind: own, schema } = this.resource
    if (!isObject(value)) throw newBadRequest(`the object provided is unrecognized (must be of type ${own})`)
    const { kind = own, apiVersion = 'v1' } = value
    if (kind !== own || apiVersion !== 'v1') {
      const place = 'k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30'
      const why = `no kind ${goQuote(String(kind))} is registered for version ${goQuote(String(apiVersion))} in scheme "${place}"`
      throw newBadRequest(
        `${String(kind)} in version ${goQuote(String(apiVersion))} cannot be handled as a ${own}: ${why}`,
      )
    }
    const unknown: string[] = []
    const object = decodeObject(own, schema, { ...value, kind, apiVersion }, { unknown }) as ApiObject
    const { managedFields: _, ...metadata } = object.metadata
    return { object: this.resource.normalize({ ...object, metadata } as ApiObject), unknown }
  }

  /** Throws a 404. */
  get(name: string): ApiObject {
    return this.#storage.get(this.#key(name)) ?? this.#notFound(name)
  }

  /** All objects by name, as they were at `revision`. */
  list(revision: number = this.revision): ApiObject[] {
    return this.#storage.list(this.#prefix, revision)
  }

  /** Makes an object. Throws 409 for a name that is taken, 422 for one that is wrong. */
  create(written: ApiObject): ApiObject {
    const { resource } = this
    const named = this.#withName(written)
    const { resourceVersion = '', ...meta } = named.metadata
    if (resourceVersion !== '') throw newBadRequest('resourceVersion should not be set on objects to be created')
    const { name } = meta
    const prepared = resource.normalize(
      resource.prepareForCreate({ ...named, metadata: { ...meta, ...this.#birth() } }),
    )
    const errors = resource.validate(prepared)
    if (errors.length > 0) throw newInvalid(resource.kind, name ?? '', errors)
    if (this.#storage.get(this.#key(name)) !== null) throw newAlreadyExists(resource.name, name)
    return this.#write(prepared, null)
  }

  /** Replaces an object. Throws 404, 409 for one that was made from an older version, 422. */
  update(name: string, written: ApiObject, subresource: 'status' | null = null): ApiObject {
    const { resource } = this
    const old = this.get(name)
    const { resourceVersion = '', uid = '' } = written.metadata
    if ((written.metadata.name ?? '') !== name)
      throw newBadRequest(
        `the name of the object (${written.metadata.name ?? ''}) does not match the name on the URL (${name})`,
      )
    if (uid !== '' && uid !== old.metadata.uid)
      throw newConflict(
        resource.name,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
      )
    if (resourceVersion !== '' && resourceVersion !== old.metadata.resourceVersion)
      throw newConflict(resource.name, name, OPTIMISTIC_LOCK_ERROR)
    return this.#replace(name, written, old, subresource)
  }

  /** Changes an object by a patch of one of the {@link PATCH_TYPES}. Throws 404, 409, 415, 422. */
  patch(name: string, type: string, patch: JsonValue, subresource: 'status' | null = null): Decoded {
    const old = this.get(name)
    const { object, unknown } = this.decode(this.#patched(old, type, patch))
    return { object: this.update(name, object, subresource), unknown }
  }

  /** Deletes an object; returns it as it was. Throws 404, 409 for preconditions that fail. */
  delete(name: string, preconditions: Preconditions = {}): ApiObject {
    const object = this.get(name)
    const { uid, resourceVersion } = object.metadata
    const unmet = (what: string, wanted: string, has: string | undefined): never => {
      const why = `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${has}`
      throw newConflict(this.resource.name, name, why)
    }
    if (preconditions.uid !== undefined && preconditions.uid !== uid) unmet('UID', preconditions.uid, uid)
    if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion)
      unmet('ResourceVersion', preconditions.resourceVersion, resourceVersion)
    if ((object.metadata.finalizers ?? []).length > 0) return this.#markDeleted(object)
    const last = this.#storage.delete(this.#key(name), object)
    this.#tell(last, object, true)
    return object
  }

  #notFound(name: string): never {
    throw newNotFound(this.resource.name, name)
  }

  #birth(): { uid: string; creationTimestamp: string } {
    return { uid: uuid4(this.#rng), creationTimestamp: timeText(this.#world.now) }
  }

  #withName(object: ApiObject): ApiObject {
    const { name = '', generateName = '' } = object.metadata
    if (name !== '' || generateName === '') return object
    let suffix = ''
    for (let i = 0; i < SUFFIX_LENGTH; i++) suffix += SUFFIX[this.#rng.below(SUFFIX.length)]
    return { ...object, metadata: { ...object.metadata, name: `${generateName}${suffix}` } }
  }

  #patched(old: ApiObject, type: string, patch: JsonValue): JsonValue {
    if (type === 'application/json-patch+json') {
      if (!Array.isArray(patch))
        throw newBadRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch')
      return jsonPatch(old, patch as readonly JsonValue[])
    }
    if (!isObject(patch))
      throw newBadRequest(
        'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
      )
    if (type === 'application/merge-patch+json') return mergePatch(old, patch)
    if (type === 'application/strategic-merge-patch+json') return strategicMergePatch(this.resource.schema, old, patch)
    throw newUnsupportedMediaType(PATCH_TYPES)
  }

  /** Writes a new version, unless nothing differs from the old one. */
  #replace(name: string, written: ApiObject, old: ApiObject, subresource: 'status' | null): ApiObject {
    const { resource } = this
    const { uid, creationTimestamp, resourceVersion, deletionTimestamp } = old.metadata
    const { deletionTimestamp: _, ...meta } = written.metadata
    const kept = {
      uid,
      resourceVersion,
      creationTimestamp,
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    }
    const prepared = resource.prepareForUpdate(
      { ...written, metadata: { ...meta, ...kept } as ApiObject['metadata'] },
      old,
      subresource,
    )
    // Fields in the order of their type again.
    const { object } = this.decode(prepared)
    const errors =
      subresource === null
        ? resource.validate(object)
        : [...labelErrors(meta.labels ?? {}), ...annotationErrors(meta.annotations ?? {})]
    errors.push(...resource.validateUpdate(object, old))
    if (errors.length > 0) throw newInvalid(resource.kind, name, errors)
    if (deepEqual(object, old)) return old
    if (deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0) {
      this.#tell(this.#storage.delete(this.#key(name), object), old, true)
      return object
    }
    return this.#write(object, old)
  }

  #markDeleted(object: ApiObject): ApiObject {
    if (object.metadata.deletionTimestamp !== undefined) return object
    const deletion = { deletionTimestamp: timeText(this.#world.now), deletionGracePeriodSeconds: 0 }
    const marked = { ...object, metadata: { ...object.metadata, ...deletion } }
    return this.#write(this.decode(marked).object, object)
  }

  #write(object: ApiObject, previous: ApiObject | null): ApiObject {
    // The version has its place among the fields before it has its value.
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: `${this.revision + 1}` } }
    const { object: ordered } = this.decode(versioned)
    const stored = this.#storage.put(this.#key(ordered.metadata.name), ordered)
    this.#tell(stored, previous, false)
    return stored
  }

  #tell(object: ApiObject, previous: ApiObject | null, isDelete: boolean): void {
    const key = this.#key(object.metadata.name)
    this.watchCache.add({ revision: this.revision, key, object, previous, isDelete, ns: this.#world.now })
  }
}
