/**
 * The number of the namespace behind a device, for `link_netnsid` in JSON and where that namespace has no name.
 */
import type { LinkInfo } from '../rtnl/link.js'
import { netnsid } from '../rtnl/nsid.js'

/** Number of the namespace where the far end of `info` is, in the namespace of `info`; null when it is the same one. */
export const linkNetnsid = (info: LinkInfo): number | null =>
  info.linkNetns === null ? null : netnsid(info.dev.netns, info.linkNetns)
