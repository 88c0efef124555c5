/**
 * `kubectl create -f` and `kubectl delete`.
 *
 * @see kubectl pkg/cmd/create, delete
 */
import { goQuote } from '../../app/go-text.js'
import { octetText } from '../../app/octet-text.js'
import { sleep, type Thread } from '../../app/thread.js'
import { NetloomError } from '../../errors.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import { isObject, type JsonObject, type JsonValue } from '../apimachinery/json.js'
import type { ApiObject } from '../apimachinery/meta.js'
import { ApiError, isReason } from '../apimachinery/status.js'
import {
  CtlError,
  type DiscoveredResource,
  errorText,
  type Kubectl,
  type KubectlCommand,
  objectsOf,
  pathOf,
  resourcesOf,
  shortName,
  type Target,
  targetsOf,
} from './command.js'
import { flag, type Flags } from './flags.js'
import { jsonText, yamlText } from './printer.js'

/** Text of a file, `-` for standard input. */
const readInput = ({ fs, stdin }: Kubectl, file: string): string => {
  if (file === '-') return octetText(stdin ?? new Uint8Array(0))
  try {
    return octetText(fs.readFile(file))
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    if (e.code === 'ENOENT') throw new CtlError(`the path ${goQuote(file)} does not exist`)
    throw new CtlError(e.message)
  }
}

/** Objects of a file; those of a List one by one. */
const objectsIn = (kubectl: Kubectl, file: string): JsonObject[] => {
  const text = readInput(kubectl, file)
  if (text.trim() === '') throw new CtlError('no objects passed to create')
  let parsed: JsonValue
  try {
    parsed = JSON.parse(text) as JsonValue
  } catch {
    throw new CtlError(`${file === '-' ? 'STDIN' : file}: netloom reads objects in JSON`)
  }
  if (!isObject(parsed)) throw new CtlError(`unable to decode ${goQuote(file)}: not an object`)
  const { kind, items } = parsed
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)
    ? [...(items as readonly JsonObject[])]
    : [parsed]
}

const resourceFor = (
  resources: readonly DiscoveredResource[],
  object: JsonObject,
  file: string,
): DiscoveredResource => {
  const { kind, apiVersion } = object
  if (typeof kind !== 'string')
    throw new CtlError(`unable to decode ${goQuote(file)}: Object 'Kind' is missing in '${JSON.stringify(object)}'`)
  const found = resources.find(r => r.kind === kind && apiVersion === 'v1')
  if (found !== undefined) return found
  throw new CtlError(
    `resource mapping not found for name: ${goQuote(String((object['metadata'] as JsonObject | undefined)?.['name'] ?? ''))} namespace: "" from ${goQuote(file)}: no matches for kind ${goQuote(kind)} in version ${goQuote(String(apiVersion ?? ''))}\nensure CRDs are installed first`,
  )
}

/** `kubectl create -f`. */
export const createCommand: KubectlCommand = {
  name: 'create',
  flags: [
    flag('filename', 'list', 'f'),
    flag('output', 'string', 'o'),
    { ...flag('validate', 'string'), bare: 'strict' },
  ],
  *run(kubectl, args, flags) {
    if (!flags.isSet('filename'))
      throw new CtlError(
        args.length === 0
          ? 'must specify one of -f and -k'
          : `create ${args[0]}: netloom creates from files: create -f FILE`,
      )
    const resources = yield* resourcesOf(kubectl)
    const mode = flags.text('validate', 'strict')
    const validation = mode === 'false' || mode === 'ignore' ? 'Ignore' : mode === 'warn' ? 'Warn' : 'Strict'
    let status = 0
    for (const file of flags.list('filename')) {
      const shown = file === '-' ? 'STDIN' : file
      for (const body of objectsIn(kubectl, file)) {
        const resource = resourceFor(resources, body, shown)
        try {
          const query = { fieldManager: 'kubectl-create', fieldValidation: validation }
          const request = { method: 'POST', path: pathOf(resource), query, body, accept: 'application/json' }
          const object = (yield* kubectl.client.send(request)) as unknown as ApiObject
          tell(kubectl, resource, object, flags)
        } catch (e) {
          const context = e instanceof ApiError ? `error when creating ${goQuote(shown)}: ` : ''
          kubectl.err(`${errorText(e, kubectl.host, context)}\n`)
          status = 1
        }
      }
    }
    return status
  },
}

const tell = ({ out }: Kubectl, resource: DiscoveredResource, object: ApiObject, flags: Flags): void => {
  const name = shortName({ resource }, object.metadata.name)
  const format = flags.text('output')
  if (format === 'json') out(jsonText(object))
  else if (format === 'yaml') out(yamlText(object))
  else out(format === 'name' ? `${name}\n` : `${name} created\n`)
}

/** Deletions that are to be waited for: an object is gone when there is none, or another one, of its name. */
function* waitForDeletion({ client }: Kubectl, resource: DiscoveredResource, name: string, uid: string): Thread<void> {
  for (;;) {
    try {
      const object = (yield* client.send({
        method: 'GET',
        path: pathOf(resource, name),
        accept: 'application/json',
      })) as unknown as ApiObject
      if (object.metadata.uid !== uid) return
    } catch (e) {
      if (isReason(e, 'NotFound')) return
      throw e
    }
    yield* sleep(NSEC_PER_SEC)
  }
}

/** Names to delete, with the objects' resources. */
function* namesOf(kubectl: Kubectl, targets: readonly Target[], flags: Flags): Thread<[DiscoveredResource, string][]> {
  const isAll = flags.is('all') || flags.isSet('selector')
  const names: [DiscoveredResource, string][] = []
  for (const target of targets) {
    if (target.names !== null) {
      names.push(...target.names.map((name): [DiscoveredResource, string] => [target.resource, name]))
      continue
    }
    if (!isAll) throw new CtlError('resource(s) were provided, but no name was specified')
    const query = { labelSelector: flags.isSet('selector') ? flags.text('selector') : undefined }
    const rethrow = (e: unknown): never => {
      throw e
    }
    for (const { resource, object } of yield* objectsOf(kubectl, [target], query, rethrow))
      names.push([resource, object.metadata.name])
  }
  return names
}

const NO_RESOURCES = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`

/** `kubectl delete`. */
export const deleteCommand: KubectlCommand = {
  name: 'delete',
  flags: [
    flag('all', 'bool'),
    flag('selector', 'string', 'l'),
    flag('ignore-not-found', 'bool'),
    flag('wait', 'bool'),
    flag('output', 'string', 'o'),
  ],
  *run(kubectl, args, flags) {
    if (args.length === 0) throw new CtlError(NO_RESOURCES)
    const targets = targetsOf(yield* resourcesOf(kubectl), args)
    const names = yield* namesOf(kubectl, targets, flags)
    if (names.length === 0) kubectl.out('No resources found\n')
    const deleted: [DiscoveredResource, string, string][] = []
    const errors: string[] = []
    for (const [resource, name] of names) {
      try {
        const request = {
          method: 'DELETE',
          path: pathOf(resource, name),
          body: { propagationPolicy: 'Background' },
          accept: 'application/json',
        }
        const status = (yield* kubectl.client.send(request)) as { details?: { uid?: string } }
        deleted.push([resource, name, status.details?.uid ?? ''])
        const isName = flags.text('output') === 'name'
        kubectl.out(
          isName ? `${shortName({ resource }, name)}\n` : `${resource.singularResource} ${goQuote(name)} deleted\n`,
        )
      } catch (e) {
        if (flags.is('ignore-not-found') && isReason(e, 'NotFound')) continue
        errors.push(errorText(e, kubectl.host))
      }
    }
    if (flags.is('wait', true))
      for (const [resource, name, uid] of deleted) yield* waitForDeletion(kubectl, resource, name, uid)
    for (const text of errors) kubectl.err(`${text}\n`)
    return errors.length === 0 ? 0 : 1
  },
}
