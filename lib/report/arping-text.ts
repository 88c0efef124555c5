/**
 * What arping prints, in the words of iputils 20221126.
 *
 * @see arping(8); iputils arping.c recv_pack finish
 */
import type { Arping, ArpingOutput, ArpingReply } from '../app/arping.js'
import { type Errno, strerror } from '../errors.js'
import { formatIpv4 } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'

const upperMac = (mac: number): string => formatMac(mac).toUpperCase()

/** Milliseconds with three decimals; half a millisecond too many, as the real tool rounds. */
const sinceText = (ns: number): string => {
  const us = Math.floor((ns + 500_000) / 1000)
  return `${Math.floor(us / 1000)}.${String(us % 1000).padStart(3, '0')}ms`
}

/** Writes the text of one arping to its process. */
export class ArpingText implements ArpingOutput {
  readonly #isQuiet: boolean

  constructor(isQuiet: boolean) {
    this.#isQuiet = isQuiet
  }

  started({ process, target, source, dev }: Arping): void {
    if (!this.#isQuiet) process.stdout += `ARPING ${formatIpv4(target)} from ${formatIpv4(source)} ${dev.name}\n`
  }

  noSource({ process }: Arping): void {
    process.stderr += 'arping: no source address in not-DAD mode\n'
  }

  reply(arping: Arping, reply: ArpingReply): void {
    if (this.#isQuiet) return
    const { isUnicast, isReply, spa, sha, tpa, tha, sinceProbeNs } = reply
    let line = `${isUnicast ? 'Unicast' : 'Broadcast'} ${isReply ? 'reply' : 'request'} from ${formatIpv4(spa)} [${upperMac(sha)}] `
    const isForOther = tpa !== arping.source
    if (isForOther) line += `for ${formatIpv4(tpa)} `
    if (tha !== arping.dev.addr) line += `${isForOther ? '' : 'for '}[${upperMac(tha)}]`
    arping.process.stdout += `${line} ${sinceText(sinceProbeNs)}\n`
  }

  receiveError({ process }: Arping, error: Errno): void {
    process.stderr += `arping: recvfrom: ${strerror(error)}\n`
  }

  finished(arping: Arping): void {
    if (this.#isQuiet) return
    const { process, sent, sentBroadcast, received, receivedBroadcast, receivedRequests } = arping
    const kinds: string[] = []
    if (receivedRequests > 0) kinds.push(`${receivedRequests} request(s)`)
    if (receivedBroadcast > 0) kinds.push(`${receivedBroadcast} broadcast(s)`)
    const detail = kinds.length === 0 ? '' : ` (${kinds.join(', ')})`
    process.stdout += `Sent ${sent} probes (${sentBroadcast} broadcast(s))\nReceived ${received} response(s)${detail}\n`
  }
}
