/**
 * Passing link-layer addresses down: what a stacked device listens to, its lower device must let in.
 *
 * @see net/core/dev_addr_lists.c
 */
import { devMcAdd, devMcDel, devUcAdd, devUcDel } from './dev.js'
import type { AddrSync, NetDevice } from './netdev.js'

/** Brings the unicast addresses that `to` listens to for `from` up to date (dev_uc_sync). */
export const devUcSync = (to: NetDevice, from: NetDevice): void => {
  for (const mac of from.ucSync.down) if (!from.uc.has(mac)) ucUnsyncOne(to, from, mac)
  for (const mac of from.uc.keys()) if (syncOne(to.ucSync, from.ucSync, mac)) devUcAdd(to, mac)
}

/** Brings the multicast addresses that `to` listens to for `from` up to date (dev_mc_sync). */
export const devMcSync = (to: NetDevice, from: NetDevice): void => {
  for (const mac of from.mcSync.down) if (!from.mc.has(mac)) mcUnsyncOne(to, from, mac)
  for (const mac of from.mc.keys()) if (syncOne(to.mcSync, from.mcSync, mac)) devMcAdd(to, mac)
}

/** Ends what {@link devUcSync} began (dev_uc_unsync). */
export const devUcUnsync = (to: NetDevice, from: NetDevice): void => {
  for (const mac of from.ucSync.down) ucUnsyncOne(to, from, mac)
}

/** Ends what {@link devMcSync} began (dev_mc_unsync). */
export const devMcUnsync = (to: NetDevice, from: NetDevice): void => {
  for (const mac of from.mcSync.down) mcUnsyncOne(to, from, mac)
}

const syncOne = (to: AddrSync, from: AddrSync, mac: number): boolean => {
  if (from.down.has(mac)) return false
  from.down.add(mac)
  to.users.set(mac, (to.users.get(mac) ?? 0) + 1)
  return true
}

/**
 * True when the lower device is to end one use. When it has forgotten its addresses since, because it went to another
 * namespace, the kernel's count for the upper device's own entry never comes down: the entry stays in its list `own`.
 */
const unsyncOne = (to: AddrSync, from: AddrSync, own: Map<number, number>, mac: number): boolean => {
  const users = to.users.get(mac)
  if (users === undefined) {
    if (!from.stuck.has(mac)) own.set(mac, (own.get(mac) ?? 0) + 1)
    from.stuck.add(mac)
    return false
  }
  if (users > 1) to.users.set(mac, users - 1)
  else to.users.delete(mac)
  from.down.delete(mac)
  return true
}

const ucUnsyncOne = (to: NetDevice, from: NetDevice, mac: number): void => {
  if (unsyncOne(to.ucSync, from.ucSync, from.uc, mac)) devUcDel(to, mac)
}

const mcUnsyncOne = (to: NetDevice, from: NetDevice, mac: number): void => {
  if (unsyncOne(to.mcSync, from.mcSync, from.mc, mac)) devMcDel(to, mac)
}
