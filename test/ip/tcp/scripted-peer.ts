/** A namespace with one tun device, as the recordings of test/data/tcp were made in, and what its kernel sends. */
import { createWorld, type World } from '../../../lib/index.js'
import { KERNEL_ADDRESS, SegmentText, type TimestampText } from './segment-text.js'

/** A segment of the kernel and its moment in milliseconds of virtual time. */
export interface Heard {
  readonly ms: number
  readonly text: string
  /** TSval in milliseconds since the first, or of the latest segment that had one. */
  readonly tsMs: number
}

/** How a peer is made. */
export interface PeerOptions {
  readonly port: number
  readonly peerPort: number
  readonly isn: number
  readonly timestamps: TimestampText
  readonly mtu?: number
  readonly sysctl?: readonly string[]
}

const NS_PER_MS = 1e6
const SETTLE_NS = 1000

/** The far end of a kernel's tun device. */
export class ScriptedPeer {
  readonly world: World
  readonly segments: SegmentText
  readonly #tun: ReturnType<ReturnType<World['netns']>['tun']>
  #heard: Heard[] = []

  constructor({ port, peerPort, isn, timestamps, mtu = 1500, sysctl = [] }: PeerOptions) {
    this.world = createWorld({ seed: 1 })
    this.world.sh('ip netns add t\nip -n t link set lo up')
    const t = this.world.netns('t')
    for (const setting of sysctl) {
      const at = setting.indexOf('=')
      t.sysctl.set(setting.slice(0, at), setting.slice(at + 1))
    }
    this.segments = new SegmentText(port, peerPort, isn, timestamps)
    this.#tun = t.tun('tun0')
    this.world.sh(
      [
        `ip -n t link set tun0 mtu ${mtu} txqueuelen 2000`,
        'ip -n t link set tun0 up',
        `ip -n t addr add ${KERNEL_ADDRESS}/24 dev tun0`,
      ].join('\n'),
    )
    this.run(100)
    this.#tun.onPacket(packet => {
      const text = this.segments.text(packet)
      if (text !== null) this.#heard.push({ ms: this.now, text, tsMs: this.segments.lastTsMs })
    })
  }

  /** Milliseconds of virtual time. */
  get now(): number {
    return this.world.now / NS_PER_MS
  }

  /** Lets virtual time pass. */
  run(ms: number): void {
    if (ms > 0) this.world.run({ for: Math.round(ms * NS_PER_MS) })
  }

  /** Lets happen what is due at this moment. */
  settle(): void {
    this.world.run({ for: SETTLE_NS })
  }

  say(text: string): void {
    this.#tun.write(this.segments.packet(text))
  }

  /** Segments that were not taken yet. */
  get waiting(): number {
    return this.#heard.length
  }

  /** The next segment of the kernel, or null. */
  take(): Heard | null {
    return this.#heard.shift() ?? null
  }

  /** Texts of all that was not taken yet. */
  takeAll(): string[] {
    const texts = this.#heard.map(h => h.text)
    this.#heard = []
    return texts
  }
}
