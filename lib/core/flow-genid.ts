/**
 * What makes recorded flows stale: a number of each namespace that rises with every change of what its packets are
 * handled by.
 *
 * Whoever changes something that the path of a packet consults calls {@link flowFlush} for the namespace concerned:
 * devices (core/dev.ts, the notifier chain), routes and rules (rtCacheFlush), neighbours that become unusable or change
 * their address, forwarding entries that move or go, states of bridge ports, sockets, sysctls, and rtnl/ for everything
 * that is configured. It is cheap; one call too many costs a second recording, one too few a wrong frame.
 *
 * @see include/net/net_namespace.h net_eq, net/ipv4/route.c rt_genid_bump_ipv4, net/netfilter/nf_flow_table_core.c
 */
import type { Netns } from './netns.js'

/** Forgets what was recorded of flows through a namespace. */
export const flowFlush = (netns: Netns): void => {
  netns.flowGenid++
}

/**
 * Something in a namespace decides about packets without telling recorders, for example a hook function of netfilter:
 * nothing that its devices receive is recorded until {@link flowUnblock}.
 *
 * What wants to take part instead of blocking (conntrack, NAT, counters of rules) has to meet the contract of
 * {@link FlowRecorder}, see there.
 */
export const flowBlock = (netns: Netns): void => {
  netns.flowBlockers++
  flowFlush(netns)
}

/** Ends one {@link flowBlock}. */
export const flowUnblock = (netns: Netns): void => {
  netns.flowBlockers--
  flowFlush(netns)
}
