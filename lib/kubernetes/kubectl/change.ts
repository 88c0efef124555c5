/**
 * `kubectl annotate`, `label`, `patch`, `cordon` and `uncordon`: an object is read, changed and sent back as a patch.
 *
 * @see kubectl pkg/cmd/annotate, label, patch, drain
 */
import { goQuote } from '../../app/go-text.js'
import type { Thread } from '../../app/thread.js'
import { goMarshal } from '../../app/go-json.js'
import { deepEqual, type JsonObject, type JsonValue } from '../apimachinery/json.js'
import type { ApiObject } from '../apimachinery/meta.js'
import { createMergePatch } from '../apimachinery/patch.js'
import { labelValueErrors } from '../apimachinery/validation.js'
import {
  CtlError,
  type DiscoveredResource,
  type Kubectl,
  type KubectlCommand,
  objectsOf,
  pathOf,
  resourcesOf,
  shortName,
  targetsOf,
  tellErrors,
} from './command.js'
import { flag, type Flags, type FlagSpec } from './flags.js'
import { jsonText, yamlText } from './printer.js'

/** An object with its resource. */
interface Named {
  readonly resource: DiscoveredResource
  readonly object: ApiObject
}

const MEDIA: Readonly<Record<string, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}

/** Says what was done: `node/n1 annotated`, or the object in another form. */
const tell = ({ out }: Kubectl, named: Named, what: string, flags: Flags): void => {
  const name = shortName(named, named.object.metadata.name)
  const format = flags.text('output')
  if (format === 'json') out(jsonText(named.object))
  else if (format === 'yaml') out(yamlText(named.object))
  else out(format === 'name' ? `${name}\n` : `${name} ${what}\n`)
}

function* sendPatch(
  { client }: Kubectl,
  { resource, object }: Named,
  type: string,
  body: JsonValue,
  query: Record<string, string>,
  subresource = '',
): Thread<ApiObject> {
  const path = `${pathOf(resource, object.metadata.name)}${subresource === '' ? '' : `/${subresource}`}`
  const request = { method: 'PATCH', path, query, body, contentType: MEDIA[type]!, accept: 'application/json' }
  return (yield* client.send(request)) as unknown as ApiObject
}

/** Splits `KEY=VALUE` and `KEY-` off: they begin at the first one, and nothing else may follow. */
const splitPairs = (
  args: readonly string[],
  what: string,
): { readonly resources: string[]; readonly pairs: string[] } => {
  const isPair = (word: string): boolean =>
    (word.includes('=') && !word.startsWith('=')) || (word.endsWith('-') && word !== '-')
  const at = args.findIndex(isPair)
  if (at < 0) return { resources: [...args], pairs: [] }
  const rest = args.slice(at)
  const stray = rest.find(word => !isPair(word))
  if (stray !== undefined) throw new CtlError(`all resources must be specified before ${what} changes: ${stray}`)
  return { resources: args.slice(0, at), pairs: rest }
}

interface Changes {
  readonly set: ReadonlyMap<string, string>
  readonly remove: readonly string[]
}

const changesOf = (pairs: readonly string[], what: string): Changes => {
  const set = new Map<string, string>()
  const remove: string[] = []
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at > 0) set.set(pair.slice(0, at), pair.slice(at + 1))
    else remove.push(pair.slice(0, -1))
  }
  const both = remove.filter(key => set.has(key))
  if (both.length > 0) {
    const keys = both.join(',')
    throw new CtlError(
      what === 'label'
        ? `can not both modify and remove a label in the same command`
        : `can not both modify and remove the following annotation(s) in the same command: ${keys}`,
    )
  }
  return { set, remove }
}

/** Labels or annotations of an object after the changes. */
const applied = (old: Readonly<Record<string, string>>, { set, remove }: Changes): Record<string, string> => {
  const made: Record<string, string> = { ...old }
  for (const [key, value] of set) made[key] = value
  for (const key of remove) delete made[key]
  return made
}

const ANNOTATIONS = {
  field: 'annotations',
  one: 'annotation',
  a: 'an annotation',
  manager: 'kubectl-annotate',
} as const
const LABELS = { field: 'labels', one: 'label', manager: 'kubectl-label' } as const
type Kind = typeof ANNOTATIONS | typeof LABELS

/** What overwriting would need to be asked for. */
const refuseOverwrite = (kind: Kind, old: Readonly<Record<string, string>>, { set }: Changes): void => {
  const taken = [...set].filter(([key, value]) => key in old && old[key] !== value)
  if (taken.length === 0) return
  if (kind === LABELS) {
    const texts = taken.map(([key]) => `'${key}' already has a value (${old[key]}), and --overwrite is false`)
    throw new CtlError(texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`)
  }
  const texts = taken.map(([key]) => `'${key}' already has a value (${old[key]})`)
  throw new CtlError(`--overwrite is false but found the following declared annotation(s): ${texts.join('; ')}`)
}

/** What was done to labels: kubectl compares the objects' lengths to tell. */
const labelWords = (object: ApiObject, made: Readonly<Record<string, string>>, isOverwriting: boolean): string => {
  const { labels } = object.metadata
  if (labels !== undefined && deepEqual(labels, made)) return 'not labeled'
  const length = (value: JsonObject): number => goMarshal(value).length
  const isShorter = length({ ...object.metadata, labels: made }) < length(object.metadata)
  return isShorter && !isOverwriting ? 'unlabeled' : 'labeled'
}

/** Values of labels are checked before anything is sent. */
const checkLabelValues = ({ set }: Changes): void => {
  for (const [key, value] of set) {
    const [why] = labelValueErrors(value)
    if (why !== undefined) throw new CtlError(`invalid label value: ${goQuote(`${key}=${value}`)}: ${why}`)
  }
}

function* change(kubectl: Kubectl, kind: Kind, args: readonly string[], flags: Flags): Thread<number> {
  const { resources, pairs } = splitPairs(args, kind.one)
  if (pairs.length === 0 && !flags.is('list')) throw new CtlError(`at least one ${kind.one} update is required`)
  const changes = changesOf(pairs, kind.one)
  if (kind === LABELS) checkLabelValues(changes)
  const targets = targetsOf(yield* resourcesOf(kubectl), resources)
  const isAll = flags.is('all') || flags.isSet('selector')
  if (targets.some(t => t.names === null) && !isAll)
    throw new CtlError('resource(s) were provided, but no name was specified')
  const errors: unknown[] = []
  const failed = (e: unknown): void => {
    errors.push(e)
  }
  const query = { labelSelector: flags.isSet('selector') ? flags.text('selector') : undefined }
  for (const named of yield* objectsOf(kubectl, targets, query, failed)) {
    const { object } = named
    const old = object.metadata[kind.field] ?? {}
    if (flags.is('list')) {
      for (const key of Object.keys(old).sort()) kubectl.out(`${key}=${old[key]}\n`)
      continue
    }
    try {
      if (!flags.is('overwrite')) refuseOverwrite(kind, old, changes)
      if (kind === LABELS)
        for (const key of changes.remove) if (!(key in old)) kubectl.out(`label "${key}" not found.\n`)
      const made = applied(old, changes)
      const patch = createMergePatch({ metadata: { [kind.field]: old } }, { metadata: { [kind.field]: made } }) ?? {}
      const changed = yield* sendPatch(kubectl, named, 'merge', patch, { fieldManager: kind.manager })
      const words = kind === LABELS ? labelWords(object, made, flags.is('overwrite')) : 'annotated'
      tell(kubectl, { ...named, object: changed }, words, flags)
    } catch (e) {
      failed(e)
    }
  }
  return tellErrors(kubectl, errors)
}

const OUTPUT = flag('output', 'string', 'o')
const CHANGE_FLAGS: readonly FlagSpec[] = [
  OUTPUT,
  flag('overwrite', 'bool'),
  flag('all', 'bool'),
  flag('list', 'bool'),
  flag('selector', 'string', 'l'),
]

/** `kubectl annotate`. */
export const annotateCommand: KubectlCommand = {
  name: 'annotate',
  flags: CHANGE_FLAGS,
  *run(kubectl, args, flags) {
    return yield* change(kubectl, ANNOTATIONS, args, flags)
  },
}

/** `kubectl label`. */
export const labelCommand: KubectlCommand = {
  name: 'label',
  flags: CHANGE_FLAGS,
  *run(kubectl, args, flags) {
    return yield* change(kubectl, LABELS, args, flags)
  },
}

/** `kubectl patch`. */
export const patchCommand: KubectlCommand = {
  name: 'patch',
  flags: [OUTPUT, flag('patch', 'string', 'p'), flag('type'), flag('subresource')],
  *run(kubectl, args, flags) {
    const type = flags.text('type', 'strategic').toLowerCase()
    if (MEDIA[type] === undefined)
      throw new CtlError(`--type must be one of [json merge strategic], not ${goQuote(flags.text('type'))}`)
    if (!flags.isSet('patch'))
      throw new CtlError('must specify --patch or --patch-file containing the contents of the patch')
    let patch: JsonValue
    try {
      patch = JSON.parse(flags.text('patch')) as JsonValue
    } catch {
      throw new CtlError(`unable to parse ${goQuote(flags.text('patch'))}: netloom reads patches in JSON`)
    }
    const targets = targetsOf(yield* resourcesOf(kubectl), args)
    if (targets.some(t => t.names === null)) throw new CtlError('resource(s) were provided, but no name was specified')
    for (const named of yield* objectsOf(kubectl, targets, {}, rethrow)) {
      const query = { fieldManager: 'kubectl-patch' }
      const changed = yield* sendPatch(kubectl, named, type, patch, query, flags.text('subresource'))
      const isSame = changed.metadata.resourceVersion === named.object.metadata.resourceVersion
      tell(kubectl, { ...named, object: changed }, isSame ? 'patched (no change)' : 'patched', flags)
    }
    return 0
  },
}

/** An object that can't be read ends the command before anything is changed. */
const rethrow = (e: unknown): never => {
  throw e
}

const schedulable = (name: 'cordon' | 'uncordon'): KubectlCommand => ({
  name,
  flags: [flag('selector', 'string', 'l')],
  *run(kubectl, args, flags) {
    if (args.length === 0 && !flags.isSet('selector'))
      throw new CtlError(`USAGE: ${name} NODE [flags]\nSee 'kubectl ${name} -h' for help and examples`)
    const nodes = (yield* resourcesOf(kubectl)).find(r => r.resource === 'nodes')
    if (nodes === undefined) throw new CtlError('the server doesn\'t have a resource type "nodes"')
    const names = args.length === 0 ? null : args.map(a => a.replace(/^nodes?\//, ''))
    const query = { labelSelector: flags.isSet('selector') ? flags.text('selector') : undefined }
    for (const named of yield* objectsOf(kubectl, [{ resource: nodes, names }], query, rethrow)) {
      const wanted = name === 'cordon'
      const { unschedulable = false } = named.object['spec'] as JsonObject
      const shown = shortName(named, named.object.metadata.name)
      if (unschedulable === wanted) kubectl.out(`${shown} already ${name}ed\n`)
      else {
        yield* sendPatch(kubectl, named, 'strategic', { spec: { unschedulable: wanted ? true : null } }, {})
        kubectl.out(`${shown} ${name}ed\n`)
      }
    }
    return 0
  },
})

/** `kubectl cordon`. */
export const cordonCommand: KubectlCommand = schedulable('cordon')
/** `kubectl uncordon`. */
export const uncordonCommand: KubectlCommand = schedulable('uncordon')
