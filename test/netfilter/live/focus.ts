/**
 * What a case is mostly about, so that its rules meet its packets.
 */
import type { Dice } from '../../conformance/mutate.js'

/** The focus of a case. */
export interface Focus {
  readonly path: 'forward' | 'local' | 'bridge'
  readonly protocol: 'udp' | 'tcp' | 'icmp'
}

/** A focus. */
export const randomFocus = (dice: Dice): Focus => ({
  path: dice.pick(['forward', 'forward', 'local', 'bridge']),
  protocol: dice.pick(['udp', 'udp', 'tcp', 'tcp', 'icmp']),
})
