/**
 * The tables of TCP's sockets in a namespace (struct inet_hashinfo).
 *
 * @see include/net/inet_hashtables.h
 */
import { InetBhash } from './inet-bhash.js'
import { InetEhash } from './inet-ehash.js'
import { InetLhash } from './inet-lhash.js'

/** Connections, listening sockets, ports. */
export class InetHashinfo {
  readonly ehash: InetEhash = new InetEhash()
  readonly lhash: InetLhash = new InetLhash()
  readonly bhash: InetBhash = new InetBhash()
  /** Where the search for a port begins next, by the flow's hash (table_perturb). */
  readonly perturb: Map<number, number> = new Map()
}
