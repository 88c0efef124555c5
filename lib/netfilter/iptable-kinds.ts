/**
 * The table of tables. A new one is one file and one line here.
 */
import type { XtTableKind } from './ip-tables.js'
import { iptableFilter } from './iptable-filter.js'
import { iptableMangle } from './iptable-mangle.js'
import { iptableNat } from './iptable-nat.js'
import { iptableRaw } from './iptable-raw.js'
import { iptableSecurity } from './iptable-security.js'

/** All kinds of tables. */
export const XT_TABLE_KINDS: readonly XtTableKind[] = [
  iptableFilter,
  iptableMangle,
  iptableNat,
  iptableRaw,
  iptableSecurity,
]
