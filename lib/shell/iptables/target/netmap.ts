/**
 * Options and texts of the target `NETMAP`.
 *
 * @see iptables extensions/libipt_NETMAP.c
 */
import { NF_NAT_RANGE_MAP_IPS, NF_NAT_RANGE_NONE, type NfNatRange } from '../../../netfilter/nat/nf-nat-range.js'
import { formatIpv4, prefixLenOf } from '../../../wire/ip.js'
import { parseAddresses } from '../addresses.js'
import { extension, type XtablesExtension, xtablesError } from '../xtables.js'

const HELP = `NETMAP target options:
  --to address[/mask]
				Network address to map to.

`

const text = ({ minAddr, maxAddr }: NfNatRange): string => {
  const mask = ~(minAddr ^ maxAddr)
  const len = prefixLenOf(mask)
  return `${formatIpv4(minAddr)}/${len < 0 ? formatIpv4(mask) : len}`
}

const parse = (arg: string, range: NfNatRange): NfNatRange => {
  const parsed = parseAddresses(arg)
  if (parsed.length !== 1) xtablesError('NETMAP: Bad value for "--to" option: only one address is possible')
  const { addr, mask } = parsed[0]!
  return { ...range, flags: NF_NAT_RANGE_MAP_IPS, minAddr: addr, maxAddr: addr | ~mask }
}

/** The extension. */
export const netmapExtension: XtablesExtension = extension<NfNatRange>({
  name: 'NETMAP',
  help: HELP,
  options: [{ name: 'to', id: 'to', type: 'string', mandatory: true }],
  init: NF_NAT_RANGE_NONE,
  parse: ({ arg }, range) => parse(arg, range),
  print: range => ` to:${text(range)}`,
  save: range => ` --to ${text(range)}`,
})
