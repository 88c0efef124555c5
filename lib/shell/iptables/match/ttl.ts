/**
 * Options and texts of the match `ttl`.
 *
 * @see iptables extensions/libipt_ttl.c
 */
import type { IptTtlInfo } from '../../../netfilter/match/ttl.js'
import { extension, type XtablesExtension, xtablesError } from '../xtables.js'

const HELP = `ttl match options:
[!] --ttl-eq value	Match time to live value
  --ttl-lt value	Match TTL < value
  --ttl-gt value	Match TTL > value
`

const ANY: readonly string[] = ['eq', 'lt', 'gt']
const SIGNS: Readonly<Record<IptTtlInfo['mode'], string>> = { eq: '==', ne: '!=', lt: '<', gt: '>' }

/** The extension. */
export const ttlExtension: XtablesExtension = extension<IptTtlInfo>({
  name: 'ttl',
  help: HELP,
  options: [
    { name: 'ttl-lt', id: 'lt', type: 'uint8', excl: ANY },
    { name: 'ttl-gt', id: 'gt', type: 'uint8', excl: ANY },
    { name: 'ttl-eq', id: 'eq', type: 'uint8', invert: true, excl: ANY },
    { name: 'ttl', id: 'eq', type: 'uint8', excl: ANY },
  ],
  init: { mode: 'eq', ttl: 0 },
  parse: ({ option, value, invert }) => ({
    mode: option.id === 'eq' ? (invert ? 'ne' : 'eq') : (option.id as 'lt' | 'gt'),
    ttl: value,
  }),
  finalCheck: (info, seen) =>
    seen.size > 0 ? info : xtablesError("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt"),
  print: ({ mode, ttl }) => ` TTL match TTL ${SIGNS[mode]} ${ttl}`,
  save: ({ mode, ttl }) => `${mode === 'ne' ? ' ! --ttl-eq' : ` --ttl-${mode}`} ${ttl}`,
})
