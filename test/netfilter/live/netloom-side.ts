/**
 * netloom as a side of the comparison: a world of its own for each case.
 */
import { createWorld, type Netns, type PacketSocket, type TcpListenSocket, type World } from '../../../lib/index.js'
import { NetloomError } from '../../../lib/errors.js'
import type { Command } from '../../../lib/app/command.js'
import { COMMANDS } from '../../../lib/shell/commands.js'
import type { EndState, Loaded, Output, SeenFrame, Side } from './side.js'
import { ECHO_PORTS, LISTEN_PORTS, NETLOOM_SCRIPT, PORTS, type Port, RESET_RULES, ROUTER_TAPS } from './topology.js'

/** More than a jiffy, in which nf_conncount collects nothing, and less than any timer. */
const STEP_NS = 20_000_000

const command = (name: string): Command => COMMANDS.find(c => c.name === name)!

class Case {
  readonly world: World = createWorld({ seed: 1 })
  readonly router: Netns
  readonly #taps = new Map<string, PacketSocket>()
  readonly #seen: SeenFrame[] = []
  readonly #listeners: TcpListenSocket[] = []

  constructor() {
    this.world.sh(NETLOOM_SCRIPT, { commandNs: 1000, tailNs: 1000 })
    this.router = this.world.netns('r')
    for (const dev of PORTS) this.#tap(this.world.netns('t'), dev, false)
    for (const dev of ROUTER_TAPS) this.#tap(this.router, dev, true)
    for (const port of ECHO_PORTS)
      this.router.udp.bind({ port }).onDatagram((datagram, reply) => {
        // An answer is never answered: translation may send it to an echo again.
        if (datagram.data[0] === 0x65) return
        try {
          reply(new Uint8Array(Math.max(datagram.data.length, 1)).fill(0x65))
        } catch (error) {
          if (!(error instanceof NetloomError)) throw error
        }
      })
    for (const port of LISTEN_PORTS) this.#listeners.push(this.router.tcp.listen({ port }))
    this.run('iptables-restore', [], RESET_RULES)
    this.step()
  }

  #tap(netns: Netns, dev: string, both: boolean): void {
    const socket = netns.packet.open(dev, {}, (frame, direction) => {
      const outgoing = direction === 'outgoing'
      if (both || !outgoing) this.#seen.push([dev, outgoing ? 'out' : 'in', Buffer.from(frame).toString('hex')])
    })
    this.#taps.set(dev, socket)
  }

  /** Runs a tool in the router. */
  run(
    name: string,
    args: readonly string[],
    stdin: string | null = null,
  ): { status: number; out: string; err: string } {
    let out = ''
    let err = ''
    const status = command(name).run(
      {
        world: this.world.kernel,
        netns: this.router.kernel,
        stdin: stdin === null ? null : new TextEncoder().encode(stdin),
        out: text => (out += text),
        err: text => (err += text),
        addFile: () => {
          throw new Error(`${name} writes no file`)
        },
      },
      [name, ...args],
    )
    if (typeof status !== 'number') throw new Error(`${name} does not end at once`)
    return { status, out, err }
  }

  /** Frames that came of what was done. */
  step(): SeenFrame[] {
    this.world.run({ for: STEP_NS })
    for (const listener of this.#listeners) while (listener.accept({ onEnd: () => {} }) !== null);
    return this.#seen.splice(0)
  }

  send(port: Port, hex: string): SeenFrame[] {
    this.#taps.get(port)!.send(Uint8Array.from(Buffer.from(hex, 'hex')))
    return this.step()
  }
}

/** netloom, a world for each case. */
export class NetloomSide implements Side {
  #case: Case | null = null

  get #now(): Case {
    if (this.#case === null) throw new Error('no case was started')
    return this.#case
  }

  async load(rules: string): Promise<Loaded> {
    this.#case = new Case()
    const { status, err } = this.#case.run('iptables-restore', [], rules)
    return { status, stderr: err }
  }

  async send(port: Port, hex: string): Promise<readonly SeenFrame[]> {
    return this.#now.send(port, hex)
  }

  async output(output: Output): Promise<{ frames: SeenFrame[]; result: string }> {
    const { router } = this.#now
    let result = 'ok'
    const frames: SeenFrame[] = []
    try {
      if (output.kind === 'udp') {
        const socket = router.udp.bind({ port: output.sport, mark: output.mark, tos: output.tos, reuseAddr: true })
        try {
          socket.sendTo(new Uint8Array(output.len).fill(0x61), { address: output.daddr, port: output.dport })
        } finally {
          frames.push(...this.#now.step())
          socket.close()
        }
      } else {
        const { daddr: address, dport: port, sport: sourcePort, mark, tos } = output
        const socket = router.tcp.connect({ address, port, sourcePort, mark, tos, reuseAddr: true })
        frames.push(...this.#now.step())
        socket.close()
        // The other end may delay its acknowledgement by 40 ms.
        frames.push(...this.#now.step(), ...this.#now.step())
      }
    } catch (error) {
      if (!(error instanceof NetloomError)) throw error
      result = error.code
    }
    return { frames: [...frames, ...this.#now.step()], result }
  }

  async end(): Promise<EndState> {
    const now = this.#now
    const save = now.run('iptables-save', ['-c']).out
    const conntrack = now.run('conntrack', ['-L']).out
    this.#case = null
    return { save, conntrack, frames: now.step() }
  }
}
