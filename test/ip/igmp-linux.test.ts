/**
 * Replays what Linux reported by IGMP while sockets joined, blocked and left, and queriers of all versions asked
 * (../data/igmp): the same messages in the same order, as often, and the same errors.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'
import type { UdpSocket } from '../../lib/index.js'
import { HostLab, X_MAC } from './lab.js'
import { ethFrame, hex, internetChecksum, ipv4Packet } from './octets.js'

const test = suite('ip/igmp-linux')

interface Step {
  readonly op: readonly [string, ...(string | readonly string[])[]]
  readonly error?: string
  /** Frames, as hexadecimal text. */
  readonly sent: readonly string[]
}

const steps = JSON.parse(readFileSync(new URL('../data/igmp/host.json', import.meta.url), 'utf8')) as Step[]

const octets = (text: string): number[] => [...Buffer.from(text.replaceAll(' ', ''), 'hex')]

const withChecksum = (message: number[]): number[] => {
  const sum = internetChecksum(Uint8Array.from(message), 0, message.length)
  return [...message.slice(0, 2), sum >> 8, sum & 255, ...message.slice(4)]
}

const groupMac = (group: string): string => {
  const [, b, c, d] = group.split('.').map(Number)
  return `01:00:5e:${[b! & 127, c!, d!].map(o => o.toString(16).padStart(2, '0')).join(':')}`
}

class Replay {
  readonly lab = new HostLab('ip -n t addr add 10.0.0.2/24 dev eth0\nip -n t route add default dev eth0')
  readonly #sockets = new Map<string, UdpSocket>()

  #socket(name: unknown): UdpSocket {
    return this.#sockets.get(name as string)!
  }

  #query(group: string, message: string): void {
    const packet = ipv4Packet('10.0.0.1', group, 2, withChecksum(octets(message)), {
      ttl: 1,
      tos: 0xc0,
      id: 1,
      options: [0x94, 4, 0, 0],
    })
    this.lab.inject(ethFrame(groupMac(group), X_MAC, 0x0800, packet))
  }

  do([what, a, b, c, d]: Step['op']): void {
    const [x, y, z] = [a, b, c] as string[]
    switch (what) {
      case 'open':
        this.#sockets.set(x!, this.lab.world.netns('t').udp.bind({}))
        return
      case 'close':
        return this.#socket(x).close()
      case 'join':
        return this.#socket(x).joinGroup(y!)
      case 'leave':
        return this.#socket(x).leaveGroup(y!)
      case 'joinSource':
        return this.#socket(x).joinGroup(y!, { source: z! })
      case 'leaveSource':
        return this.#socket(x).leaveGroup(y!, { source: z! })
      case 'block':
        return this.#socket(x).blockSource(y!, z!)
      case 'unblock':
        return this.#socket(x).unblockSource(y!, z!)
      case 'filter':
        return this.#socket(x).setGroupFilter(y!, { mode: z as 'include', sources: d as readonly string[] })
      case 'query':
        return this.#query(x!, y!)
      case 'queryThenReport':
        this.#query(x!, y!)
        return this.#query(x!, z!)
      case 'sysctl':
        return this.lab.sh(`ip netns exec t sysctl -qw ${x}=${y}`)
      case 'down':
        return this.lab.sh('ip -n t link set eth0 down')
      case 'up':
        return this.lab.sh('ip -n t link set eth0 up\nip -n t route replace default dev eth0')
    }
  }
}

/** Answers to a query of IGMPv1 may take ten seconds. */
const secondsAfter = ([what, , message]: Step['op']): number => {
  if (what === 'open' || what === 'sysctl') return 0.05
  return what === 'query' && (message as string).startsWith('1100') ? 10.5 : 2.5
}

test('reports what Linux reports, step by step', () => {
  const replay = new Replay()
  for (const { op, error, sent } of steps) {
    let code: string | undefined
    try {
      replay.do(op)
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      code = e.code
    }
    replay.lab.run(secondsAfter(op))
    const frames = replay.lab
      .sent()
      .filter(f => f.bytes[12] === 8 && f.bytes[23] === 2)
      .map(f => hex(f.bytes))
    // Reports of versions 1 and 2 come after random times: several groups in any order, the second one perhaps later.
    const isRandom = [...sent, ...frames].some(f => f.slice(76, 78) !== '22')
    const order = (list: readonly string[]): string[] => (isRandom ? [...new Set(list)].sort() : [...list])
    assert.is(code, error, `${op.join(' ')}: error`)
    assert.equal(order(frames), order(sent), op.join(' '))
  }
})

test.run()
