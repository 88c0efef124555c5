/**
 * Membership of the sockets of vxlan devices in the groups that these flood to.
 *
 * @see drivers/net/vxlan/vxlan_multicast.c
 */
import { NetloomError } from '../../errors.js'
import { isMulticast4 } from '../../wire/ip.js'
import { type Vxlan, vxlanNet } from './vxlan-private.js'

/** Joins the device's group, unless a device that shares the socket has (vxlan_multicast_join). */
export const vxlanMulticastJoin = (vxlan: Vxlan): void => {
  const { remoteIp, remoteIfindex } = vxlan.cfg
  if (!isMulticast4(remoteIp)) return
  try {
    vxlan.vs!.sock!.memberships.join(remoteIp, vxlan.net.devByIndex(remoteIfindex))
  } catch (e) {
    if (!(e instanceof NetloomError) || e.code !== 'EADDRINUSE') throw e
  }
}

/** Is another device that is up and has the same socket in the same group? (vxlan_group_used) */
const groupUsed = (vxlan: Vxlan): boolean =>
  vxlanNet(vxlan.net).devices.some(
    other =>
      other !== vxlan &&
      other.dev.running &&
      other.vs === vxlan.vs &&
      other.cfg.remoteIp === vxlan.cfg.remoteIp &&
      other.cfg.remoteIfindex === vxlan.cfg.remoteIfindex,
  )

/** Leaves the device's group when nobody else is in it (vxlan_multicast_leave). */
export const vxlanMulticastLeave = (vxlan: Vxlan): void => {
  const { remoteIp, remoteIfindex } = vxlan.cfg
  const sock = vxlan.vs?.sock ?? null
  if (!isMulticast4(remoteIp) || sock === null || groupUsed(vxlan)) return
  try {
    sock.memberships.leave(remoteIp, vxlan.net.devByIndex(remoteIfindex))
  } catch (e) {
    // The device under the group may have gone, and the membership with it.
    if (!(e instanceof NetloomError) || (e.code !== 'EADDRNOTAVAIL' && e.code !== 'ENODEV')) throw e
  }
}
