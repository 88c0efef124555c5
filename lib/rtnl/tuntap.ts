/**
 * tun and tap devices as `ip tuntap` asks for them, by way of /dev/net/tun.
 *
 * @see iproute2 ip/iptuntap.c
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import {
  type TunAttrs,
  tunAttrs,
  tunClose,
  type TunFile,
  tunRead,
  tunReadSkb,
  type TunSetIff,
  tunSetIff,
  tunSetOwner,
  tunSetPersist,
  tunWrite,
  tunWriteSkb,
} from '../dev/tun.js'
import { NetloomError } from '../errors.js'

/** A persistent device to make. */
export interface TuntapSpec extends Omit<TunSetIff, 'exclusive'> {
  /** Numbers of who may open it. */
  readonly user?: number
  readonly group?: number
}

/** Makes a persistent device (`ip tuntap add`). Throws EBUSY for a name in use, EINVAL for a name. */
export const tuntapAdd = (netns: Netns, spec: TuntapSpec): NetDevice => {
  const { user = null, group = null, ...request } = spec
  const file = tunSetIff(netns, { ...request, exclusive: true })
  const dev = file.dev!
  tunSetOwner(file, user, group)
  tunSetPersist(file, true)
  tunClose(file)
  return dev
}

/** Deletes a device (`ip tuntap del`); one that is not there is no error. Throws EBUSY for one in use, EINVAL. */
export const tuntapDel = (netns: Netns, request: Omit<TunSetIff, 'exclusive'>): void => {
  const file = tunSetIff(netns, request)
  tunSetPersist(file, false)
  tunClose(file)
}

/** The tun and tap devices of a namespace with their attributes (`ip tuntap show`). */
export const tuntapList = (netns: Netns): { readonly dev: NetDevice; readonly attrs: TunAttrs }[] =>
  netns.devices.filter(dev => dev.ops.kind === 'tun').map(dev => ({ dev, attrs: tunAttrs(dev) }))

/**
 * Opens a device for a program, a new one when there is none of that name. Throws EBUSY for one that is open, EINVAL for
 * a name or another kind, EOPNOTSUPP for what netloom has not (vnet_hdr, several queues).
 */
export const tunOpen = (netns: Netns, request: Omit<TunSetIff, 'exclusive'>): TunFile => {
  for (const option of ['vnetHdr', 'multiQueue'] as const)
    if (request[option] === true)
      throw new NetloomError('EOPNOTSUPP', `tun: ${option} is not supported by netloom for a device that is opened`, {
        option,
      })
  return tunSetIff(netns, request)
}

export { tunClose, type TunFile, tunRead, tunReadSkb, tunSetPersist, tunWrite, tunWriteSkb }
