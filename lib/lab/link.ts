/**
 * `ip link` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { type LinkChanges, linkAdd, linkDel, linkList, linkSet, type LinkSpec } from '../rtnl/link.js'
import type { Dev } from './dev.js'
import type { Handles } from './handles.js'
import { type LinkInfo, publicLinkInfo } from './link-info.js'
import { linkKindOptions } from './link-kinds.js'
import type { LinkAdd, LinkSet, NewOtherLink, OtherLinkChange } from './link-spec.js'
import { type DevRef, devOf, netnsOf } from './refs.js'
import { checkOptions, defined, optionalMac } from '../app/text.js'

const NEW_LINK = [
  'kind',
  'name',
  'broadcast',
  'address',
  'mtu',
  'txQueueLen',
  'ifindex',
  'group',
  'numTxQueues',
  'numRxQueues',
  'link',
  'master',
  'up',
]
const CHANGE = [
  'kind',
  'up',
  'name',
  'mtu',
  'address',
  'broadcast',
  'master',
  'netns',
  'alias',
  'txQueueLen',
  'group',
  'promisc',
  'arp',
  'multicast',
  'allmulticast',
  'carrier',
  'protodown',
]

/** Splits options into those of every device and those of the kind. */
const split = (options: object, base: readonly string[]): { base: object; attrs: object } => {
  const entries = Object.entries(options)
  return {
    base: Object.fromEntries(entries.filter(([key]) => base.includes(key))),
    attrs: Object.fromEntries(entries.filter(([key]) => !base.includes(key))),
  }
}

/** The `ip link` of a namespace: `netns.link`. */
export class LinkApi {
  readonly #handles: Handles
  readonly #netns: KernelNetns

  /** @internal */
  constructor(handles: Handles, netns: KernelNetns) {
    this.#handles = handles
    this.#netns = netns
  }

  /**
   * Makes a device (`ip link add`). Throws EEXIST for a name in use, EOPNOTSUPP for an unknown kind, EINVAL for what the
   * kind refuses.
   *
   * @example
   * const br0 = sw.link.add({ kind: 'bridge', name: 'br0', mcastSnooping: false, up: true })
   * const eth0 = h1.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'h1', netns: 'sw' } })
   */
  add(spec: LinkAdd): Dev {
    const { address, broadcast, link, master, ...base } = split(spec, NEW_LINK).base as LinkAdd
    const request = {
      ...base,
      ...defined({
        address: optionalMac('address', address),
        broadcast: optionalMac('broadcast', broadcast),
        link: link === undefined ? undefined : devOf(this.#netns, link),
        master: master === undefined ? undefined : devOf(this.#netns, master),
      }),
      attrs: this.#newAttrs(spec),
    }
    return this.#handles.dev(linkAdd(this.#netns, request as LinkSpec))
  }

  /** Changes a device (`ip link set`); what stands before a change that is refused stays. Throws as the kernel does. */
  set(dev: DevRef, changes: LinkSet): void {
    const { address, broadcast, master, netns, ...base } = split(changes, CHANGE).base as LinkSet
    const request = {
      ...base,
      ...defined({
        address: optionalMac('address', address),
        broadcast: optionalMac('broadcast', broadcast),
        master: master === undefined || master === null ? master : devOf(this.#netns, master),
        netns: netns === undefined ? undefined : netnsOf(this.#netns, netns),
      }),
      ...this.#changedAttrs(changes),
    }
    linkSet(devOf(this.#netns, dev), request as LinkChanges)
  }

  /** Deletes a device and what hangs on it (`ip link del`). Throws ENODEV, EOPNOTSUPP for lo. */
  del(dev: DevRef): void {
    linkDel(devOf(this.#netns, dev))
  }

  /** All devices by ifindex (`ip link`). */
  list(): LinkInfo[] {
    return linkList(this.#netns).map(publicLinkInfo)
  }

  #newAttrs(spec: LinkAdd): object {
    const { attrs } = split(spec, NEW_LINK)
    const kind = linkKindOptions(spec.kind)
    if (kind !== null && !kind.isPort) return kind.toNew(this.#netns, attrs)
    checkOptions(`link.add ${spec.kind}`, attrs, ['attrs'])
    return (spec as NewOtherLink).attrs ?? {}
  }

  /** Attributes of the kind or of the port; those of a port do not carry the kind on. */
  #changedAttrs(changes: LinkSet): object {
    const { attrs } = split(changes, CHANGE)
    const name = 'kind' in changes ? changes.kind : undefined
    if (name === undefined) {
      checkOptions('link.set', attrs, CHANGE)
      return {}
    }
    const kind = linkKindOptions(name)
    if (kind !== null && kind.toChange !== null) {
      const given = kind.toChange(this.#netns, attrs)
      return kind.isPort ? { kind: undefined, slaveAttrs: given } : { attrs: given }
    }
    checkOptions(`link.set ${name}`, attrs, ['attrs'])
    return { attrs: (changes as OtherLinkChange).attrs }
  }
}
