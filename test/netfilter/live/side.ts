/**
 * What the two sides of the comparison have in common: a router that takes rules and frames, and says what it did.
 */
import type { Port } from './topology.js'

/** A frame at a device: `in` as seen from the device's own namespace. */
export type SeenFrame = readonly [dev: string, direction: 'in' | 'out', hex: string]

/** What a program of the router sends. */
export interface Output {
  readonly kind: 'udp' | 'tcp'
  readonly sport: number
  readonly daddr: string
  readonly dport: number
  /** Octets of payload of a datagram. */
  readonly len: number
  readonly mark: number
  readonly tos: number
}

/** Answer to a rule set. */
export interface Loaded {
  readonly status: number
  readonly stderr: string
}

/** The state at the end of a case. */
export interface EndState {
  /** `iptables-save -c`. */
  readonly save: string
  /** `conntrack -L`. */
  readonly conntrack: string
  /** Frames since the last step. */
  readonly frames: readonly SeenFrame[]
}

/** One of the two. */
export interface Side {
  /** Starts a case with the rules of `iptables-restore`. */
  load(rules: string): Promise<Loaded>
  /** Sends a frame into the router and returns what came of it. */
  send(port: Port, hex: string): Promise<readonly SeenFrame[]>
  /** Lets a program of the router send; `result` is `ok` or an errno. */
  output(output: Output): Promise<{ readonly frames: readonly SeenFrame[]; readonly result: string }>
  /** Ends a case. */
  end(): Promise<EndState>
}
