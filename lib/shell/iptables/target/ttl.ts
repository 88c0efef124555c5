/**
 * Options and texts of the target `TTL`.
 *
 * @see iptables extensions/libipt_TTL.c
 */
import type { IptTtlTargetInfo } from '../../../netfilter/target/ttl.js'
import { extension, type XtablesExtension, xtablesError } from '../xtables.js'

const HELP = `TTL target options
  --ttl-set value		Set TTL to <value 0-255>
  --ttl-dec value		Decrement TTL by <value 1-255>
  --ttl-inc value		Increment TTL by <value 1-255>
`

const ANY: readonly string[] = ['set', 'inc', 'dec']
const WORDS: Readonly<Record<IptTtlTargetInfo['mode'], string>> = {
  set: 'set to',
  dec: 'decrement by',
  inc: 'increment by',
}

/** The extension. */
export const ttlTargetExtension: XtablesExtension = extension<IptTtlTargetInfo>({
  name: 'TTL',
  help: HELP,
  options: [
    { name: 'ttl-set', id: 'set', type: 'uint8', excl: ANY },
    { name: 'ttl-dec', id: 'dec', type: 'uint8', min: 1, excl: ANY },
    { name: 'ttl-inc', id: 'inc', type: 'uint8', min: 1, excl: ANY },
  ],
  init: { mode: 'set', ttl: 0 },
  parse: ({ option, value }) => ({ mode: option.id as IptTtlTargetInfo['mode'], ttl: value }),
  finalCheck: (info, seen) => (seen.size > 0 ? info : xtablesError('TTL: You must specify an action')),
  print: ({ mode, ttl }) => ` TTL ${WORDS[mode]} ${ttl}`,
  save: ({ mode, ttl }) => ` --ttl-${mode} ${ttl}`,
})
