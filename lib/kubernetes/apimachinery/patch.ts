/**
 * Patches: JSON merge patch, JSON patch, and Kubernetes' strategic merge patch, which merges lists by the keys that the type
 * names.
 *
 * @see RFC 7386, RFC 6902, k8s.io/apimachinery pkg/util/strategicpatch/patch.go
 */
import { deepEqual, isObject, type JsonObject, type JsonValue } from './json.js'
import type { ListMerge, Schema } from './schema.js'
import { failure, newBadRequest } from './status.js'

/** RFC 7386. */
export const mergePatch = (target: JsonValue | undefined, patch: JsonValue): JsonValue => {
  if (!isObject(patch)) return patch
  const merged: Record<string, JsonValue | undefined> = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else if (value !== undefined) merged[key] = mergePatch(merged[key], value)
  }
  return merged
}

/** The patch that makes `to` of `from` (RFC 7386), null where nothing differs. */
export const createMergePatch = (from: JsonObject, to: JsonObject): JsonObject | null => {
  const patch: Record<string, JsonValue> = {}
  for (const key of Object.keys(from)) if (to[key] === undefined) patch[key] = null
  for (const [key, value] of Object.entries(to)) {
    const old = from[key]
    if (value === undefined || deepEqual(old, value)) continue
    const inner = isObject(old) && isObject(value) ? createMergePatch(old, value) : value
    if (inner !== null) patch[key] = inner
  }
  return Object.keys(patch).length === 0 ? null : patch
}

const DIRECTIVE = '$patch'
const DELETE_FROM = '$deleteFromPrimitiveList/'
const ORDER = '$setElementOrder/'
const RETAIN = '$retainKeys'

const schemaOf = (schema: Schema | null, key: string): Schema | null => {
  if (schema?.kind === 'map') return schema.of
  return schema?.kind === 'struct' ? (schema.fields.find(f => f.name === key)?.schema ?? null) : null
}

/** Items by key in the order that the patch asks for: those that it names first in its order, the others where they are. */
const mergeItems = (old: readonly JsonValue[], patch: readonly JsonValue[], of: Schema, key: string): JsonValue[] => {
  const items: JsonValue[] = [...old]
  for (const item of patch) {
    if (!isObject(item)) throw newBadRequest(`unable to find api field in struct ${key}: list of maps expected`)
    const { [DIRECTIVE]: directive, ...rest } = item
    if (directive === 'replace') return patch.filter(p => !isObject(p) || p[DIRECTIVE] === undefined)
    const at = items.findIndex(i => isObject(i) && deepEqual(i[key], item[key]))
    if (item[key] === undefined)
      throw newBadRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
    if (directive === 'delete') {
      if (at >= 0) items.splice(at, 1)
    } else if (at >= 0) items[at] = strategicMergePatch(of, items[at], rest)
    else items.push(strategicMergePatch(of, {}, rest))
  }
  return items
}

const mergeList = (
  old: JsonValue | undefined,
  patch: readonly JsonValue[],
  of: Schema,
  merge: ListMerge | null,
): JsonValue => {
  const items = Array.isArray(old) ? (old as readonly JsonValue[]) : []
  if (merge === null) return patch
  if (merge.key !== null) return mergeItems(items, patch, of, merge.key)
  return [...items, ...patch.filter(value => !items.some(item => deepEqual(item, value)))]
}

/** Sorts a merged list as `$setElementOrder` names its items; those that it does not name keep their places behind. */
const inOrder = (
  list: JsonValue | undefined,
  order: readonly JsonValue[],
  merge: ListMerge | null,
): JsonValue | undefined => {
  if (!Array.isArray(list)) return list
  const key = merge?.key ?? null
  const place = (item: JsonValue): number => {
    const at = order.findIndex(o =>
      key !== null && isObject(o) && isObject(item) ? deepEqual(o[key], item[key]) : deepEqual(o, item),
    )
    return at < 0 ? order.length : at
  }
  return (list as readonly JsonValue[])
    .map((item, i) => ({ item, i }))
    .sort((a, b) => place(a.item) - place(b.item) || a.i - b.i)
    .map(({ item }) => item)
}

/** A strategic merge patch of a value of the type. Throws a 400 for a patch that does not fit it. */
export const strategicMergePatch = (
  schema: Schema | null,
  target: JsonValue | undefined,
  patch: JsonValue,
): JsonValue => {
  if (!isObject(patch)) return patch
  if (patch[DIRECTIVE] === 'replace')
    return Object.fromEntries(Object.entries(patch).filter(([key]) => key !== DIRECTIVE))
  if (patch[DIRECTIVE] === 'delete') return {}
  const merged: Record<string, JsonValue | undefined> = isObject(target) ? { ...target } : {}
  const orders: [string, readonly JsonValue[]][] = []
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined || key === DIRECTIVE || key === RETAIN) continue
    const [name, kind] = key.startsWith(DELETE_FROM)
      ? [key.slice(DELETE_FROM.length), 'delete']
      : key.startsWith(ORDER)
        ? [key.slice(ORDER.length), 'order']
        : [key, 'value']
    const of = schemaOf(schema, name)
    if (kind === 'order') orders.push([name, value as readonly JsonValue[]])
    else if (kind === 'delete')
      merged[name] = ((merged[name] ?? []) as readonly JsonValue[]).filter(
        item => !(value as readonly JsonValue[]).some(v => deepEqual(v, item)),
      )
    else if (value === null) delete merged[name]
    else if (of?.kind === 'list' && Array.isArray(value))
      merged[name] = mergeList(merged[name], value as readonly JsonValue[], of.of, of.merge)
    else merged[name] = isObject(value) ? strategicMergePatch(of, merged[name] ?? {}, value) : value
  }
  for (const [name, order] of orders) {
    const of = schemaOf(schema, name)
    merged[name] = inOrder(merged[name], order, of?.kind === 'list' ? of.merge : null)
  }
  return merged
}

const refusePatch = (why: string): never => {
  throw failure(422, 'Invalid', `the server rejected our request due to an error in our request: ${why}`, {})
}

const pointerOf = (path: string): string[] =>
  path === ''
    ? []
    : path
        .slice(1)
        .split('/')
        .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))

/** Changes the value at a path in a copy; `change` gets what is there and says what stands there then, undefined for nothing. */
const changeAt = (
  value: JsonValue,
  path: readonly string[],
  change: (old: JsonValue | undefined) => JsonValue | undefined,
  isAdd: boolean,
): JsonValue => {
  const [key, ...rest] = path
  if (key === undefined) return change(value) ?? null
  if (Array.isArray(value)) {
    const items: JsonValue[] = [...(value as readonly JsonValue[])]
    const at = key === '-' ? items.length : Number(key)
    if (!Number.isInteger(at) || at < 0 || at > items.length || (at === items.length && !(isAdd && rest.length === 0)))
      return refusePatch(`index ${key} is out of bounds`)
    if (rest.length > 0) items[at] = changeAt(items[at]!, rest, change, isAdd)
    else {
      const made = change(isAdd ? undefined : items[at])
      items.splice(at, isAdd ? 0 : 1, ...(made === undefined ? [] : [made]))
    }
    return items
  }
  if (!isObject(value)) return refusePatch(`missing path ${key}`)
  const copy: Record<string, JsonValue | undefined> = { ...value }
  if (rest.length === 0) {
    const made = change(copy[key])
    if (made === undefined) delete copy[key]
    else copy[key] = made
  } else copy[key] = changeAt(copy[key] ?? refusePatch(`missing path /${path.join('/')}`), rest, change, isAdd)
  return copy
}

const valueAt = (value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined => {
  let at = value
  for (const key of path)
    at = Array.isArray(at) ? (at as readonly JsonValue[])[Number(key)] : isObject(at) ? at[key] : undefined
  return at
}

/** One operation of a JSON patch. */
const applyOperation = (target: JsonValue, operation: JsonValue): JsonValue => {
  if (!isObject(operation)) return refusePatch('an operation is an object')
  const { op, path, from, value = null } = operation
  if (typeof path !== 'string') return refusePatch('an operation needs a path')
  const at = pointerOf(path)
  const existing = (old: JsonValue | undefined): JsonValue =>
    old ?? refusePatch(`${op} operation does not apply: doc is missing key: ${path}`)
  const source = typeof from === 'string' ? pointerOf(from) : []
  switch (op) {
    case 'add':
      return changeAt(target, at, () => value, true)
    case 'replace':
      existing(valueAt(target, at))
      return changeAt(target, at, () => value, false)
    case 'remove':
      existing(valueAt(target, at))
      return changeAt(target, at, () => undefined, false)
    case 'test':
      return deepEqual(valueAt(target, at), value) ? target : refusePatch(`testing value ${path} failed: test failed`)
    case 'move':
    case 'copy': {
      const moved = existing(valueAt(target, source))
      const without = op === 'move' ? changeAt(target, source, () => undefined, false) : target
      return changeAt(without, at, () => moved, true)
    }
    default:
      return refusePatch(`Unexpected kind: ${String(op)}`)
  }
}

/** RFC 6902. Throws a 422 for an operation that does not apply; then nothing has changed. */
export const jsonPatch = (target: JsonValue, operations: readonly JsonValue[]): JsonValue =>
  operations.reduce<JsonValue>(applyOperation, target)
