/**
 * The listening sockets of a namespace by port (struct inet_hashinfo's lhash2).
 *
 * @see net/ipv4/inet_hashtables.c __inet_lookup_listener, net/core/sock_reuseport.c
 */
import type { TcpSock } from './tcp-sock.js'

/** Match of a listening socket with a packet; -1 none (compute_score). */
const score = (sk: TcpSock, daddr: number, ifindex: number): number => {
  if (sk.localAddress !== daddr) return -1
  const { boundDev } = sk
  if (boundDev === null) return 1
  return boundDev.ifindex === ifindex ? 2 : -1
}

/** The members of a group of SO_REUSEPORT, in the order of reuseport_add_sock. */
const groupOf = (list: readonly TcpSock[], of: TcpSock): TcpSock[] =>
  list.filter(sk => sk.reusePort && sk.localAddress === of.localAddress && sk.boundDev === of.boundDev).reverse()

/** Listening sockets; within a port the newest first. */
export class InetLhash {
  readonly #byPort = new Map<number, TcpSock[]>()

  /** Adds a socket (__inet_hash). */
  add(sk: TcpSock): void {
    const list = this.#byPort.get(sk.localPort)
    if (list === undefined) this.#byPort.set(sk.localPort, [sk])
    else list.unshift(sk)
  }

  /** Takes one out. */
  remove(sk: TcpSock): void {
    const list = this.#byPort.get(sk.localPort)
    const i = list?.indexOf(sk) ?? -1
    if (i < 0) return
    if (list!.length === 1) this.#byPort.delete(sk.localPort)
    else list!.splice(i, 1)
  }

  /** All of them. */
  *[Symbol.iterator](): IterableIterator<TcpSock> {
    for (const list of [...this.#byPort.values()]) yield* list
  }

  /**
   * The socket that a SYN is for, or null: one of its address, else one of any address. `hash` of the flow, unsigned,
   * chooses among sockets that share a port by SO_REUSEPORT.
   */
  lookup(daddr: number, dport: number, ifindex: number, hash: number): TcpSock | null {
    const list = this.#byPort.get(dport)
    if (list === undefined) return null
    return best(list, daddr, ifindex, hash) ?? best(list, 0, ifindex, hash)
  }
}

const best = (list: readonly TcpSock[], daddr: number, ifindex: number, hash: number): TcpSock | null => {
  let result: TcpSock | null = null
  let hiscore = 0
  for (let i = 0; i < list.length; i++) {
    const sk = list[i]!
    const s = score(sk, daddr, ifindex)
    if (s <= hiscore) continue
    if (sk.reusePort) {
      const group = groupOf(list, sk)
      return group[Math.floor((hash / 4294967296) * group.length)]!
    }
    result = sk
    hiscore = s
  }
  return result
}
