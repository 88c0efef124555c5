/**
 * Passing link-layer addresses down: what a stacked device listens to, its lower device must let in.
 *
 * @see net/core/dev_addr_lists.c
 */
import { devMcAdd, devMcDel, devUcAdd, devUcDel } from './dev.js'
import type { NetDevice } from './netdev.js'

/** The addresses of one device that its lower device listens to for it. */
export class SyncedAddrs {
  readonly uc: Set<number> = new Set()
  readonly mc: Set<number> = new Set()
}

/** Brings the unicast addresses that `to` listens to for `from` up to date (dev_uc_sync). */
export const devUcSync = (to: NetDevice, from: NetDevice, synced: SyncedAddrs): void => {
  for (const mac of synced.uc) if (!from.uc.has(mac)) ucDel(to, synced, mac)
  for (const mac of from.uc.keys()) {
    if (synced.uc.has(mac)) continue
    synced.uc.add(mac)
    devUcAdd(to, mac)
  }
}

/** Brings the multicast addresses that `to` listens to for `from` up to date (dev_mc_sync). */
export const devMcSync = (to: NetDevice, from: NetDevice, synced: SyncedAddrs): void => {
  for (const mac of synced.mc) if (!from.mc.has(mac)) mcDel(to, synced, mac)
  for (const mac of from.mc.keys()) {
    if (synced.mc.has(mac)) continue
    synced.mc.add(mac)
    to.mcSyncs.set(mac, (to.mcSyncs.get(mac) ?? 0) + 1)
    devMcAdd(to, mac)
  }
}

/** Ends what {@link devUcSync} began (dev_uc_unsync). */
export const devUcUnsync = (to: NetDevice, synced: SyncedAddrs): void => {
  for (const mac of synced.uc) ucDel(to, synced, mac)
}

/** Ends what {@link devMcSync} began (dev_mc_unsync). */
export const devMcUnsync = (to: NetDevice, synced: SyncedAddrs): void => {
  for (const mac of synced.mc) mcDel(to, synced, mac)
}

const ucDel = (to: NetDevice, synced: SyncedAddrs, mac: number): void => {
  synced.uc.delete(mac)
  devUcDel(to, mac)
}

const mcDel = (to: NetDevice, synced: SyncedAddrs, mac: number): void => {
  synced.mc.delete(mac)
  const users = to.mcSyncs.get(mac) ?? 1
  if (users > 1) to.mcSyncs.set(mac, users - 1)
  else to.mcSyncs.delete(mac)
  devMcDel(to, mac)
}
