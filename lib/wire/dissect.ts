/**
 * Text of frames as `tcpdump -n` 4.99.3 prints it behind the time stamp: for diffs, errors and reports, never on the path
 * of a frame.
 *
 * What is printed of which protocol stands in the files of `dissect/`. With `verbose`, and for tunnels, the text has
 * several lines, as tcpdump's has. Where tcpdump's long jump ends a line with `[|udp]`, so does the text here.
 * @see tcpdump(8)
 */

import { fail } from '../errors.js'
import { printEthernet, printRaw } from './dissect/ethernet.js'
import { Printer, TcpConversations, Truncated } from './dissect/printer.js'

/** How frames are printed. */
export interface DissectOptions {
  /** What the first octet belongs to: an Ethernet header (default), or an IP header. */
  readonly linkType?: 'ethernet' | 'raw'
  /** How often `-v` was given: 0 (default) to 3. */
  readonly verbose?: number
  /** Whether the link-layer header is printed, as with `-e`. */
  readonly linkLevel?: boolean
  /** Octets that the frame had on the wire, when the capture cut it; its number of octets when absent. */
  readonly wireLen?: number
}

const printFrame = (p: Printer, wireLen: number, isRaw: boolean): void => {
  if (p.b.length === 0) {
    p.print(`[Invalid header: caplen==0${wireLen === 0 ? ', len==0' : ''}]`)
    return
  }
  if (wireLen < p.b.length) {
    p.print(`[Invalid header: len(${wireLen}) < caplen(${p.b.length})]`)
    return
  }
  try {
    if (isRaw) printRaw(p, 0, wireLen)
    else printEthernet(p, 0, wireLen)
  } catch (e) {
    if (!(e instanceof Truncated)) throw e
    p.printTruncated()
  }
}

const checkOptions = (options: DissectOptions): void => {
  const linkType = options.linkType ?? 'ethernet'
  if (linkType !== 'ethernet' && linkType !== 'raw')
    fail('EINVAL', `dissect: linkType ${linkType} is not supported; supported are ethernet and raw`, { linkType })
}

/**
 * A function that prints the frames of one capture in their order. It remembers TCP conversations, so that sequence
 * numbers are relative to the first ones seen, as tcpdump prints them.
 */
export const createDissector = (options: DissectOptions = {}): ((bytes: Uint8Array, wireLen?: number) => string) => {
  checkOptions(options)
  const conversations = new TcpConversations()
  return (bytes, wireLen = options.wireLen ?? bytes.length) => {
    const p = new Printer(bytes, options.verbose ?? 0, options.linkLevel ?? false, conversations)
    printFrame(p, wireLen, options.linkType === 'raw')
    return p.text
  }
}

/**
 * Text of one frame. Never throws for any octets. TCP sequence numbers are absolute, as in the first line of a capture;
 * see {@link createDissector} for a whole one.
 */
export const dissect = (bytes: Uint8Array, options: DissectOptions = {}): string => createDissector(options)(bytes)
