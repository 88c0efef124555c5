/**
 * What a command of kubectl is, and what all of them need: the server, what it has, and how its refusals are told.
 *
 * @see kubectl pkg/cmd/util/helpers.go checkErr, cli-runtime pkg/resource
 */
import { goQuote } from '../../app/go-text.js'
import { klogLine } from '../../app/klog.js'
import type { Process } from '../../app/process.js'
import type { Thread } from '../../app/thread.js'
import type { FileSystem } from '../../fs/file-system.js'
import { isObject, type JsonObject, type JsonValue } from '../apimachinery/json.js'
import type { ApiObject } from '../apimachinery/meta.js'
import { ApiError } from '../apimachinery/status.js'
import type { KubeClient, Query } from '../client/client.js'
import { NetworkError } from '../../app/go-net.js'
import type { Flags, FlagSpec } from './flags.js'

/** A running kubectl. */
export interface Kubectl {
  readonly process: Process
  readonly client: KubeClient
  /** Of the server, as messages name it: `10.0.0.1:6443`. */
  readonly host: string
  readonly fs: FileSystem
  readonly stdin: Uint8Array | null
  /** Writes to standard output. */
  out(text: string): void
  /** Writes to standard error. */
  err(text: string): void
}

/** A command. Returns the exit status; throws what {@link errorText} words. */
export interface KubectlCommand {
  readonly name: string
  readonly flags: readonly FlagSpec[]
  /** `args` are the words that are no options. */
  run(kubectl: Kubectl, args: readonly string[], flags: Flags): Thread<number>
}

/** Ends kubectl with a message. */
export class CtlError extends Error {
  /** `error: TEXT` unless the text is whole as it is. */
  readonly isWhole: boolean
  constructor(text: string, isWhole = false) {
    super(text)
    this.isWhole = isWhole
  }
}

/** A resource of the server as discovery tells it. */
export interface DiscoveredResource {
  readonly resource: string
  readonly singularResource: string
  readonly shortNames: readonly string[]
  readonly kind: string
  readonly isNamespaced: boolean
}

const ACCEPT_DISCOVERY =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'
/** How often kubectl tries to learn what the server has. */
const DISCOVERY_TRIES = 5

const invalidText = ({ status }: ApiError): string => {
  const { details, message = '' } = status
  if (details === undefined) return `The request is invalid: ${message}`
  const { kind = '', name = '', causes = [] } = details
  const what = kind === '' && name === '' ? 'The request is invalid' : `The ${kind} ${goQuote(name)} is invalid`
  if (causes.length === 0) return kind === '' && name === '' && message !== '' ? `${what}: ${message}` : what
  const texts = [...new Set(causes.map(c => `${c.field ?? ''}: ${c.message ?? ''}`))]
  return texts.length === 1 ? `${what}: ${texts[0]}` : `${what}: ${texts.map(t => `\n* ${t}`).join('')}`
}

/** What kubectl says of an error, and what stands in front of the server's own words. Throws what is none of its errors. */
export const errorText = (e: unknown, host: string, context = ''): string => {
  if (e instanceof CtlError) return e.isWhole ? e.message : `error: ${e.message}`
  if (e instanceof NetworkError) {
    if (e.isConnectionRefused)
      return `The connection to the server ${host} was refused - did you specify the right host or port?`
    return `Unable to connect to the server: ${e.message.replace(/^\w+ "[^"]*": /, '')}`
  }
  if (!(e instanceof ApiError)) throw e
  if (e.reason === 'Invalid') return invalidText(e)
  return `Error from server (${e.reason}): ${context}${e.message}`
}

/** Tells the errors of several objects; returns the exit status. */
export const tellErrors = ({ err, host }: Kubectl, errors: readonly unknown[]): number => {
  for (const e of errors) err(`${e instanceof CtlError && errors.length > 1 ? e.message : errorText(e, host)}\n`)
  return errors.length === 0 ? 0 : 1
}

const discoveryItems = (list: JsonValue): DiscoveredResource[] => {
  const groups = isObject(list) && Array.isArray(list['items']) ? (list['items'] as readonly JsonObject[]) : []
  const versions = groups.flatMap(g => (g['versions'] ?? []) as readonly JsonObject[])
  return versions.flatMap(v =>
    ((v['resources'] ?? []) as readonly JsonObject[]).map(r => ({
      resource: r['resource'] as string,
      singularResource: (r['singularResource'] ?? '') as string,
      shortNames: (r['shortNames'] ?? []) as readonly string[],
      kind: (r['responseKind'] as JsonObject)['kind'] as string,
      isNamespaced: r['scope'] === 'Namespaced',
    })),
  )
}

/**
 * What the server has. Throws a {@link NetworkError}, told in the log each time it tries.
 *
 * DIFFERS: the real kubectl keeps the answer in ~/.kube/cache for some hours; here each command asks.
 */
export function* resourcesOf({ client, process, err }: Kubectl): Thread<DiscoveredResource[]> {
  for (let n = 1; ; n++) {
    try {
      const query = { timeout: '32s' }
      const core = yield* client.send({ method: 'GET', path: '/api', query, accept: ACCEPT_DISCOVERY })
      yield* client.send({ method: 'GET', path: '/apis', query, accept: ACCEPT_DISCOVERY })
      return discoveryItems(core)
    } catch (e) {
      if (!(e instanceof NetworkError)) throw e
      const why = `couldn't get current server API group list: ${e.message}`
      err(klogLine(process, 'E', 'memcache.go:265', `"Unhandled Error" err=${goQuote(why)}`))
      if (n === DISCOVERY_TRIES) throw e
    }
  }
}

/** Objects that a command line names: a resource with some names, or with none. */
export interface Target {
  readonly resource: DiscoveredResource
  /** Null for all of them. */
  readonly names: readonly string[] | null
}

const find = (resources: readonly DiscoveredResource[], word: string): DiscoveredResource => {
  const name = word.toLowerCase()
  const found = resources.find(r => r.resource === name || r.singularResource === name || r.shortNames.includes(name))
  if (found !== undefined) return found
  throw new CtlError(`the server doesn't have a resource type ${goQuote(word)}`)
}

/** `TYPE`, `TYPE NAME...` or `TYPE/NAME...`, in their order. */
export const targetsOf = (resources: readonly DiscoveredResource[], args: readonly string[]): Target[] => {
  if (args.some(a => a.includes('/'))) {
    if (!args.every(a => a.includes('/')))
      throw new CtlError(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
      )
    return args.map(arg => {
      const parts = arg.split('/')
      if (parts.length !== 2 || parts.includes(''))
        throw new CtlError('arguments in resource/name form may not have more than one slash')
      return { resource: find(resources, parts[0]!), names: [parts[1]!] }
    })
  }
  const [types = '', ...names] = args
  const found = new Set(types.split(',').map(type => find(resources, type)))
  return [...found].map(resource => ({ resource, names: names.length === 0 ? null : names }))
}

/** Path of a resource, or of one object of it. */
export const pathOf = ({ resource }: DiscoveredResource, name?: string): string =>
  name === undefined ? `/api/v1/${resource}` : `/api/v1/${resource}/${encodeURIComponent(name)}`

/** What a list without a match is told as: selectors are named. */
export const listContext = (resource: DiscoveredResource, query: Query, e: unknown): string => {
  const { labelSelector, fieldSelector } = query
  if (!(e instanceof ApiError) || (labelSelector === undefined && fieldSelector === undefined)) return ''
  const about = goQuote(`/v1, Resource=${resource.resource}`)
  return `Unable to find ${about} that match label selector ${goQuote(String(labelSelector ?? ''))}, field selector ${goQuote(String(fieldSelector ?? ''))}: `
}

/** The objects that a command changes: those that are named, or all that a selector selects. Each error is told, and counted. */
export function* objectsOf(
  kubectl: Kubectl,
  targets: readonly Target[],
  query: Query,
  onError: (e: unknown) => void,
): Thread<{ readonly resource: DiscoveredResource; readonly object: ApiObject }[]> {
  const found: { readonly resource: DiscoveredResource; readonly object: ApiObject }[] = []
  const { client } = kubectl
  for (const { resource, names } of targets) {
    const about = (name: string): string => `get ${resource.resource} ${name}`.trim()
    if (names === null) {
      const list = (yield* client.send({
        method: 'GET',
        path: pathOf(resource),
        query,
        accept: 'application/json',
        about: about(''),
      })) as unknown as {
        items: ApiObject[]
      }
      for (const item of list.items)
        found.push({ resource, object: { apiVersion: 'v1', kind: resource.kind, ...item } })
      continue
    }
    for (const name of names) {
      try {
        const request = { method: 'GET', path: pathOf(resource, name), accept: 'application/json', about: about(name) }
        found.push({ resource, object: (yield* client.send(request)) as unknown as ApiObject })
      } catch (e) {
        onError(e)
      }
    }
  }
  return found
}

/** `node/n1`. */
export const shortName = ({ resource }: { readonly resource: DiscoveredResource }, name: string): string =>
  `${resource.singularResource}/${name}`
