/// <reference lib="esnext.disposable" preserve="true" />
/**
 * tun and tap as users hold them: the other end of the device is their code.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { errnoName, NetloomError, strerror } from '../errors.js'
import { tunClose, type TunFile, tunOpen, tunRead, tunSetPersist, tunWrite } from '../rtnl/tuntap.js'
import type { Dev } from './dev.js'
import type { Handles } from './handles.js'
import { Printable } from '../app/printable.js'
import { checkOptions } from '../app/text.js'

/** Takes a packet that the device sends: an IP packet of a tun, an Ethernet frame of a tap; the octets are its own. */
export type TunHandler = (packet: Uint8Array, tun: Tun) => void

/** Options of `netns.openTun`. */
export interface TunOptions {
  /** A free `tunN` or `tapN` when absent; one that is there is opened. */
  readonly name?: string
  /** `tun`: IP packets, the default; `tap`: Ethernet frames. */
  readonly mode?: 'tun' | 'tap'
  /** Four octets in front of each packet, flags and EtherType; false (IFF_NO_PI). */
  readonly pi?: boolean
  /** Keep the device when it is closed; as it was, and false for a new one. */
  readonly persist?: boolean
}

const OPTIONS = ['name', 'mode', 'pi', 'persist']

/**
 * An open tun or tap. What the device sends comes to the handler in process context, all that waits in one go; without a
 * handler it waits, up to the device's queue length, to be {@link read}. Close it with {@link close} or a `using`
 * declaration.
 */
export class Tun extends Printable {
  readonly mode: 'tun' | 'tap'
  readonly #file: TunFile
  readonly #dev: Dev
  #handler: TunHandler | null = null
  #isScheduled = false

  /** @internal use `netns.openTun` */
  constructor(handles: Handles, file: TunFile, mode: 'tun' | 'tap') {
    super()
    this.mode = mode
    this.#file = file
    this.#dev = handles.dev(file.dev!)
    file.onReadable = () => this.#schedule()
  }

  /** The device. */
  get dev(): Dev {
    return this.#dev
  }

  /** False once it is closed or its device was deleted. */
  get isOpen(): boolean {
    return this.#file.dev !== null
  }

  /** Packets that wait to be read. */
  get queued(): number {
    return this.#file.ring.length
  }

  /** Calls `handler` for each packet, those that wait already included; null: for none. */
  onPacket(handler: TunHandler | null): void {
    this.#handler = handler
    this.#schedule()
  }

  /** The next packet that waits, or null. Throws EBADFD once the device is gone. */
  read(): Uint8Array | null {
    if (!this.isOpen) throw this.#error(-77, 'read')
    return tunRead(this.#file)
  }

  /**
   * Gives the device a packet to receive. Returns its octets. Throws EINVAL for what is no IP packet (tun) or shorter
   * than an Ethernet header (tap), EIO when the device is down, EBADFD once it is gone.
   */
  write(packet: Uint8Array): number {
    const rc = tunWrite(this.#file, packet)
    if (rc < 0) throw this.#error(rc, 'write')
    return rc
  }

  /** Keeps the device when it is closed, or not (TUNSETPERSIST). Throws EBADFD once the device is gone. */
  setPersist(persist: boolean): void {
    tunSetPersist(this.#file, persist)
  }

  /** Closes it; the device goes, or loses its carrier when it is persistent. What waits is dropped. */
  close(): void {
    tunClose(this.#file)
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close()
  }

  override toString(): string {
    return `${this.#dev}`
  }

  override toJSON(): { dev: string; mode: 'tun' | 'tap'; isOpen: boolean; queued: number } {
    return { dev: `${this.#dev}`, mode: this.mode, isOpen: this.isOpen, queued: this.queued }
  }

  #error(rc: number, what: string): NetloomError {
    const code = errnoName(rc)
    return new NetloomError(code, `${what} on ${this.#dev}: ${strerror(code)}`, { dev: `${this.#dev}` })
  }

  #schedule(): void {
    if (this.#isScheduled || this.#handler === null || this.#file.ring.length === 0) return
    this.#isScheduled = true
    this.#dev.kernel.netns.world.sim.task(readAll, this, `reader of ${this.#dev}`)
  }

  /** @internal reads what waits now; what comes meanwhile has its own turn */
  readWaiting(): void {
    this.#isScheduled = false
    for (let n = this.#file.ring.length; n > 0 && this.#handler !== null; n--) {
      const packet = tunRead(this.#file)
      if (packet === null) break
      this.#handler(packet, this)
    }
    this.#schedule()
  }
}

const readAll = (tun: Tun): void => tun.readWaiting()

/** @internal */
export const openTun = (handles: Handles, netns: KernelNetns, options: TunOptions, handler: TunHandler | null): Tun => {
  checkOptions('openTun', options, OPTIONS)
  const { mode = 'tun', persist, ...request } = options
  const file = tunOpen(netns, { ...request, mode })
  if (persist !== undefined) tunSetPersist(file, persist)
  const tun = new Tun(handles, file, mode)
  if (handler !== null) tun.onPacket(handler)
  return tun
}
