/**
 * Packets that a router with connection tracking forwards, and what it says of them.
 */
import { NF_ACCEPT, NF_INET_FORWARD, NFPROTO_IPV4, nfRegisterNetHook } from '../../../lib/core/netfilter.js'
import type { Netns } from '../../../lib/core/netns.js'
import { createWorld, type PacketSocket, type World } from '../../../lib/index.js'
import { nfConntrack } from '../../../lib/netfilter/conntrack/nf-conntrack-net.js'
import { nfCtNetnsGet } from '../../../lib/netfilter/conntrack/nf-conntrack-proto.js'
import { conntrackInfo } from '../../../lib/rtnl/conntrack.js'
import { conntrackText } from '../../../lib/report/conntrack-text.js'

/** A recorded connection, see test/data/netfilter/record-conntrack.py. */
export interface Recorded {
  readonly set: Readonly<Record<string, number>>
  /** Direction, packet as hex, state that rules saw (null: the packet did not come out), entries. */
  readonly steps: readonly (readonly [number, string, string | null, readonly string[]])[]
}

const DEFAULTS: Readonly<Record<string, number>> = { tcp_loose: 1, checksum: 1, tcp_max_retrans: 3 }
const STATES = ['EST', 'REL', 'NEW', 'EST', 'REL']

/** Two machines with a router between them that tracks connections. */
export class Router {
  readonly world: World
  readonly kernel: Netns
  /** What the rules of FORWARD see of the packet that passed last. */
  state: string | null = null
  readonly #sockets: readonly PacketSocket[]

  constructor() {
    this.world = createWorld({ seed: 1 })
    this.world.sh(`
      ip netns add l
      ip netns add r
      ip netns add s
      ip -n l link add eth0 address 02:00:00:00:00:01 type veth peer name left address 02:00:00:00:00:02 netns r
      ip -n s link add eth0 address 02:00:00:00:00:04 type veth peer name right address 02:00:00:00:00:03 netns r
      ip -n l link set eth0 up
      ip -n s link set eth0 up
      ip -n r link set left up
      ip -n r link set right up
      ip -n r addr add 10.0.1.1/24 dev left
      ip -n r addr add 10.0.2.1/24 dev right
      ip -n r neigh add 10.0.1.2 lladdr 02:00:00:00:00:01 dev left nud permanent
      ip -n r neigh add 10.0.2.2 lladdr 02:00:00:00:00:04 dev right nud permanent
      ip netns exec r sysctl -qw net.ipv4.ip_forward=1
    `)
    this.kernel = this.world.netns('r').kernel
    this.#sockets = ['l', 's'].map(name => this.world.netns(name).packet.open('eth0'))
    nfCtNetnsGet(this.kernel)
    nfRegisterNetHook(this.kernel, {
      hook: skb => {
        this.state = skb.nfct === null ? 'INV' : STATES[skb.nfctinfo]!
        return NF_ACCEPT
      },
      priv: null,
      pf: NFPROTO_IPV4,
      hooknum: NF_INET_FORWARD,
      priority: 0,
    })
  }

  /** Sends an IPv4 packet from one side, as hex with runs {OCTET*TIMES}; the state that it had, or null when it did not get to FORWARD. */
  send(dir: number, short: string): string | null {
    this.state = null
    const hex = short.replace(/\{(..)\*(\d+)\}/g, (_, octet: string, times: string) => octet.repeat(Number(times)))
    const frame = Buffer.from(`02000000000${dir === 0 ? 2 : 3}02000000000${dir === 0 ? 1 : 4}0800${hex}`, 'hex')
    this.#sockets[dir]!.send(frame)
    this.world.run({ for: 0 })
    return this.state
  }

  /** Sets what differs from the defaults of net.netfilter.nf_conntrack_*, or takes it back. */
  set(values: Readonly<Record<string, number>>, toDefault = false): void {
    for (const [key, value] of Object.entries(values))
      this.world.netns('r').sysctl.set(`net.netfilter.nf_conntrack_${key}`, toDefault ? (DEFAULTS[key] ?? 0) : value)
  }

  /** The entries, as /proc/net/nf_conntrack shows them without addresses. */
  entries(): string[] {
    return nfConntrack(this.kernel)
      .table.list()
      .map(ct =>
        conntrackText(conntrackInfo(ct), {}, this.world.kernel.now)
          .replace(/(src|dst|sport|dport|id|zone|use|mark)=\S+ ?/g, '')
          .trim(),
      )
  }
}

const seconds = (text: string): number => Number(/^\S+ +\d+ (\d+)/.exec(text)?.[1])
const rest = (text: string): string => text.replace(/^(\S+ +\d+ )\d+/, '$1')

/** The same entries, but for a second that may have passed since the packet? */
export const sameEntries = (live: readonly string[], ours: readonly string[]): boolean => {
  const by = (a: string, b: string): number => (rest(a) < rest(b) ? -1 : 1)
  const l = [...live].sort(by)
  const o = [...ours].sort(by)
  if (l.length !== o.length) return false
  return l.every((text, i) => {
    const late = seconds(o[i]!) - seconds(text)
    return rest(text) === rest(o[i]!) && late >= 0 && late <= 1
  })
}
