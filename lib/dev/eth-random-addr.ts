/**
 * Random Ethernet addresses for devices that are given none.
 *
 * @see include/linux/etherdevice.h eth_random_addr
 */
import type { World } from '../core/world.js'

/** A random unicast, locally administered MAC from the World's stream. */
export const ethRandomAddr = (world: World): number => {
  const hi = (world.rng.u16() & 0xfeff) | 0x0200
  return hi * 4294967296 + world.rng.u32()
}
