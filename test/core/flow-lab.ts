/**
 * The same life of a network twice, with and without the flow cache, and everything that can be seen of it.
 */
import {
  type Capture,
  createWorld,
  type Netns,
  s,
  type TcpSocket,
  type UdpSocket,
  type World,
} from '../../lib/index.js'
import { IFF_LOOPBACK } from '../../lib/core/netdev.js'
import { CHECKSUM_PARTIAL, type Skb } from '../../lib/core/skb.js'
import type { NfConn } from '../../lib/netfilter/conntrack/nf-conn.js'
import { nfConntrackListen } from '../../lib/netfilter/conntrack/nf-conntrack-ecache.js'
import { nfConntrack } from '../../lib/netfilter/conntrack/nf-conntrack-net.js'
import { IpCtTcp } from '../../lib/netfilter/conntrack/nf-conntrack-tcp-state.js'
import { iptFindTable, iptTableNames } from '../../lib/netfilter/ip-tables.js'
import { fdbList } from '../../lib/rtnl/fdb.js'
import { neighList } from '../../lib/rtnl/neigh.js'
import { NETS, type NetName } from './flow-nets.js'

export { NETS, type NetName } from './flow-nets.js'

/** A host that sends and receives. */
export interface Host {
  readonly netns: Netns
  readonly address: string
}

/** What happens: datagrams from a host to another one, time that passes, a command, a capture that begins or ends. */
export type Step =
  | {
      readonly kind: 'send'
      readonly from: number
      readonly to: number
      readonly size: number
      readonly count: number
      readonly tos: number
      readonly ttl: number
    }
  | {
      readonly kind: 'burst'
      readonly from: number
      readonly to: number
      readonly count: number
      /** Time that passes first, without anybody looking. */
      readonly afterMs?: number
    }
  /** Datagrams that nobody answers. */
  | { readonly kind: 'oneway'; readonly from: number; readonly to: number; readonly count: number }
  | { readonly kind: 'ping'; readonly from: number; readonly to: number }
  /** Octets over the TCP connection of the two, half of which come back; it begins when there is none, and may end with them. */
  | {
      readonly kind: 'tcp'
      readonly from: number
      readonly to: number
      readonly size: number
      readonly end?: 'fin' | 'rst' | undefined
    }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'event'; readonly n: number }
  | { readonly kind: 'capture'; readonly n: number }
  | { readonly kind: 'rebind'; readonly n: number }

/** One of the two lives. */
export class Life {
  readonly world: World
  readonly log: string[] = []
  readonly #net: (typeof NETS)[NetName]
  readonly #hosts: Host[]
  readonly #servers: UdpSocket[] = []
  readonly #clients: UdpSocket[] = []
  readonly #captures = new Map<number, Capture>()
  readonly #connections = new Map<string, TcpSocket>()

  /** `isTraced`: every packet that is handed over is noted with all that it carries; stages do not follow at once then. */
  constructor(name: NetName, flowCache: boolean, isTraced: boolean) {
    const net = NETS[name]
    this.#net = net
    this.world = createWorld({ seed: 7, flowCache })
    if (flowCache) this.world.kernel.flows!.patience = 0
    this.world.sh(net.script)
    if ('setup' in net) net.setup(this.world)
    if (isTraced) this.#trace()
    if (isTraced) this.#listenToConntrack()
    this.#hosts = net.hosts.map(([netns, address]) => ({ netns: this.world.netns(netns!), address: address! }))
    this.world.run({ for: s(1) })
    for (const [i] of this.#hosts.entries()) {
      this.#serve(i)
      this.#clients.push(this.#hosts[i]!.netns.udp.bind({ port: 100 + i }))
      this.#listen(this.#clients[i]!, `client ${i}`)
      this.#listen(this.#hosts[i]!.netns.udp.bind({ port: 7 }), `discard ${i}`)
      this.#hosts[i]!.netns.tcp.listen({ port: 9 }, conn => this.#hear(conn, `tcp ${i}`, true))
    }
  }

  #trace(): void {
    const { sim } = this.world.kernel
    const enqueue = sim.enqueue.bind(sim)
    sim.passOn = () => false
    sim.beginSoftirq = () => false
    sim.enqueue = skb => {
      this.log.push(packetText(skb))
      enqueue(skb)
    }
  }

  #listenToConntrack(): void {
    for (const netns of this.world.kernel.listNetns())
      nfConntrackListen(nfConntrack(netns), (ct, events) => {
        this.log.push(
          `${this.world.now} ${netns} ct ${ct.serial} ${ct.status} ${ct.timeout} ${ct.mark} events ${events}`,
        )
      })
  }

  #listen(socket: UdpSocket, who: string, answers = false): void {
    socket.onDatagram((d, reply) => {
      const sum = d.data.reduce((h, b) => (Math.imul(h, 31) + b) | 0, 7)
      const { address, port } = d.from
      this.log.push(
        `${this.world.now} ${who}: ${address}:${port} ${d.dev} ttl ${d.ttl} tos ${d.tos} ${d.data.length} ${sum}`,
      )
      if (answers && d.data.length > 0) this.#try(() => reply(d.data.subarray(0, d.data.length >> 1)))
    })
  }

  #hear(conn: TcpSocket, who: string, answers: boolean): void {
    const note = (what: string): void => {
      this.log.push(`${this.world.now} ${who} ${conn.peer.address}:${conn.peer.port}: ${what}`)
    }
    conn.on({
      onData: data => {
        note(`${data.length} ${data.reduce((h, b) => (Math.imul(h, 31) + b) | 0, 7)}`)
        if (answers) conn.write(data.subarray(0, data.length >> 1))
      },
      onEnd: () => {
        note('end')
        if (answers) conn.end()
      },
      onError: error => note(String(error)),
      onClose: () => note('closed'),
    })
  }

  #tcp(from: number, to: number, size: number, end: 'fin' | 'rst' | undefined): void {
    const key = `${from % this.#hosts.length} ${to % this.#hosts.length}`
    let conn = this.#connections.get(key)
    if (conn === undefined || conn.isClosed) {
      const [client, { address }] = [this.#hosts[from % this.#hosts.length]!, this.#hosts[to % this.#hosts.length]!]
      conn = client.netns.tcp.connect({ address, port: 9 })
      this.#hear(conn, `connection ${key}`, false)
      this.#connections.set(key, conn)
      this.world.run({ for: 2e6 })
    }
    conn.write(Uint8Array.from({ length: size }, (_, j) => j * 11 + size))
    this.world.run({ for: 3e6 })
    if (end !== undefined) this.#connections.delete(key)
    if (end === 'fin') conn.end()
    if (end === 'rst') conn.abort()
  }

  #serve(i: number): void {
    this.#servers[i] = this.#hosts[i]!.netns.udp.bind({ port: 9 })
    this.#listen(this.#servers[i]!, `server ${i}`, true)
  }

  /** Does one step. */
  do(step: Step): void {
    const { world } = this
    const at = <T>(list: readonly T[], n: number): T => list[n % list.length]!
    switch (step.kind) {
      case 'send':
      case 'burst': {
        if (step.kind === 'burst' && step.afterMs !== undefined) world.run({ for: step.afterMs * 1e6 })
        const sk = at(this.#clients, step.from)
        const { size, tos, ttl } = step.kind === 'send' ? step : { size: 40, tos: 0, ttl: 0 }
        Object.assign((sk as unknown as { sk: object }).sk, { tos, ttl })
        for (let i = 0; i < step.count; i++) {
          const data = Uint8Array.from({ length: size + (i & 3) }, (_, j) => i * 7 + j)
          this.#try(() => sk.sendTo(data, { address: at(this.#hosts, step.to).address, port: 9 }))
          if (step.kind === 'send') world.run({ for: 1000 })
        }
        break
      }
      case 'oneway':
        for (let i = 0; i < step.count; i++) {
          const data = Uint8Array.from({ length: 40 + (i & 3) }, (_, j) => i * 5 + j)
          const { address } = at(this.#hosts, step.to)
          this.#try(() => at(this.#clients, step.from).sendTo(data, { address, port: 7 }))
        }
        break
      case 'ping':
        this.#try(() =>
          at(this.#hosts, step.from).netns.ping(at(this.#hosts, step.to).address, { count: 3, intervalMs: 10 }),
        )
        world.run({ for: 40e6 })
        break
      case 'tcp':
        this.#try(() => this.#tcp(step.from, step.to, step.size, step.end))
        break
      case 'wait':
        world.run({ for: step.ms * 1e6 })
        break
      case 'event': {
        const r = world.sh(at(this.#net.events, step.n), { mayFail: true })
        this.log.push(`${r.stdout}${r.stderr}${r.error?.message ?? ''}`)
        break
      }
      case 'capture':
        this.#capture(step.n)
        break
      case 'rebind': {
        const i = step.n % this.#servers.length
        this.#servers[i]!.close()
        if (step.n & 1) this.#servers[i] = this.#hosts[i]!.netns.udp.bind({ port: 9 })
        else this.#serve(i)
      }
    }
  }

  #try(fn: () => unknown): void {
    try {
      fn()
    } catch (e) {
      this.log.push(String(e))
    }
  }

  #capture(n: number): void {
    const [netns, dev] = this.#net.devs[n % this.#net.devs.length]!.split(' ') as [string, string]
    const key = n % this.#net.devs.length
    const open = this.#captures.get(key)
    if (open === undefined) {
      this.#try(() => this.#captures.set(key, this.world.capture({ netns, dev, promisc: false })))
      return
    }
    open.stop()
    this.log.push(Buffer.from(open.pcap()).toString('base64'))
    this.#captures.delete(key)
  }

  /** Everything that can be read of the world now, and what has happened since this was asked last. */
  state(): string {
    return `${this.log.splice(0).join('\n')}\n${worldState(this.world)}`
  }

  /** Packets that took the short way. */
  get hits(): number {
    return this.world.kernel.flows?.hits ?? 0
  }
}

/** All that a packet carries, its octets included. */
const packetText = (skb: Skb): string => {
  const { frame, buf, netns, dev, dst, sk, brPort, csumStart, csumOffset, flowRec, vlanTci, alive, nfct, ...others } =
    skb
  const { fclone, owner, csumKnown, ...rest } = others
  const ct = (nfct as NfConn | null)?.serial
  const csum = skb.ipSummed === CHECKSUM_PARTIAL ? `${csumStart} ${csumOffset}` : ''
  const octets = Buffer.from(buf.subarray(skb.macHeader, skb.tail)).toString('hex')
  return `${dev} ${netns} ${dst} ${sk} ${owner === null} ${fclone === null} ${brPort} ${csum} ${ct} ${JSON.stringify(rest)} ${octets}`
}

/** All that is tracked of a TCP connection. */
const ctTcpText = ({ tcp }: NfConn): string => {
  if (tcp === null) return ''
  const whole = new IpCtTcp()
  tcp.load(whole)
  return JSON.stringify(whole)
}

/** Time, counters, accounting, forwarding entries and neighbours of a world. */
export const worldState = ({ kernel }: World): string => {
  const lines = [`${kernel.now} ${kernel.sim.handled} ${kernel.skbs.live}`]
  for (const netns of kernel.listNetns()) {
    lines.push(`${netns} ${JSON.stringify(netns.accounting())} ${JSON.stringify(netns.drops())}`)
    for (const dev of netns.devices)
      lines.push(`${dev} ${JSON.stringify(dev.ops.getStats?.(dev) ?? null)} ${JSON.stringify(dev.stats)}`)
    for (const name of iptTableNames(netns))
      lines.push(`${name} ${JSON.stringify(iptFindTable(netns, name).info.entries.map(e => [e.packets, e.bytes]))}`)
    const cnet = nfConntrack(netns)
    for (const ct of cnet.table.list())
      lines.push(
        `ct ${ctTcpText(ct)} ${ct.serial} ${ct.protonum} ${ct.origPorts} ${ct.replPorts} ${ct.status} ${ct.timeout} ${ct.mark} ${ct.ecache} ${ct.streamTs} ${ct.ext?.acct}`,
      )
    if (cnet.serial > 0) lines.push(JSON.stringify(cnet.stat))
    for (const f of fdbList(netns))
      lines.push(`fdb ${f.dev} ${f.lladdr} ${f.state} ${f.flags} ${f.usedNs} ${f.updatedNs} ${f.dst}`)
    for (const { dev, ...rest } of neighList(netns))
      if (dev !== null && (dev.flags & IFF_LOOPBACK) === 0) lines.push(`neigh ${dev} ${JSON.stringify(rest)}`)
  }
  return lines.join('\n')
}

/** Throws with the first line in which two texts differ. */
export const sameText = (actual: string, expected: string, where: string): void => {
  if (actual === expected) return
  const [a, e] = [actual.split('\n'), expected.split('\n')]
  const i = e.findIndex((line, n) => line !== a[n])
  throw new Error(
    `${where}:\n  without: ${e[i] ?? 'nothing more'}\n  with:    ${a[i < 0 ? e.length : i] ?? 'nothing more'}`,
  )
}
