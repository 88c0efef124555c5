/**
 * Sets connection tracking up in a World; it is switched on in a namespace by who needs it, see nf-conntrack-proto.ts.
 *
 * @see net/netfilter/nf_conntrack_standalone.c nf_conntrack_standalone_init
 */
import type { Netns } from '../../core/netns.js'
import type { World } from '../../core/world.js'
import { nfConntrack } from './nf-conntrack-net.js'
import { nfConntrackSysctlProvider } from './nf-conntrack-standalone.js'

/** A namespace goes: its connections end with it, and nobody hears of that (nf_conntrack_cleanup_net). */
const exitNetns = (netns: Netns): void => {
  const cnet = nfConntrack(netns)
  cnet.listeners.length = 0
  if (cnet.gcEvent !== null) cnet.sim.cancel(cnet.gcEvent)
  cnet.gcEvent = null
}

/** Registers connection tracking with a World. */
export const nfConntrackInit = (world: World): void => {
  world.registerPernet({ exit: exitNetns })
  world.sysctlProviders.push(nfConntrackSysctlProvider)
}
