/**
 * Why packets do not arrive: what a failed assertion about reachability, and a deadline that was missed, tell.
 */
import type { DropRecord } from '../core/drop.js'
import { IFF_LOOPBACK } from '../core/netdev.js'
import type { World as Kernel } from '../core/world.js'
import { NUD_FAILED, NUD_INCOMPLETE } from '../ip/rtnetlink.js'
import { Drop } from '../lab/drop.js'
import { linkFlagWords } from '../report/ip-link-text.js'
import { addrList } from '../rtnl/addr.js'
import { linkInfo } from '../rtnl/link.js'
import { neighList } from '../rtnl/neigh.js'
import { formatIpv4 } from '../wire/ip.js'

/** Lines of one kind that a message shows at most. */
const MAX_LINES = 12

const keyOf = (d: DropRecord): string => `${d.netns}/${d.dev}/${d.reason}`

/** How often each kind of drop had happened at a moment. */
export type DropCounts = ReadonlyMap<string, number>

/** The counts at this moment. */
export const countDrops = (kernel: Kernel): DropCounts => new Map(kernel.drops().map(d => [keyOf(d), d.count]))

/** A heading with indented lines, or nothing. */
const section = (heading: string, lines: readonly string[]): string[] => {
  if (lines.length === 0) return []
  const more = lines.length > MAX_LINES ? [`  ... and ${lines.length - MAX_LINES} more`] : []
  return [heading, ...lines.slice(0, MAX_LINES).map(line => `  ${line}`), ...more]
}

/** What was dropped since `before`, or ever. */
export const dropLines = (kernel: Kernel, before: DropCounts | null = null): string[] =>
  section(
    before === null ? 'dropped:' : 'dropped meanwhile:',
    kernel.drops().flatMap(d => {
      const count = d.count - (before?.get(keyOf(d)) ?? 0)
      return count === 0 ? [] : [`${new Drop({ ...pick(d), count })}`]
    }),
  )

const pick = ({ reason, netns, dev, lastNs, last }: DropRecord): Omit<DropRecord, 'count'> => ({
  reason,
  netns,
  dev,
  lastNs,
  last,
})

/** Neighbours that have not answered. */
export const neighbourLines = (kernel: Kernel): string[] =>
  section(
    'neighbours that do not answer ARP:',
    kernel.listNetns().flatMap(netns =>
      neighList(netns)
        .filter(n => (n.state & (NUD_INCOMPLETE | NUD_FAILED)) !== 0)
        .map(n => `${formatIpv4(n.dst)} asked by ${n.dev} (${n.state & NUD_FAILED ? 'FAILED' : 'INCOMPLETE'})`),
    ),
  )

/** Devices that matter (with an address, or as port of a bridge) and that are down or without carrier. */
export const deviceLines = (kernel: Kernel): string[] =>
  section(
    'devices that are down:',
    kernel
      .listNetns()
      .flatMap(netns => netns.devices)
      .filter(dev => (dev.flags & IFF_LOOPBACK) === 0)
      .filter(dev => !(dev.running && dev.carrier))
      .filter(dev => dev.master !== null || dev.slaves.length > 0 || addrList(dev.netns, dev).length > 0)
      .map(dev => `${dev} <${linkFlagWords(linkInfo(dev).flags, false).join(',')}>`),
  )

/** What is due. */
export const pendingLines = (kernel: Kernel): string[] => {
  const lines = kernel.sim.pending(MAX_LINES)
  return lines.length === 0 ? ['nothing is pending'] : section('pending:', lines)
}
