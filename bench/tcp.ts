/**
 * Bulk transfer over one TCP connection: what `bench:path -- tcp SIZE COUNT` measures. The paths are those of the others.
 */
import { s, type TcpSocket } from 'netloom'
import { buildHosts } from './network.js'

/** A connection with a reader at its far end. */
export interface Bulk {
  /** Writes `count` times `payload.length` octets and runs until all were read; returns the octets that were. */
  readonly transfer: (payload: Uint8Array, count: number) => number
  /** Segments that were sent with data so far, by the kernel's own count. */
  readonly segments: () => number
}

/** Virtual time that a transfer may take. */
const LIMIT_NS = s(3000)

/** Connects over a path; offloads are off unless `offload`, so that each segment is a packet of its own. */
export const buildBulk = (path: string, offload: boolean): Bulk => {
  const { world, from, to, address } = buildHosts(path)
  if (offload)
    for (const netns of [from, to])
      for (const dev of netns.devices) if (dev.name !== 'lo') netns.ethtool.set(dev.name, { tx: true })
  const into = new Uint8Array(262_144)
  let received = 0
  to.tcp.listen({ port: 9 }, socket =>
    socket.on({
      onReadable: () => {
        for (let n = socket.recvInto(into); n > 0; n = socket.recvInto(into)) received += n
      },
    }),
  )
  let pump: (socket: TcpSocket) => void = () => {}
  const sender = from.tcp.connect({ address, port: 9 }, { onDrain: socket => pump(socket) })
  world.run({ until: () => sender.state === 'established', within: s(10) })
  return {
    transfer: (payload, count) => {
      const before = received
      const total = payload.length * count
      let at = 0
      pump = socket => {
        while (at < total) {
          const offset = at % payload.length
          const wanted = payload.length - offset
          const taken = socket.send(offset === 0 ? payload : payload.subarray(offset))
          at += taken
          if (taken < wanted) return
        }
      }
      pump(sender)
      world.run({ until: () => received - before >= total, within: LIMIT_NS })
      return received - before
    },
    segments: () => sender.info().dataSegsOut,
  }
}
