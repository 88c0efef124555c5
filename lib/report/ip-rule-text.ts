/**
 * Policy rules as `ip rule` prints them: the three that every namespace is born with.
 *
 * @see ip-rule(8)
 */
import { RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN } from '../ip/rtnetlink.js'
import { ROUTE_TABLES } from './names.js'
import type { Printer } from './printer.js'

/** Priority and table of the rules of a namespace to which nobody has added any. */
export const DEFAULT_RULES: readonly (readonly [priority: number, table: number])[] = [
  [0, RT_TABLE_LOCAL],
  [32766, RT_TABLE_MAIN],
  [32767, RT_TABLE_DEFAULT],
]

/** Prints a rule that looks every packet up in `table`. */
export const printRule = (p: Printer, priority: number, table: number): void => {
  const name = p.options.numeric ? String(table) : ROUTE_TABLES.name(table)
  p.openObject()
  p.field('priority', priority, `${priority}:\t`)
  p.field('src', 'all', 'from all')
  p.field('table', name, ` lookup ${name}`)
  if (p.options.details) {
    const protocol = p.options.numeric ? '2' : 'kernel'
    p.field('protocol', protocol, ` proto ${protocol}`)
  }
  p.text('\n')
  p.closeObject()
}
