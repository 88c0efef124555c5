/**
 * Text and JSON of `ip tuntap show`.
 *
 * @see iproute2 ip/iptuntap.c print_tuntap
 */
import type { TunAttrs } from '../dev/tun.js'
import type { Printer } from './printer.js'

/** Words of the flags of a device, in the tool's order; `filter` goes with `pi`, as both are one bit. */
const flagWords = (a: TunAttrs): string[] => [
  a.type,
  ...(a.pi ? ['pi'] : []),
  ...(a.oneQueue ? ['one_queue'] : []),
  ...(a.multiQueue ? ['multi_queue'] : []),
  ...(a.vnetHdr ? ['vnet_hdr'] : []),
  ...(a.persist ? ['persist'] : []),
  ...(a.pi ? ['filter'] : []),
]

/** Prints a device. With -d, the programs that have it open: none has a process of the machine. */
export const printTuntap = (p: Printer, name: string, attrs: TunAttrs): void => {
  p.openObject()
  p.field('ifname', name, `${name}:`)
  p.openArray('flags')
  for (const word of flagWords(attrs)) p.element(word, ` ${word}`)
  p.closeArray()
  if (attrs.user !== null) p.field('user', attrs.user, ` user ${attrs.user}`)
  if (attrs.group !== null) p.field('group', attrs.group, ` group ${attrs.group}`)
  if (p.options.details) {
    p.newline()
    p.text('\tAttached to processes:')
    p.openArray('processes')
    p.closeArray()
  }
  p.text('\n')
  p.closeObject()
}
