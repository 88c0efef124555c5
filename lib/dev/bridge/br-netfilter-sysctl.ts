/**
 * Settings of br_netfilter in a namespace: net.bridge.bridge-nf-*.
 *
 * There are no rules for ARP and IPv6, so that it makes no difference whether they are asked.
 *
 * @see net/bridge/br_netfilter_hooks.c brnf_table
 */
import { type Netns, type NetnsSlot, netnsSlot } from '../../core/netns.js'
import { type SysctlEntry, sysctlInt } from '../../core/sysctl.js'

/** Settings of one namespace (struct brnf_net). */
export class BrNetfilter {
  callIptables = 1
  callIp6tables = 1
  callArptables = 1
}

const BRNF: NetnsSlot<BrNetfilter> = netnsSlot('br_netfilter', () => new BrNetfilter())

/** Settings of a namespace; a bridge never leaves its own. */
export const brNetfilter = (netns: Netns): BrNetfilter => netns.slot(BRNF)

type Key = 'callIptables' | 'callIp6tables' | 'callArptables'

const KEYS: readonly (readonly [string, Key])[] = [
  ['arp', 'callArptables'],
  ['ip', 'callIptables'],
  ['ip6', 'callIp6tables'],
]

/** Keys of net.bridge. */
export const brNetfilterSysctlProvider = function* (netns: Netns): Iterable<SysctlEntry> {
  const brnf = brNetfilter(netns)
  for (const [family, key] of KEYS)
    yield {
      name: `net.bridge.bridge-nf-call-${family}tables`,
      read: () => String(brnf[key]),
      // Whatever is not 0 counts as 1.
      write: text => {
        brnf[key] = sysctlInt(text) === 0 ? 0 : 1
      },
    }
}
