/**
 * Texts of a recorded cluster in the form in which they are compared: what another run of the real tools would not repeat
 * is covered or left out, and lists without an order are sorted.
 *
 * Blanks at the end of a line and empty lines never count.
 */
import { etcdLines } from './case-etcd-dump.js'
import { iptablesLines } from './case-iptables.js'

/** What the forms of a text depend on. */
export interface SectionContext {
  /** Address of the store: traffic with it leaves neighbours and connections. */
  readonly etcdAddress: string
  /** The router between this host and the store; null where they share a segment. */
  readonly router: string | null
}

/** Brings a text into the form in which it is compared. */
export type Canonicalize = (text: string, context: SectionContext) => readonly string[]

/** One text that is compared as a whole. */
export interface TextUnit {
  readonly name: string
  readonly recorded: readonly string[]
  /** Null when the replay left none. */
  readonly actual: readonly string[] | null
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map(line => line.trimEnd())
    .filter(line => line !== '')

/** `N: NAME@PEER: rest` of the tools' lists of devices: the name and the rest. */
const DEVICE_LINE = /^\d+: ([^@:]+)(?:@[^:]*)?: ?(.*)$/

/** ` word value` where `text` has it, else nothing. */
const wordOf = (text: string, word: string): string => {
  const found = new RegExp(`(?:^| )${word} (\\S+)`).exec(text)
  return found === null ? '' : ` ${word} ${found[1]}`
}

const someWords = (text: string, words: readonly string[]): string => words.map(word => wordOf(text, word)).join('')

/** A device is its name, flags, MTU, master, state, MAC, and of a VXLAN what says where it sends. */
const links: Canonicalize = text => {
  const devices: string[] = []
  const add = (more: string): void => {
    devices.push((devices.pop() ?? '') + more)
  }
  for (const line of linesOf(text)) {
    const device = DEVICE_LINE.exec(line)
    const words = line.trim().split(' ')
    if (device !== null) {
      const [, name, rest] = device
      devices.push(`${name} ${rest!.split(' ')[0]}${someWords(rest!, ['mtu', 'master', 'state'])}`)
    } else if (words[0]!.startsWith('link/')) add(` ${words[0]}${words[0] === 'link/none' ? '' : ` ${words[1]}`}`)
    else if (words[0] === 'vxlan') {
      const learning = words.includes('nolearning') ? ' nolearning' : ''
      add(` vxlan${someWords(line.trim(), ['id', 'local', 'dev', 'dstport'])}${learning}`)
    }
  }
  return devices.sort()
}

const addresses: Canonicalize = text =>
  linesOf(text).map(line =>
    line
      .replace(DEVICE_LINE, '$1: $2')
      .replace(/ link-netns(id)? \S+/, '')
      .replace(/ qdisc \S+/, '')
      .replace(/ qlen \d+/, '')
      .replace(/\b(valid|preferred)_lft \d+sec/g, '$1_lft SECONDS'),
  )

const addressesBrief: Canonicalize = text =>
  linesOf(text)
    .map(line => {
      const [name, ...rest] = line.split(/\s+/)
      return [name!.split('@')[0], ...rest].join(' ')
    })
    .sort()

/** States of a neighbour that differ by age only. */
const neighbours: Canonicalize = (text, { etcdAddress, router }) =>
  linesOf(text)
    .filter(line => ![etcdAddress, router].includes(line.split(' ')[0]!))
    .map(line =>
      line.replace(/\b(REACHABLE|STALE|DELAY|PROBE)\b/, 'KNOWN').replace(/\b(INCOMPLETE|FAILED)\b/, 'UNKNOWN'),
    )
    .sort()

const bridgePorts: Canonicalize = text =>
  linesOf(text)
    .map(line => line.replace(DEVICE_LINE, '$1: $2'))
    .sort()

/** Port of the store. */
const ETCD_PORT = /\b[sd]?port=2379\b/

const connections: Canonicalize = (text, { etcdAddress }) =>
  linesOf(text)
    .filter(line => !line.startsWith('conntrack v'))
    .filter(line => !(ETCD_PORT.test(line) && line.split(/[ =]/).includes(etcdAddress)))
    .map(line =>
      line
        .replace(/^(\S+\s+\d+\s+)\d+ /, '$1SECONDS ')
        .replace(/\buse=\d+/, 'use=COUNT')
        .replace(/\bid=\d+/, 'id=ID'),
    )
    .sort()

const transcript: Canonicalize = text =>
  linesOf(text).map(line =>
    line
      .replace(/time=[\d.]+ ms/, 'time=TIME')
      .replace(/, time \d+ms/, ', time TIME')
      .replace(/^rtt .*/, 'rtt TIMES')
      .replace(/, pipe \d+/, '')
      .replace(/\bexpires \d+sec/, 'expires SECONDS'),
  )

const sorted: Canonicalize = text => linesOf(text).sort()

/** Forms of the sections of a host's state, by heading. */
const SECTIONS: ReadonlyMap<string, Canonicalize> = new Map([
  ['ip -d link show', links],
  ['ip -4 addr show', addresses],
  ['ip -4 -br addr show', addressesBrief],
  ['ip neigh show', neighbours],
  ['bridge fdb show', sorted],
  ['bridge link show', bridgePorts],
  ['iptables-save -c', iptablesLines],
  ['conntrack -L', connections],
  ['sysctl (selection)', sorted],
])

/** The sections of a host's state by heading. */
const sectionsOf = (text: string): Map<string, string> => {
  const parts = text.split(/^### /m).slice(1)
  return new Map(
    parts.map(part => {
      const end = part.indexOf('\n')
      return end < 0 ? [part.trim(), ''] : [part.slice(0, end).trim(), part.slice(end + 1)]
    }),
  )
}

const formOfFile = (name: string): Canonicalize => {
  if (name === 'etcd.json') return etcdLines
  if (name === 'commands.txt') return transcript
  return name.endsWith('.iptables') ? iptablesLines : linesOf
}

/** The canonical form of what a replay left; a text that cannot be read is equal to none. */
const canonActual = (form: Canonicalize, text: string, context: SectionContext): readonly string[] => {
  try {
    return form(text, context)
  } catch (error) {
    return [`cannot be read: ${error instanceof Error ? error.message : error}`]
  }
}

/** True for the state of a host, which is compared section by section. */
export const isHostState = (file: string): boolean => /(^|\/)h\d+\.txt$/.test(file)

/** What of `file` is compared: the whole of it, or each section of a host's state. */
export const textUnits = (
  file: string,
  recorded: string,
  actual: string | null,
  context: SectionContext,
): TextUnit[] => {
  if (!isHostState(file)) {
    const form = formOfFile(file.slice(file.lastIndexOf('/') + 1))
    const found = actual === null ? null : canonActual(form, actual, context)
    return [{ name: file, recorded: form(recorded, context), actual: found }]
  }
  const found = actual === null ? new Map<string, string>() : sectionsOf(actual)
  return [...sectionsOf(recorded)].map(([heading, text]) => {
    const form = SECTIONS.get(heading) ?? linesOf
    const other = found.get(heading)
    const lines = other === undefined ? null : canonActual(form, other, context)
    return { name: `${file}#${heading}`, recorded: form(text, context), actual: lines }
  })
}
