/**
 * Ports, forwarding entries and multicast groups as `bridge` prints them.
 *
 * @see bridge(8)
 */
import type { FdbInfo } from '../core/fdb.js'
import {
  NTF_EXT_LEARNED,
  NTF_MASTER,
  NTF_OFFLOADED,
  NTF_ROUTER,
  NTF_SELF,
  NTF_STICKY,
  NUD_NOARP,
  NUD_PERMANENT,
  NUD_REACHABLE,
  NUD_STALE,
} from '../ip/rtnetlink.js'
import type { LinkInfo } from '../rtnl/link.js'
import { formatIpv4 } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'
import { PORT_STATES, printBridgePortFlags } from './link-kind/bridge.js'
import { printLinkFlags, printLinkName } from './ip-link-text.js'
import { netnsid } from '../rtnl/nsid.js'
import type { Printer } from './printer.js'

/** Prints a port as `bridge link` does. */
export const printBridgeLink = (p: Printer, info: LinkInfo): void => {
  const attrs = info.slaveAttrs as Readonly<Record<string, unknown>>
  // The tool is not told where the index of a peer belongs, and looks it up here even for a peer that is elsewhere.
  const linked = info.iflink === null ? null : info.dev.netns.devByIndex(info.iflink)
  p.openObject()
  p.field('ifindex', info.ifindex, `${info.ifindex}: `)
  const isLowerDown = printLinkName(p, ownPeerHidden(info), linked, name => `${name}: `)
  printLinkFlags(p, info.flags, isLowerDown)
  p.field('mtu', info.mtu, `mtu ${info.mtu} `)
  if (info.master !== null) p.field('master', info.master.name, `master ${info.master.name} `)
  const state = PORT_STATES[attrs['state'] as number] ?? String(attrs['state'])
  p.field('state', state, `state ${state} `)
  p.field('priority', attrs['priority'] as number, `priority ${attrs['priority']} `)
  p.field('cost', attrs['cost'] as number, `cost ${attrs['cost']} `)
  if (p.options.details) {
    p.newline()
    p.text('    ')
    printBridgePortFlags(p, attrs)
  }
  p.text('\n')
  p.closeObject()
}

/** An index of a peer that equals the device's own is not sent. */
const ownPeerHidden = (info: LinkInfo): LinkInfo => (info.iflink === info.ifindex ? { ...info, iflink: null } : info)

const FDB_FLAGS: readonly (readonly [bit: number, word: string])[] = [
  [NTF_SELF, 'self'],
  [NTF_ROUTER, 'router'],
  [NTF_EXT_LEARNED, 'extern_learn'],
  [NTF_OFFLOADED, 'offload'],
  [NTF_MASTER, 'master'],
  [NTF_STICKY, 'sticky'],
]

const fdbState = (state: number): string => {
  if ((state & NUD_PERMANENT) !== 0) return 'permanent'
  if ((state & NUD_NOARP) !== 0) return 'static'
  if ((state & NUD_STALE) !== 0) return 'stale'
  return (state & NUD_REACHABLE) !== 0 ? '' : `state=0x${state.toString(16)}`
}

const NS_PER_SECOND = 1e9

/** Where a tunnel's entry leads to, beyond the address. */
const printTunnel = (p: Printer, f: FdbInfo): void => {
  if (f.port !== undefined) p.field('port', f.port, `port ${f.port} `)
  if (f.vni !== undefined) p.field('vni', f.vni, `vni ${f.vni} `)
  if (f.viaIfindex !== undefined) {
    const via = f.dev.netns.devByIndex(f.viaIfindex)?.name ?? `if${f.viaIfindex}`
    if (f.linkNetns === undefined) p.field('viaIf', via, `via ${via} `)
    else p.field('viaIfIndex', f.viaIfindex, `via ifindex ${f.viaIfindex} `)
  }
  if (f.linkNetns === undefined) return
  const id = netnsid(f.dev.netns, f.linkNetns) ?? 0
  p.field('linkNetNsId', id, `link-netnsid ${id} `)
}

/** Prints a forwarding entry; `hideDevice` when a selector has fixed the device. */
export const printFdb = (p: Printer, f: FdbInfo, hideDevice: boolean): void => {
  p.openObject()
  p.field('mac', formatMac(f.lladdr), `${formatMac(f.lladdr)} `)
  if (!hideDevice) p.field('ifname', f.dev.name, `dev ${f.dev.name} `)
  if (f.dst !== undefined) p.field('dst', formatIpv4(f.dst), `dst ${formatIpv4(f.dst)} `)
  if (f.vlan !== 0) p.field('vlan', f.vlan, `vlan ${f.vlan} `)
  printTunnel(p, f)
  if (p.options.stats > 0 && f.usedNs !== null && f.updatedNs !== null) {
    const used = Math.floor(f.usedNs / NS_PER_SECOND)
    const updated = Math.floor(f.updatedNs / NS_PER_SECOND)
    p.field('used', used, `used ${used}`)
    p.field('updated', updated, `/${updated} `)
  }
  p.openArray('flags')
  for (const [bit, word] of FDB_FLAGS) if ((f.flags & bit) !== 0) p.element(word, `${word} `)
  p.closeArray()
  if (f.master !== null) p.field('master', f.master.name, `master ${f.master.name} `)
  const state = fdbState(f.state)
  p.field('state', state, `${state}\n`)
  p.closeObject()
}
