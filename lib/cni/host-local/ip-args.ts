/**
 * The address that CNI_ARGS asks for: `IP=10.1.2.3;IgnoreUnknown=1`.
 *
 * @see cni v0.8.1 pkg/types/args.go
 */
import { goQuote, goQuoteList } from '../../app/go-text.js'
import { GoError, goErrorText } from '../../app/go-error.js'
import { parseIp } from '../ip-net.js'

const parseBool = (text: string): boolean => {
  const lower = text.toLowerCase()
  if (lower === '1' || lower === 'true') return true
  if (lower === '0' || lower === 'false') return false
  throw new GoError(`boolean unmarshal error: invalid input ${lower}`)
}

/** Addresses in CNI_ARGS, none or one. Throws GoError for pairs that are unknown, unless IgnoreUnknown is set. */
export const parseIpArgs = (args: string): number[] => {
  if (args === '') return []
  let ip: number | null = null
  let ignoresUnknown = false
  const unknown: string[] = []
  for (const pair of args.split(';')) {
    const [key, value, ...rest] = pair.split('=')
    if (value === undefined || rest.length > 0) throw new GoError(`ARGS: invalid pair ${goQuote(pair)}`)
    if (key === 'CommonArgs')
      throw new GoError(
        "ARGS: cannot unmarshal into field 'CommonArgs' - type '*types.CommonArgs' does not implement encoding.TextUnmarshaler",
      )
    try {
      if (key === 'IP') ip = value === '' ? null : parseIp(value)
      else if (key === 'IgnoreUnknown') ignoresUnknown = parseBool(value)
      else unknown.push(pair)
    } catch (e) {
      throw new GoError(`ARGS: error parsing value of pair ${goQuote(pair)}: ${goErrorText(e)})`)
    }
  }
  if (unknown.length > 0 && !ignoresUnknown) throw new GoError(`ARGS: unknown args ${goQuoteList(unknown)}`)
  return ip === null ? [] : [ip]
}
