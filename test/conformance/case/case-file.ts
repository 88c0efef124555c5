/**
 * `case.json` of a recorded flannel cluster: what the replay and the judge read of it, checked field by field.
 */

/** The version of flanneld whose recordings can be replayed. */
export const REPLAYED_VERSION = 'v0.20.2'
/** Name of the description in the directory of a recorded cluster. */
export const CASE_FILE = 'case.json'

/** One command; `ns` null for one that runs in no namespace. */
export interface CaseCommand {
  readonly ns: string | null
  readonly argv: readonly string[]
}

/** What a command of a step reads. */
export type CaseStdin = string | { readonly zeros: number }

/** A command of a step. */
export interface StepCommand extends CaseCommand {
  readonly transcript: string
  readonly stdin: CaseStdin | null
  readonly background: boolean
  /** Seconds that pass after a background command was started. */
  readonly sleepAfter: number
}

/** A capture of a step; `filter` empty for everything. */
export interface CaseCapture {
  readonly file: string
  readonly ns: string
  readonly dev: string
  readonly filter: string
}

/** Traffic with captures. */
export interface StepEntry {
  readonly kind: 'step'
  readonly name: string
  readonly before: readonly string[]
  readonly captures: readonly CaseCapture[]
  readonly run: readonly StepCommand[]
  readonly settle: number
  readonly iptablesSave: readonly string[]
}

/** Something is done to the store. */
export interface EtcdEntry {
  readonly kind: 'etcd'
  readonly op: 'start' | 'put' | 'del' | 'kill'
  readonly ns: string
  readonly address: string
  readonly key: string
  readonly value: string
  /** Seconds of the lease of what is put; null for none. */
  readonly ttl: number | null
}

/** A file of a host is written or removed. */
export interface FileEntry {
  readonly kind: 'file'
  readonly host: string
  readonly op: 'write' | 'remove'
  readonly path: string
  readonly text: string
}

/** A daemon starts or is told to stop. */
export interface FlanneldEntry {
  readonly kind: 'flanneld'
  readonly host: string
  readonly op: 'start' | 'stop'
  readonly options: readonly string[]
  readonly subnetFile: string
  readonly signal: string
}

/** One entry of the timeline. */
export type TimelineEntry =
  | { readonly kind: 'setup'; readonly run: readonly CaseCommand[] }
  | { readonly kind: 'sleep'; readonly seconds: number }
  | { readonly kind: 'state'; readonly label: string; readonly hosts: readonly string[] }
  | { readonly kind: 'event'; readonly label: string; readonly entries: readonly TimelineEntry[] }
  | StepEntry
  | EtcdEntry
  | FileEntry
  | FlanneldEntry

/** Two neighbouring frames of a capture, counted from 1, that may stand in either order. */
export interface Crossing {
  readonly file: string
  readonly frames: readonly number[]
}

/** A recorded cluster. */
export interface RecordedCase {
  readonly version: string
  /** Address of each host, in their order. */
  readonly hosts: ReadonlyMap<string, string>
  readonly etcdAddress: string
  readonly backend: string
  /** UDP port of the backend as configured; null for its default. */
  readonly backendPort: number | null
  /** MAC of each host's VXLAN device. */
  readonly vtepMacs: ReadonlyMap<string, string>
  /** Subnet that each host leased. */
  readonly subnets: ReadonlyMap<string, string>
  readonly fixedPortsAndIds: readonly number[]
  readonly crossing: readonly Crossing[]
  readonly timeline: readonly TimelineEntry[]
}

/** Says what is wrong with a `case.json`. */
export class CaseFormatError extends Error {
  override readonly name = 'CaseFormatError'
}

/** A value of the file with its place, for messages. */
class Field {
  readonly value: unknown
  readonly place: string

  constructor(value: unknown, place: string) {
    this.value = value
    this.place = place
  }

  fail(wanted: string): never {
    throw new CaseFormatError(`${CASE_FILE}: ${this.place}: ${wanted} expected, ${JSON.stringify(this.value)} found`)
  }

  get isPresent(): boolean {
    return this.value !== undefined && this.value !== null
  }

  at(key: string): Field {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value))
      return this.fail('an object')
    const object = this.value as Readonly<Record<string, unknown>>
    return new Field(Object.hasOwn(object, key) ? object[key] : undefined, `${this.place}.${key}`)
  }

  get entries(): [string, Field][] {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value))
      return this.fail('an object')
    return Object.entries(this.value).map(([key, value]) => [key, new Field(value, `${this.place}.${key}`)])
  }

  get list(): Field[] {
    if (!Array.isArray(this.value)) return this.fail('a list')
    return this.value.map((value, n) => new Field(value, `${this.place}[${n}]`))
  }

  get text(): string {
    return typeof this.value === 'string' ? this.value : this.fail('a text')
  }

  get number(): number {
    return typeof this.value === 'number' ? this.value : this.fail('a number')
  }

  textOr(other: string): string {
    return this.isPresent ? this.text : other
  }

  numberOr<T>(other: T): number | T {
    return this.isPresent ? this.number : other
  }

  get texts(): string[] {
    return this.isPresent ? this.list.map(field => field.text) : []
  }

  oneOf<T extends string>(words: readonly T[]): T {
    return words.find(word => word === this.value) ?? this.fail(`one of ${words.join(', ')}`)
  }
}

const command = (field: Field): CaseCommand => {
  const argv = field.at('argv').texts
  if (argv.length === 0) field.at('argv').fail('a command')
  const ns = field.at('ns')
  return { ns: ns.isPresent ? ns.text : null, argv }
}

const stdin = (field: Field): CaseStdin | null => {
  if (!field.isPresent) return null
  return typeof field.value === 'string' ? field.value : { zeros: field.at('zeros').number }
}

const stepCommand = (field: Field): StepCommand => ({
  ...command(field),
  transcript: field.at('transcript').text,
  stdin: stdin(field.at('stdin')),
  background: field.at('background').value === true,
  sleepAfter: field.at('sleepAfter').numberOr(0),
})

const capture = (field: Field): CaseCapture => ({
  file: field.at('file').text,
  ns: field.at('ns').text,
  dev: field.at('dev').text,
  filter: field.at('filter').textOr(''),
})

const step = (field: Field): StepEntry => ({
  kind: 'step',
  name: field.at('step').text,
  before: field.at('before').texts,
  captures: field.at('captures').list.map(capture),
  run: field.at('run').list.map(stepCommand),
  settle: field.at('settle').numberOr(0),
  iptablesSave: field.at('iptablesSave').texts,
})

const etcd = (field: Field): EtcdEntry => {
  const op = field.at('op').oneOf(['start', 'put', 'del', 'kill'])
  return {
    kind: 'etcd',
    op,
    ns: op === 'start' ? field.at('ns').text : '',
    address: op === 'start' ? field.at('address').text : '',
    key: op === 'put' || op === 'del' ? field.at('key').text : '',
    value: op === 'put' ? field.at('value').text : '',
    ttl: field.at('ttl').numberOr(null),
  }
}

const file = (field: Field): FileEntry => {
  const op = field.at('op').oneOf(['write', 'remove'])
  const text = op === 'write' ? field.at('text').text : ''
  return { kind: 'file', host: field.at('host').text, op, path: field.at('path').text, text }
}

const flanneld = (field: Field): FlanneldEntry => {
  const op = field.at('op').oneOf(['start', 'stop'])
  return {
    kind: 'flanneld',
    host: field.at('host').text,
    op,
    options: field.at('options').texts,
    subnetFile: op === 'start' ? field.at('subnetFile').text : '',
    signal: field.at('signal').textOr('SIGTERM'),
  }
}

const entry = (field: Field): TimelineEntry => {
  if (field.at('setup').isPresent) return { kind: 'setup', run: field.at('run').list.map(command) }
  if (field.at('sleep').isPresent) return { kind: 'sleep', seconds: field.at('sleep').number }
  if (field.at('etcd').isPresent) return etcd(field.at('etcd'))
  if (field.at('file').isPresent) return file(field.at('file'))
  if (field.at('flanneld').isPresent) return flanneld(field.at('flanneld'))
  if (field.at('step').isPresent) return step(field)
  if (field.at('state').isPresent) {
    return { kind: 'state', label: field.at('state').text, hosts: field.at('hosts').texts }
  }
  if (field.at('event').isPresent) {
    return { kind: 'event', label: field.at('event').text, entries: field.at('do').list.map(entry) }
  }
  return field.fail('setup, sleep, etcd, file, flanneld, step, state or event')
}

/** Texts by name; a name with null stands for nothing, as the recorder writes where a host has no such device. */
const textMap = (field: Field): Map<string, string> => {
  const given = (field.isPresent ? field.entries : []).filter(([, value]) => value.isPresent)
  return new Map(given.map(([key, value]) => [key, value.text]))
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CaseFormatError(`${CASE_FILE}: ${error instanceof Error ? error.message : error}`)
  }
}

/** Reads a `case.json`; throws `CaseFormatError` for anything that is none, with the place. */
export const readCase = (text: string): RecordedCase => {
  const top = new Field(parse(text), 'top')
  const underlay = top.at('underlay')
  const backend = top.at('config').at('Backend')
  const random = top.at('random')
  const crossing = random.at('crossing')
  const chosen = random.at('subnetsChosen')
  return {
    version: top.at('flannel_version').text,
    hosts: new Map(underlay.at('hosts').entries.map(([name, host]) => [name, host.at('ip').text])),
    etcdAddress: underlay.at('etcd').at('ip').text,
    backend: backend.isPresent ? backend.at('Type').text.toLowerCase() : 'udp',
    backendPort: backend.isPresent ? backend.at('Port').numberOr(null) : null,
    vtepMacs: textMap(random.at('vtepMacs').isPresent ? random.at('vtepMacs') : top.at('vtep_macs')),
    subnets: textMap(chosen.isPresent ? chosen.at('leased') : top.at('subnets')),
    fixedPortsAndIds: random.at('fixedPortsAndIds').list.map(field => field.number),
    crossing: crossing.isPresent
      ? crossing.list.map(x => ({ file: x.at('file').text, frames: x.at('frames').list.map(n => n.number) }))
      : [],
    timeline: top.at('timeline').list.map(entry),
  }
}
