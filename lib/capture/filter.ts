/**
 * Capture filters in tcpdump's language, compiled to a function over frames.
 *
 * What is supported stands in `filter-parse.ts`; anything else is refused with column and word.
 *
 * DIFFERS: tcpdump's optimiser may test things in another order and drop tests, which shows only on truncated frames (a
 * read behind the end rejects the frame); and it refuses a filter that no frame can pass, which here accepts nothing.
 * @see pcap-filter(7)
 */

import { lexFilter } from './filter-lex.js'
import { FilterParser } from './filter-parse.js'
import { ETHERNET_LAYOUT, RAW_LAYOUT, type Run } from './filter-test.js'

/** Decides whether the frame `b[off..end)` is captured. */
export type FrameFilter = (b: Uint8Array, off: number, end: number) => boolean

/** Options of {@link compileFilter}. */
export interface FilterOptions {
  /** What frames begin with: an Ethernet header (default), or an IP header. */
  readonly linkType?: 'ethernet' | 'raw'
  /** Mask (int32) of the capturing device's network for `ip broadcast`; 0 when absent, as for a file. */
  readonly netmask?: number
}

/**
 * Compiles a filter, for example `icmp[icmptype] == icmp-echo and not host 10.0.0.1`. An empty text accepts everything.
 *
 * Throws `EGRAMMAR` with `column` (from 1), `word` and libpcap's own text as `tool` in its context.
 * @see pcap-filter(7)
 */
export const compileFilter = (text: string, options: FilterOptions = {}): FrameFilter => {
  const layout = options.linkType === 'raw' ? RAW_LAYOUT : ETHERNET_LAYOUT
  const test = new FilterParser(lexFilter(text), layout, options.netmask ?? 0).parse()
  const run: Run = { outside: false }
  return (b, off, end) => {
    run.outside = false
    return test(b, off, end, run) && !run.outside
  }
}
