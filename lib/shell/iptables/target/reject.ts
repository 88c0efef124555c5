/**
 * Options and texts of the target `REJECT`.
 *
 * @see iptables extensions/libipt_REJECT.c
 */
import type { IptRejectInfo, RejectWith } from '../../../netfilter/target/reject.js'
import { extension, type XtablesExtension, xtablesError } from '../xtables.js'

/** Name, alias and description, in the order of the kernel's numbers. */
const TYPES: readonly (readonly [RejectWith, string, string])[] = [
  ['icmp-net-unreachable', 'net-unreach', 'ICMP network unreachable'],
  ['icmp-host-unreachable', 'host-unreach', 'ICMP host unreachable'],
  ['icmp-proto-unreachable', 'proto-unreach', 'ICMP protocol unreachable'],
  ['icmp-port-unreachable', 'port-unreach', 'ICMP port unreachable (default)'],
  ['icmp-net-prohibited', 'net-prohib', 'ICMP network prohibited'],
  ['icmp-host-prohibited', 'host-prohib', 'ICMP host prohibited'],
  ['tcp-reset', 'tcp-rst', 'TCP RST packet'],
  ['icmp-admin-prohibited', 'admin-prohib', 'ICMP administratively prohibited (*)'],
]

const typeLines = TYPES.map(
  ([name, alias, text]) => `    ${name.padEnd(25)}\t${text}\n    ${alias.padEnd(25)}\talias\n`,
).join('')

const HELP = `REJECT target options:
--reject-with type              drop input packet and send back
                                a reply packet according to type:
Valid reject types:
${typeLines}
(*) See man page or read the INCOMPATIBILITES file for compatibility issues.
`

const parse = (arg: string): IptRejectInfo => {
  const word = arg.toLowerCase()
  const type = TYPES.find(([name, alias]) => name.startsWith(word) || alias.startsWith(word))
  return type === undefined ? xtablesError(`unknown reject type "${arg}"`) : { with: type[0] }
}

/** The extension. */
export const rejectExtension: XtablesExtension = extension<IptRejectInfo>({
  name: 'REJECT',
  help: HELP,
  options: [{ name: 'reject-with', id: 'reject-with', type: 'string' }],
  init: { with: 'icmp-port-unreachable' },
  parse: ({ arg }) => parse(arg),
  print: info => ` reject-with ${info.with}`,
  save: info => ` --reject-with ${info.with}`,
})
