/**
 * Sets connection tracking up in a World; it is switched on in a namespace by who needs it, see nf-conntrack-proto.ts.
 *
 * @see net/netfilter/nf_conntrack_standalone.c nf_conntrack_standalone_init
 */
import type { World } from '../../core/world.js'
import { nfConntrackSysctlProvider } from './nf-conntrack-standalone.js'

/** Registers connection tracking with a World. */
export const nfConntrackInit = (world: World): void => {
  world.sysctlProviders.push(nfConntrackSysctlProvider)
}
