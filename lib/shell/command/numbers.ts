/**
 * Numbers on the command lines of the iputils: what they take and what they say about the rest.
 *
 * @see iputils iputils_common.c strtol_or_err, ping_common.c ping_strtod
 */
import { ToolExit } from './args.js'

/** A whole decimal number between `min` and `max`; leaves with the tool's message and exit status 1 otherwise. */
export const wholeNumber = (
  tool: string,
  text: string,
  min: number,
  max: number,
  maxText: string = String(max),
): number => {
  if (!/^\s*[+-]?\d+$/.test(text)) throw new ToolExit(1, `${tool}: invalid argument: '${text}'\n`)
  const value = Number(text)
  if (value < min || value > max)
    throw new ToolExit(1, `${tool}: invalid argument: '${text}': out of range: ${min} <= value <= ${maxText}\n`)
  return value
}

/** A number as C's strtod reads it, and what stands behind it. */
export const realNumber = (text: string): { readonly value: number; readonly rest: string } => {
  const number = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i.exec(text)?.[0] ?? ''
  return { value: number === '' ? 0 : Number(number), rest: text.slice(number.length) }
}
