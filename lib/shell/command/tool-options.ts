/**
 * The options in front of the object of `ip` and `bridge`. Each may be shortened; the first in the tool's own order wins.
 *
 * `-color` is taken and means nothing, as when the output is a file and the mode automatic. `-resolve` and `-timestamp`
 * mean nothing either: netloom resolves no names and monitors nothing.
 *
 * @see ip(8), bridge(8)
 */
import type { Netns } from '../../core/netns.js'
import { NetloomError } from '../../errors.js'
import type { CommandContext } from '../../app/command.js'
import { type Args, invalidArgument, matches, unsupported, usageError } from './args.js'
import type { Family, ToolOptions } from './ip-context.js'

/** What the options of a command line say. */
export interface ParsedOptions extends ToolOptions {
  json: boolean
  pretty: boolean
  oneline: boolean
  brief: boolean
  details: boolean
  stats: number
  numeric: boolean
  family: Family
  force: boolean
  all: boolean
  compressVlans: boolean
  /** Namespace of `-n NS`, or the one that the tool was started in. */
  netns: Netns | null
  /** File of `-batch`. */
  batch: string | null
  version: boolean
  help: boolean
}

/** An option: its name, whether only the whole name counts, whether a word belongs to it, and what it does. */
interface Option {
  readonly name: string
  readonly exact: boolean
  readonly takesWord: boolean
  readonly apply: (p: ParsedOptions, word: string, command: CommandContext) => void
}

type Apply = Option['apply']

const flag = (name: string, apply: Apply): Option => ({ name, exact: false, takesWord: false, apply })
const exact = (name: string, apply: Apply): Option => ({ name, exact: true, takesWord: false, apply })
const withWord = (name: string, apply: Apply): Option => ({ name, exact: false, takesWord: true, apply })

const ignored: Apply = () => {}

const refused =
  (tool: string, option: string, supported: string): Apply =>
  () => {
    throw unsupported(tool, option, supported)
  }

const FAMILIES: Readonly<Record<string, Family>> = { inet: 'inet', inet6: 'inet6', link: 'link' }

const setFamily =
  (family: Family): Apply =>
  p => {
    p.family = family
  }

const familyByName =
  (tool: string): Apply =>
  (p, word) => {
    if (word === 'bridge' || word === 'mpls') throw unsupported(tool, word, 'inet, link')
    p.family = FAMILIES[word] ?? invalidArgument('invalid protocol family', word)
  }

/** Opens a namespace; leaves with exit status 255 when there is none of that name. */
const openNetns: Apply = (p, word, command) => {
  try {
    p.netns = command.world.netns(word)
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    usageError(e.message)
  }
}

const stats: Apply = p => {
  p.stats++
}
const details: Apply = p => {
  p.details = true
}
const oneline: Apply = p => {
  p.oneline = true
}
const version: Apply = p => {
  p.version = true
}
const force: Apply = p => {
  p.force = true
}
const batch: Apply = (p, word) => {
  p.batch = word
}
const brief: Apply = p => {
  p.brief = true
}
const json: Apply = p => {
  p.json = true
}
const pretty: Apply = p => {
  p.pretty = true
}
const help: Apply = p => {
  p.help = true
}
const numeric: Apply = p => {
  p.numeric = true
}
const compressVlans: Apply = p => {
  p.compressVlans = true
}
const all: Apply = p => {
  p.all = true
}

const IP_SUPPORTED = '-n, -4, -0, -br, -j, -p, -d, -s, -o, -N, -c, -a, -force, -batch, -V'
const BRIDGE_SUPPORTED = '-n, -s, -d, -j, -p, -o, -c, -force, -batch, -V'

/** Options of `ip`. */
export const IP_OPTIONS: readonly Option[] = [
  withWord('-loops', ignored),
  withWord('-family', familyByName('ip')),
  exact('-4', setFamily('inet')),
  exact('-6', setFamily('inet6')),
  exact('-0', setFamily('link')),
  exact('-M', refused('ip', '-M', IP_SUPPORTED)),
  exact('-B', refused('ip', '-B', IP_SUPPORTED)),
  flag('-human-readable', refused('ip', '-h', IP_SUPPORTED)),
  flag('-iec', refused('ip', '-iec', IP_SUPPORTED)),
  flag('-stats', stats),
  flag('-statistics', stats),
  flag('-details', details),
  flag('-resolve', ignored),
  flag('-oneline', oneline),
  flag('-timestamp', ignored),
  flag('-tshort', ignored),
  flag('-Version', version),
  flag('-force', force),
  withWord('-batch', batch),
  flag('-brief', brief),
  flag('-json', json),
  flag('-pretty', pretty),
  withWord('-rcvbuf', ignored),
  flag('-color', ignored),
  flag('-help', help),
  withWord('-netns', openNetns),
  flag('-Numeric', numeric),
  flag('-all', all),
]

/** Options of `bridge`. */
export const BRIDGE_OPTIONS: readonly Option[] = [
  flag('-help', help),
  flag('-Version', version),
  flag('-stats', stats),
  flag('-statistics', stats),
  flag('-details', details),
  flag('-oneline', oneline),
  flag('-timestamp', ignored),
  withWord('-family', familyByName('bridge')),
  exact('-4', setFamily('inet')),
  exact('-6', refused('bridge', '-6', BRIDGE_SUPPORTED)),
  withWord('-netns', openNetns),
  flag('-compressvlans', compressVlans),
  flag('-color', ignored),
  flag('-force', force),
  flag('-json', json),
  flag('-pretty', pretty),
  withWord('-batch', batch),
]

const TC_SUPPORTED = '-n, -s, -d, -j, -p, -o, -br, -N, -c, -force, -batch, -V'

/** Options of `tc`. */
export const TC_OPTIONS: readonly Option[] = [
  flag('-stats', stats),
  flag('-statistics', stats),
  flag('-details', details),
  flag('-raw', refused('tc', '-raw', TC_SUPPORTED)),
  flag('-pretty', pretty),
  flag('-graph', refused('tc', '-graph', TC_SUPPORTED)),
  flag('-Version', version),
  flag('-iec', refused('tc', '-iec', TC_SUPPORTED)),
  flag('-help', help),
  flag('-force', force),
  withWord('-batch', batch),
  withWord('-netns', openNetns),
  flag('-Numeric', numeric),
  flag('-names', refused('tc', '-names', TC_SUPPORTED)),
  withWord('-conf', refused('tc', '-conf', TC_SUPPORTED)),
  flag('-timestamp', ignored),
  flag('-tshort', ignored),
  flag('-json', json),
  flag('-oneline', oneline),
  flag('-brief', brief),
  flag('-color', ignored),
]

const noOptions = (netns: Netns | null): ParsedOptions => ({
  json: false,
  pretty: false,
  oneline: false,
  brief: false,
  details: false,
  stats: 0,
  numeric: false,
  family: 'unspec',
  force: false,
  all: false,
  compressVlans: false,
  netns,
  batch: null,
  version: false,
  help: false,
})

/** Reads the options in front of the object; `helpHint` is what the tool recommends for an unknown one. */
export const parseToolOptions = (
  args: Args,
  table: readonly Option[],
  command: CommandContext,
  helpHint: string,
): ParsedOptions => {
  const parsed = noOptions(command.netns)
  while (!args.done && args.word.startsWith('-')) {
    const word = args.take()
    if (word === '--') break
    const name = word.startsWith('--') ? word.slice(1) : word
    const option = table.find(o => (o.exact ? o.name === name : matches(name, o.name)))
    if (option === undefined && /^-c(o(l(or?)?)?)?=(always|auto|never)$/.test(name)) continue
    if (option === undefined) return usageError(`Option "${name}" is unknown, try "${helpHint}".`)
    if (option.takesWord && args.done) {
      if (option.name === '-netns') usageError('Cannot open network namespace "(null)": No such file or directory')
      parsed.help = true
      return parsed
    }
    option.apply(parsed, option.takesWord ? args.take() : '', command)
  }
  return parsed
}
