/**
 * Sets netfilter up: what its parts register with a kernel.
 *
 * @see net/netfilter/core.c netfilter_init
 */
import type { World } from '../core/world.js'
import { masqDeviceEvent } from './nat/nf-nat-masquerade.js'
import { iptExitNetns } from './ip-tables.js'

/** Registers netfilter with a World. Before any namespace is made. */
export const netfilterInit = (world: World): void => {
  world.registerPernet({ exit: iptExitNetns })
  world.notifiers.register(masqDeviceEvent)
}
