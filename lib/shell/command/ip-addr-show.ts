/**
 * `ip address show` and `ip address flush`.
 *
 * @see ip-address(8)
 */
import { IFA_F_SECONDARY } from '../../ip/rtnetlink.js'
import { printAddress, printBriefAddress } from '../../report/ip-addr-text.js'
import { printBriefLink, printLink, printLinkStatistics } from '../../report/ip-link-text.js'
import type { Printer } from '../../report/printer.js'
import { type AddrInfo, addrDel, addrList } from '../../rtnl/addr.js'
import { type LinkInfo, linkInfo, linkList } from '../../rtnl/link.js'
import type { Args } from './args.js'
import { requireSelector, runFlush } from './flush.js'
import type { IpContext } from './ip-context.js'
import { addressIsSelected, kernelLists, type ListFilter, linkIsSelected, parseListFilter } from './ip-list-args.js'

const USAGE = 'Usage: ip address { show | flush } [ dev ] NAME [ up ] [ scope S ] [ to PREFIX ] [ label L ] [ type T ]'

/** A device stays in the list with an address that is selected, or without any when no family was asked for. */
const hasSelectedAddress = (filter: ListFilter, addresses: readonly AddrInfo[]): boolean =>
  addresses.length === 0
    ? filter.family === 'unspec' || filter.family === 'link'
    : addresses.some(a => addressIsSelected(filter, a))

const printAddresses = (p: Printer, filter: ListFilter, addresses: readonly AddrInfo[]): void => {
  p.openArray('addr_info')
  for (const a of addresses) {
    if (addressIsSelected(filter, a)) {
      if (p.options.brief) printBriefAddress(p, a)
      else printAddress(p, a)
    } else {
      p.openObject()
      p.closeObject()
    }
  }
  p.closeArray()
  if (p.options.brief) p.text('\n')
}

const printDevice = (p: Printer, filter: ListFilter, info: LinkInfo, addresses: readonly AddrInfo[]): void => {
  p.openObject()
  const showsLink = !p.options.oneline || p.options.brief
  if (!showsLink || linkIsSelected(filter, info.dev)) {
    const printsLink = showsLink && filter.label === null
    const view = { isLink: false, withHardware: filter.family !== 'inet' || p.options.details }
    if (p.options.brief) {
      if (printsLink) printBriefLink(p, info, view)
    } else if (printsLink) printLink(p, info, view)
    if (filter.family !== 'link') printAddresses(p, filter, addresses)
    if (printsLink && !p.options.brief && p.options.stats > 0) printLinkStatistics(p, info)
  }
  p.closeObject()
}

/** Addresses of a device; with `up` those of a device that is down count as not there. */
const addressesOf = (ip: IpContext, filter: ListFilter, info: LinkInfo): AddrInfo[] =>
  filter.family === 'link' || (filter.up && !info.dev.isUp) ? [] : addrList(ip.netns, info.dev)

/** `ip address show`. */
export const showAddresses = (ip: IpContext, args: Args): number => {
  const filter = parseListFilter(ip, args, USAGE)
  return ip.printList(p => {
    if (filter.family === 'inet6') return
    for (const info of filter.dev === null ? linkList(ip.netns) : [linkInfo(filter.dev)]) {
      if (!kernelLists(filter, info.dev)) continue
      const addresses = addressesOf(ip, filter, info)
      if (hasSelectedAddress(filter, addresses)) printDevice(p, filter, info, addresses)
    }
  })
}

/** `ip address flush`. */
export const flushAddresses = (ip: IpContext, args: Args): number => {
  requireSelector(!args.done)
  const filter = parseListFilter(ip, args, USAGE)
  const isInet = filter.family === 'unspec' || filter.family === 'inet'
  const devices = isInet ? ip.netns.devices.filter(dev => kernelLists(filter, dev) && linkIsSelected(filter, dev)) : []
  return runFlush<AddrInfo>(ip, {
    what: 'addresses',
    once: (filter.flagMask & IFA_F_SECONDARY) !== 0 && (filter.flags & IFA_F_SECONDARY) === 0,
    select: () => devices.flatMap(dev => addrList(ip.netns, dev)).filter(a => addressIsSelected(filter, a)),
    remove: a => addrDel(a.dev, { local: a.local, prefixLen: a.prefixLen, peer: a.address, label: a.label }),
    print: (p, a) => printAddress(p, a, true),
  })
}
