/**
 * The IP options of an answer as ping prints them: the recorded route, time stamps.
 *
 * @see iputils ping, ping.c pr_options; RFC 791, RFC 781
 */
import { getU32 } from '../wire/bytes.js'
import { formatIpv4 } from '../wire/ip.js'

const IPOPT_EOL = 0
const IPOPT_NOOP = 1
const IPOPT_RR = 7
const IPOPT_TIMESTAMP = 68
const IPOPT_LSRR = 131
const IPOPT_SSRR = 137

const lines = (addresses: readonly number[]): string => addresses.map(a => `\t${formatIpv4(a)}\n`).join('')

/** Addresses in an option's data between the octet offsets `from` and `to`. */
const addressesIn = (b: Uint8Array, from: number, to: number): number[] => {
  const addresses: number[] = []
  for (let o = from; o < to; o += 4) addresses.push(getU32(b, o))
  return addresses
}

/** One time stamp of `-T`: the first as it is, later ones as the difference to the one before. */
class Stamps {
  #standard = 0
  #other = 0

  text(stamp: number): string {
    const value = stamp & 0x7fffffff
    if (stamp < 0) {
      const text = this.#other === 0 ? `\t${value} absolute not-standard` : `\t${value - this.#other} not-standard`
      this.#other = value
      return text
    }
    const text = this.#standard === 0 ? `\t${value} absolute` : `\t${value - this.#standard}`
    this.#standard = value
    return text
  }
}

const timestampText = (b: Uint8Array, at: number): string => {
  const end = at + Math.min(b[at + 1]!, b[at + 2]!) - 1
  const flags = b[at + 3]!
  let o = at + 4
  if (o >= end) return ''
  let text = '\nTS: '
  const stamps = new Stamps()
  while (o < end) {
    if ((flags & 15) !== 0) {
      text += `\t${formatIpv4(getU32(b, o))}`
      o += 4
      if (o >= end) break
    }
    text += `${stamps.text(getU32(b, o))}\n`
    o += 4
  }
  return flags >> 4 === 0 ? text : `${text}Unrecorded hops: ${flags >> 4}\n`
}

/** Prints the options of one answer after the other; a route that has not changed is only mentioned. */
export class PingRouteText {
  readonly #isFlood: boolean
  #lastRoute = ''

  constructor(isFlood: boolean) {
    this.#isFlood = isFlood
  }

  /** Text of the options, which goes between the end of the answer's line and its line end. */
  text(options: Uint8Array): string {
    let text = ''
    let at = 0
    while (at < options.length && options[at] !== IPOPT_EOL) {
      if (options[at] === IPOPT_NOOP) {
        text += '\nNOP'
        at++
        continue
      }
      const length = options[at + 1] ?? 0
      if (length < 2 || at + length > options.length) break
      text += this.#option(options, at)
      at += length
    }
    return text
  }

  #option(b: Uint8Array, at: number): string {
    switch (b[at]) {
      case IPOPT_RR:
        return this.#recordRoute(b, at)
      case IPOPT_TIMESTAMP:
        return timestampText(b, at)
      case IPOPT_LSRR:
      case IPOPT_SSRR:
        return `\n${b[at] === IPOPT_SSRR ? 'S' : 'L'}SRR: ${lines(addressesIn(b, at + 3, at + b[at + 1]!))}`
      default:
        return `\nunknown option ${b[at]!.toString(16)}`
    }
  }

  #recordRoute(b: Uint8Array, at: number): string {
    const end = at + Math.min(b[at + 1]!, b[at + 2]!) - 1
    const addresses = addressesIn(b, at + 3, end)
    if (addresses.length === 0) return ''
    const route = addresses.join()
    if (route === this.#lastRoute && !this.#isFlood) return '\t(same route)'
    this.#lastRoute = route
    return `\nRR: ${lines(addresses)}`
  }
}
