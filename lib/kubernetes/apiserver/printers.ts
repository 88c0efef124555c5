/**
 * Server-side printing: objects as the table that `kubectl get` shows.
 *
 * @see kubernetes pkg/printers/tablegenerator.go, k8s.io/apimachinery pkg/util/duration/duration.go
 */
import { NSEC_PER_SEC } from '../../sim/time.js'
import type { JsonObject } from '../apimachinery/json.js'
import { type ApiObject, parseTime } from '../apimachinery/meta.js'
import type { Resource, TableColumn } from './resource.js'

/** First column of every table: the object's name. */
export const NAME_COLUMN: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  priority: 0,
}

/** The column with the age. */
export const CREATED_COLUMN: TableColumn = {
  name: 'Age',
  type: 'string',
  format: '',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  priority: 0,
}

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400
const YEAR = 365 * DAY

const both = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`

/** Seconds as people read them: `119s`, `5m30s`, `2h`, `3d4h`, `1y20d`. */
export const humanDuration = (seconds: number): string => {
  const s = Math.floor(seconds)
  if (s < 0) return s < -1 ? '<invalid>' : '0s'
  if (s < 2 * MINUTE) return `${s}s`
  const minutes = Math.floor(s / MINUTE)
  if (minutes < 10) return both(minutes, 'm', s % MINUTE, 's')
  if (minutes < 3 * 60) return `${minutes}m`
  const hours = Math.floor(s / HOUR)
  if (hours < 8) return both(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (hours < 8 * 24) return both(days, 'd', hours % 24, 'h')
  if (hours < 2 * 365 * 24) return `${days}d`
  const years = Math.floor(s / YEAR)
  return hours < 8 * 365 * 24 ? both(years, 'y', days % 365, 'd') : `${years}y`
}

/** Age of an object at `now`, virtual nanoseconds. */
export const ageText = ({ metadata }: ApiObject, now: number): string => {
  const created = parseTime(metadata.creationTimestamp ?? '')
  return created === null ? '<unknown>' : humanDuration(now / NSEC_PER_SEC - created)
}

/** A table of objects; in a watch only the first one has its columns. */
export const tableOf = (
  resource: Resource,
  objects: readonly ApiObject[],
  metadata: JsonObject,
  options: { readonly version: string; readonly now: number; readonly withColumns: boolean; readonly include: string },
): JsonObject => {
  const { version, now, withColumns, include } = options
  const apiVersion = `meta.k8s.io/${version}`
  const shown = (object: ApiObject): JsonObject => ({
    kind: 'PartialObjectMetadata',
    apiVersion,
    metadata: object.metadata,
  })
  return {
    kind: 'Table',
    apiVersion,
    metadata,
    columnDefinitions: withColumns ? (resource.columns as unknown as JsonObject[]) : null,
    rows: objects.map(object => ({
      cells: resource.cellsOf(object, now),
      object: include === 'None' ? null : include === 'Object' ? object : shown(object),
    })),
  }
}
