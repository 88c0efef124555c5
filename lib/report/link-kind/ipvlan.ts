/**
 * Attributes of an ipvlan, as `ip -d link` prints them.
 *
 * @see ip-link(8), iproute2 ip/iplink_ipvlan.c
 */
import type { Printer } from '../printer.js'

/** Prints the attributes of an ipvlan. */
export const printIpvlan = (p: Printer, object: object): void => {
  const { mode, flag } = object as { readonly mode: string; readonly flag: string }
  p.field('mode', mode, ` mode ${mode} `)
  p.field(flag, true, `${flag} `)
}
