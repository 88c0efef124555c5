/**
 * `kubectl get`.
 *
 * @see kubectl pkg/cmd/get/get.go
 */
import { goQuote } from '../../app/go-text.js'
import { octetText } from '../../app/octet-text.js'
import type { Thread } from '../../app/thread.js'
import type { JsonObject } from '../apimachinery/json.js'
import type { ApiObject } from '../apimachinery/meta.js'
import type { Query } from '../client/client.js'
import {
  CtlError,
  type DiscoveredResource,
  errorText,
  type Kubectl,
  type KubectlCommand,
  listContext,
  pathOf,
  resourcesOf,
  shortName,
  type Target,
  targetsOf,
} from './command.js'
import { flag, type Flags } from './flags.js'
import { JsonPathError, jsonPathText, parseJsonPath } from './jsonpath.js'
import { jsonText, TabWriter, yamlText } from './printer.js'

const ACCEPT_TABLE =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json'
const CHUNK = 500
/** In front of a template. */
const JSONPATH = 'jsonpath='
const NOTHING = 'No resources found\n'
const FORMATS =
  'custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,wide,yaml'
/** Formats that the real kubectl has and netloom has not. */
const OTHER_FORMATS =
  /^(custom-columns|custom-columns-file|go-template|go-template-file|jsonpath-as-json|jsonpath-file|template|templatefile)(=|$)/

interface TableRow {
  readonly cells: readonly (string | number | null)[]
  readonly object: { readonly metadata: ApiObject['metadata'] }
}

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[] | null
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string }
  readonly rows: readonly TableRow[]
}

/** What the options say of the output. */
interface Shape {
  readonly isWide: boolean
  readonly hasHeaders: boolean
  readonly showLabels: boolean
  readonly labelColumns: readonly string[]
}

const labelsText = (labels: Readonly<Record<string, string>> = {}): string => {
  const keys = Object.keys(labels).sort()
  return keys.length === 0 ? '<none>' : keys.map(key => `${key}=${labels[key]}`).join(',')
}

/** Prints tables with one line of headers. */
class TablePrinter {
  readonly #shape: Shape
  readonly #writer = new TabWriter()
  #columns: number[] = []
  #hasHeaders: boolean

  constructor(shape: Shape) {
    this.#shape = shape
    this.#hasHeaders = shape.hasHeaders
  }

  text(tables: readonly Table[]): string {
    const rows: string[][] = []
    for (const { columnDefinitions, rows: own } of tables) {
      if (columnDefinitions !== null) rows.push(...this.#headers(columnDefinitions))
      rows.push(...own.map(row => this.#row(row)))
    }
    return this.#writer.write(rows)
  }

  #headers(columns: NonNullable<Table['columnDefinitions']>): string[][] {
    const { isWide, labelColumns, showLabels } = this.#shape
    this.#columns = [...columns.keys()].filter(i => isWide || columns[i]!.priority === 0)
    if (!this.#hasHeaders) return []
    this.#hasHeaders = false
    const names = this.#columns.map(i => columns[i]!.name.toUpperCase())
    const labels = labelColumns.map(key => key.split('/').at(-1)!.toUpperCase())
    return [[...names, ...labels, ...(showLabels ? ['LABELS'] : [])]]
  }

  #row({ cells, object: { metadata } }: TableRow): string[] {
    const { labelColumns, showLabels } = this.#shape
    const labels = labelColumns.map(key => metadata.labels?.[key] ?? '')
    return [
      ...this.#columns.map(i => String(cells[i] ?? '')),
      ...labels,
      ...(showLabels ? [labelsText(metadata.labels)] : []),
    ]
  }
}

const selectorQuery = (flags: Flags): Query => ({
  labelSelector: flags.isSet('selector') ? flags.text('selector') : undefined,
  fieldSelector: flags.isSet('field-selector') ? flags.text('field-selector') : undefined,
})

/** Requests of the objects in one form: each named one by itself, lists in chunks. Errors are told, and counted. */
class Getter {
  readonly #kubectl: Kubectl
  readonly #query: Query
  readonly #ignoresNotFound: boolean
  failures = 0
  /** Texts of errors, which are told behind what was found. */
  errors: string[] = []

  constructor(kubectl: Kubectl, flags: Flags) {
    this.#kubectl = kubectl
    this.#query = selectorQuery(flags)
    this.#ignoresNotFound = flags.is('ignore-not-found')
  }

  *get<T extends JsonObject>(
    targets: readonly Target[],
    accept: string,
  ): Thread<{ readonly resource: DiscoveredResource; readonly answer: T; readonly isList: boolean }[]> {
    const found: { readonly resource: DiscoveredResource; readonly answer: T; readonly isList: boolean }[] = []
    const { client } = this.#kubectl
    for (const { resource, names } of targets) {
      for (const name of names ?? [undefined]) {
        let token: string | undefined
        try {
          do {
            const query = name === undefined ? { ...this.#query, limit: CHUNK, continue: token } : {}
            const about = `get ${resource.resource} ${name ?? ''}`.trim()
            const answer = (yield* client.send({
              method: 'GET',
              path: pathOf(resource, name),
              query,
              accept,
              about,
            })) as T
            found.push({ resource, answer, isList: name === undefined })
            token =
              name === undefined ? ((answer['metadata'] as JsonObject)['continue'] as string | undefined) : undefined
          } while (token !== undefined && token !== '')
        } catch (e) {
          this.#failed(e, resource)
        }
      }
    }
    return found
  }

  #failed(e: unknown, resource: DiscoveredResource): void {
    const text = errorText(e, this.#kubectl.host, listContext(resource, this.#query, e))
    if (this.#ignoresNotFound && text.startsWith('Error from server (NotFound)')) return
    this.failures++
    this.errors.push(text)
  }
}

const tellErrors = ({ err }: Kubectl, getter: Getter): number => {
  for (const text of getter.errors) err(`${text}\n`)
  return getter.failures === 0 ? 0 : 1
}

function* getTables(kubectl: Kubectl, targets: readonly Target[], flags: Flags): Thread<number> {
  const getter = new Getter(kubectl, flags)
  const printer = new TablePrinter({
    isWide: flags.text('output') === 'wide',
    hasHeaders: !flags.is('no-headers'),
    showLabels: flags.is('show-labels'),
    labelColumns: flags.list('label-columns'),
  })
  const found = yield* getter.get(targets, ACCEPT_TABLE)
  const tables = found.map(({ answer }) => answer as unknown as Table)
  const isEmpty = tables.every(t => t.rows.length === 0)
  if (!isEmpty) kubectl.out(printer.text(tables))
  else if (getter.failures === 0 && !flags.is('ignore-not-found') && !flags.is('watch')) kubectl.err(NOTHING)
  const status = tellErrors(kubectl, getter)
  if (!flags.is('watch') || status !== 0) return status
  const [first] = targets
  yield* watch(kubectl, first!, tables[0]!, printer, flags)
  return 0
}

/** Prints each change, until it is killed or the server ends the watch. */
function* watch(
  kubectl: Kubectl,
  { resource, names }: Target,
  { metadata }: Table,
  printer: TablePrinter,
  flags: Flags,
): Thread<void> {
  const selected = names === null ? selectorQuery(flags) : { fieldSelector: `metadata.name=${names[0]}` }
  const query = { ...selected, resourceVersion: metadata.resourceVersion, watch: true }
  const stream = yield* kubectl.client.watch(pathOf(resource), query, ACCEPT_TABLE)
  for (;;) {
    const event = yield* stream.next()
    if (event === null) return
    kubectl.out(printer.text([event.object as unknown as Table]))
  }
}

const withType = ({ kind }: DiscoveredResource, object: JsonObject): JsonObject => ({
  apiVersion: 'v1',
  kind,
  ...object,
})

/** The template of a format; null when it has none. */
const templateOf = (format: string): ReturnType<typeof parseJsonPath> | null => {
  if (!format.startsWith(JSONPATH)) return null
  const text = format.slice(JSONPATH.length)
  try {
    return parseJsonPath(text)
  } catch (e) {
    if (!(e instanceof JsonPathError)) throw e
    throw new CtlError(`error parsing jsonpath ${text}, ${e.message}`)
  }
}

function* getObjects(kubectl: Kubectl, targets: readonly Target[], flags: Flags): Thread<number> {
  const format = flags.text('output')
  const template = templateOf(format)
  const getter = new Getter(kubectl, flags)
  const found = yield* getter.get(targets, 'application/json')
  const objects = found.flatMap(({ resource, answer, isList }) =>
    isList
      ? (answer['items'] as readonly JsonObject[]).map(item => ({ resource, object: withType(resource, item) }))
      : [{ resource, object: answer }],
  )
  if (format === 'name') {
    for (const { resource, object } of objects)
      kubectl.out(`${shortName({ resource }, (object['metadata'] as ApiObject['metadata']).name)}\n`)
    return tellErrors(kubectl, getter)
  }
  const isOne = found.length === 1 && !found[0]!.isList && targets.length === 1 && targets[0]!.names?.length === 1
  if (found.length > 0) {
    const list = {
      apiVersion: 'v1',
      items: objects.map(o => o.object),
      kind: 'List',
      metadata: { resourceVersion: '' },
    }
    const shown = isOne ? objects[0]!.object : list
    kubectl.out(
      template === null ? (format === 'json' ? jsonText(shown) : yamlText(shown)) : jsonPathText(template, shown),
    )
  }
  return tellErrors(kubectl, getter)
}

function* raw({ client, out }: Kubectl, path: string): Thread<number> {
  const { status, body } = yield* client.raw({ method: 'GET', path, accept: 'application/json, */*' })
  if (status >= 400) yield* client.send({ method: 'GET', path })
  out(octetText(body))
  return 0
}

const NO_TYPE = `You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.

error: Required resource not specified.
Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
See 'kubectl get -h' for help and examples`

/** `kubectl get`. */
export const getCommand: KubectlCommand = {
  name: 'get',
  flags: [
    flag('output', 'string', 'o'),
    flag('selector', 'string', 'l'),
    flag('field-selector'),
    flag('label-columns', 'list', 'L'),
    flag('show-labels', 'bool'),
    flag('no-headers', 'bool'),
    flag('ignore-not-found', 'bool'),
    flag('watch', 'bool', 'w'),
    flag('all-namespaces', 'bool', 'A'),
    flag('raw'),
  ],
  *run(kubectl, args, flags) {
    if (flags.isSet('raw')) return yield* raw(kubectl, flags.text('raw'))
    if (args.length === 0) throw new CtlError(NO_TYPE, true)
    const format = flags.text('output')
    const targets = targetsOf(yield* resourcesOf(kubectl), args)
    if (format === '' || format === 'wide') return yield* getTables(kubectl, targets, flags)
    if (OTHER_FORMATS.test(format))
      throw new CtlError(`-o ${format}: netloom has the formats json, jsonpath=TEMPLATE, name, wide and yaml`)
    if (format === 'jsonpath' || format === 'jsonpath=')
      throw new CtlError('template format specified but no template given')
    if (!['json', 'yaml', 'name'].includes(format) && !format.startsWith(JSONPATH))
      throw new CtlError(
        `unable to match a printer suitable for the output format ${goQuote(format)}, allowed formats are: ${FORMATS}`,
      )
    return yield* getObjects(kubectl, targets, flags)
  },
}
