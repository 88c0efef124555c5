/**
 * The priority of a packet inside the host, which follows from its type of service.
 *
 * @see net/ipv4/route.c ip_tos2prio, include/net/route.h rt_tos2priority
 */

const TC_PRIO_BESTEFFORT = 0
const TC_PRIO_BULK = 2
const TC_PRIO_INTERACTIVE_BULK = 4
const TC_PRIO_INTERACTIVE = 6
/** Priority of what keeps the network itself going (TC_PRIO_CONTROL). */
export const TC_PRIO_CONTROL = 7

/** By the four bits of the type of service; congestion notification does not count. */
const TOS2PRIO = Uint8Array.of(
  TC_PRIO_BESTEFFORT,
  TC_PRIO_BESTEFFORT,
  TC_PRIO_BESTEFFORT,
  TC_PRIO_BESTEFFORT,
  TC_PRIO_BULK,
  TC_PRIO_BULK,
  TC_PRIO_BULK,
  TC_PRIO_BULK,
  TC_PRIO_INTERACTIVE,
  TC_PRIO_INTERACTIVE,
  TC_PRIO_INTERACTIVE,
  TC_PRIO_INTERACTIVE,
  TC_PRIO_INTERACTIVE_BULK,
  TC_PRIO_INTERACTIVE_BULK,
  TC_PRIO_INTERACTIVE_BULK,
  TC_PRIO_INTERACTIVE_BULK,
)

/** Priority of packets with a type of service (rt_tos2priority). */
export const tosToPriority = (tos: number): number => TOS2PRIO[(tos & 0x1e) >> 1]!
