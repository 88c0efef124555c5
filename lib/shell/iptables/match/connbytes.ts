/**
 * Options and texts of the match `connbytes`.
 *
 * @see iptables extensions/libxt_connbytes.c
 */
import type { XtConnbytesDirection, XtConnbytesInfo, XtConnbytesWhat } from '../../../netfilter/match/connbytes.js'
import { extension, type XtablesExtension, xtablesError, type XtOptionCall } from '../xtables.js'

const HELP = `connbytes match options:
 [!] --connbytes from:[to]
     --connbytes-dir [original, reply, both]
     --connbytes-mode [packets, bytes, avgpkt]
`

const DIRECTIONS: readonly XtConnbytesDirection[] = ['original', 'reply', 'both']
const MODES: readonly XtConnbytesWhat[] = ['packets', 'bytes', 'avgpkt']
const UINT64_MAX = 18446744073709551615n

const range = ({ arg, invert }: XtOptionCall): { readonly from: string; readonly to: string } => {
  const parts = arg.split(':')
  const from = parts[0] === '' ? 0n : BigInt(parts[0]!.trim())
  const to = parts[1] === undefined || parts[1] === '' ? UINT64_MAX : BigInt(parts[1].trim())
  if (to < from) xtablesError(`${from} should be less than ${to}`)
  return invert ? { from: `${to}`, to: `${from}` } : { from: `${from}`, to: `${to}` }
}

const parse = (call: XtOptionCall, info: XtConnbytesInfo): XtConnbytesInfo => {
  const { option, arg } = call
  switch (option.id) {
    case 'connbytes':
      return { ...info, ...range(call) }
    case 'dir': {
      const direction = DIRECTIONS.find(d => d === arg) ?? xtablesError(`Unknown --connbytes-dir \`${arg}'`)
      return { ...info, direction }
    }
    default: {
      const what = MODES.find(m => m === arg) ?? xtablesError(`Unknown --connbytes-mode \`${arg}'`)
      return { ...info, what }
    }
  }
}

const fromTo = ({ from, to }: XtConnbytesInfo, prefix: string): string => {
  const isInverted = BigInt(from) > BigInt(to)
  const [low, high] = isInverted ? [to, from] : [from, to]
  const end = high === '0' || BigInt(high) === UINT64_MAX ? '' : `:${high}`
  return `${isInverted ? ' !' : ''} ${prefix}connbytes ${low}${end}`
}

/** The extension. */
export const connbytesExtension: XtablesExtension = extension<XtConnbytesInfo>({
  name: 'connbytes',
  help: HELP,
  options: [
    { name: 'connbytes', id: 'connbytes', type: 'uint64rc', mandatory: true, invert: true },
    { name: 'connbytes-dir', id: 'dir', type: 'string', mandatory: true },
    { name: 'connbytes-mode', id: 'mode', type: 'string', mandatory: true },
  ],
  init: { from: '0', to: '0', direction: 'original', what: 'packets' },
  parse,
  print: info => `${fromTo(info, '')} connbytes mode ${info.what} connbytes direction ${info.direction}`,
  save: info => `${fromTo(info, '--')} --connbytes-mode ${info.what} --connbytes-dir ${info.direction}`,
})
