/**
 * Options and texts of the target `CLASSIFY`.
 *
 * @see iptables extensions/libxt_CLASSIFY.c
 */
import type { XtClassifyInfo } from '../../../netfilter/target/classify.js'
import { extension, type XtablesExtension, xtablesError } from '../xtables.js'

/** `MAJOR:MINOR` in hexadecimal; what follows is not looked at. */
const parseClass = (arg: string): number => {
  const m = /^\s*(?:0[xX])?([0-9a-fA-F]+):\s*(?:0[xX])?([0-9a-fA-F]+)/.exec(arg)
  if (m === null) return xtablesError(`Bad class value "${arg}"`)
  return ((Number.parseInt(m[1]!, 16) & 0xffff) * 65536 + (Number.parseInt(m[2]!, 16) & 0xffff)) >>> 0
}

const hex = (n: number): string => n.toString(16)
const hex4 = (n: number): string => hex(n).padStart(4, '0')

/** The extension. */
export const classifyExtension: XtablesExtension = extension<XtClassifyInfo>({
  name: 'CLASSIFY',
  help: 'CLASSIFY target options:\n--set-class MAJOR:MINOR    Set skb->priority value (always hexadecimal!)\n',
  options: [{ name: 'set-class', id: 'class', type: 'string', mandatory: true }],
  init: { priority: 0 },
  parse: ({ arg }) => ({ priority: parseClass(arg) }),
  print: ({ priority }) => ` CLASSIFY set ${hex(priority >>> 16)}:${hex(priority & 0xffff)}`,
  save: ({ priority }) => ` --set-class ${hex4(priority >>> 16)}:${hex4(priority & 0xffff)}`,
})
