/**
 * Options and texts of the match `multiport`.
 *
 * @see iptables extensions/libxt_multiport.c
 */
import { XT_MULTI_PORTS, type XtMultiportFlags, type XtMultiportInfo } from '../../../netfilter/match/multiport.js'
import { XT_INV_PROTO } from '../../../rtnl/iptables.js'
import { serviceName } from '../../../report/services.js'
import { extension, type XtablesExtension, xtablesError, type XtOption, type XtOptionCall } from '../xtables.js'
import { portNumber } from '../xtoptions.js'

const HELP = `multiport match options:
[!] --source-ports port[,port:port,port...]
 --sports ...
				match source port(s)
[!] --destination-ports port[,port:port,port...]
 --dports ...
				match destination port(s)
[!] --ports port[,port:port,port]
				match both source and destination port(s)
`

const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [136, 'udplite'],
  [132, 'sctp'],
  [33, 'dccp'],
])

const ONLY = 'multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP'

/** Name of the rule's protocol, which must be one that has ports (check_proto). */
const protocolOf = (proto: number, invflags: number): string => {
  if (invflags & XT_INV_PROTO) xtablesError(ONLY)
  const name = PROTOCOLS.get(proto)
  if (name !== undefined) return name
  return xtablesError(proto === 0 ? "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'" : ONLY)
}

const port = (word: string, protocol: string): number =>
  portNumber(word, protocol) ?? xtablesError(`invalid port/service \`${word}' specified`)

/** The list; a range takes the room of two ports (parse_multi_ports_v1). */
const parsePorts = (arg: string, protocol: string): (readonly [number, number])[] => {
  const ports: (readonly [number, number])[] = []
  let room = XT_MULTI_PORTS
  for (const word of arg.split(',')) {
    if (room === 0) xtablesError('too many ports specified')
    const colon = word.indexOf(':')
    if (colon >= 0 && room === 1) xtablesError('too many ports specified')
    const low = port(colon < 0 ? word : word.slice(0, colon), protocol)
    const high = colon < 0 ? low : port(word.slice(colon + 1), protocol)
    if (colon >= 0 && low >= high) xtablesError('invalid portrange specified')
    ports.push([low, high])
    room -= colon < 0 ? 1 : 2
  }
  return ports
}

const ANY: readonly string[] = ['source', 'destination', 'either']

const option = (name: string, id: XtMultiportFlags): XtOption => ({
  name,
  id,
  type: 'string',
  invert: true,
  excl: ANY,
})

const WORDS: Readonly<Record<XtMultiportFlags, string>> = { source: 'sports', destination: 'dports', either: 'ports' }

const portsText = (ports: XtMultiportInfo['ports'], text: (port: number) => string): string =>
  ports.map(([low, high]) => (low === high ? text(low) : `${text(low)}:${text(high)}`)).join(',')

const parse = (
  { option: { id }, arg, invert, proto, invflags }: XtOptionCall,
  info: XtMultiportInfo,
): XtMultiportInfo => ({
  flags: id as XtMultiportFlags,
  ports: parsePorts(arg, protocolOf(proto, invflags)),
  invert: info.invert || invert,
})

/** The extension. */
export const multiportExtension: XtablesExtension = extension<XtMultiportInfo>({
  name: 'multiport',
  help: HELP,
  options: [
    option('source-ports', 'source'),
    option('sports', 'source'),
    option('destination-ports', 'destination'),
    option('dports', 'destination'),
    option('ports', 'either'),
  ],
  init: { flags: 'source', ports: [], invert: false },
  parse,
  finalCheck: (info, seen) => (seen.size > 0 ? info : xtablesError('multiport expection an option')),
  print: ({ flags, ports, invert }, ip, numeric) => {
    const protocol = PROTOCOLS.get(ip.proto) ?? 'tcp'
    const text = (n: number): string => (numeric ? null : serviceName(n, protocol)) ?? `${n}`
    return ` multiport ${WORDS[flags]} ${invert ? ' !' : ''}${portsText(ports, text)}`
  },
  save: ({ flags, ports, invert }) => `${invert ? ' !' : ''} --${WORDS[flags]} ${portsText(ports, n => `${n}`)}`,
})
