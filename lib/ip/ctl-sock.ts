/**
 * The socket by which the kernel itself sends: answers of ICMP and TCP. No program has it, so it belongs to no user; rules
 * see that there is one (`-m owner --socket-exists`).
 *
 * @see net/ipv4/af_inet.c inet_ctl_sock_create, net/ipv4/icmp.c icmp_xmit_lock
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'

/** What the output path and matches ask of a socket. */
export class CtlSock {
  readonly netns: Netns
  readonly localAddress: number = 0
  readonly mark: number = 0
  readonly boundDev: NetDevice | null = null
  readonly mcastLoop: boolean = true
  readonly usesPmtu: boolean = true

  constructor(netns: Netns) {
    this.netns = netns
  }
}
