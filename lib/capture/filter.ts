/**
 * Capture filters in tcpdump's language, compiled to a function over frames.
 *
 * What is supported stands in `filter-parse.ts`; anything else is refused with column and word.
 *
 * DIFFERS: tcpdump's optimiser may test things in another order and drop tests, which shows only on truncated frames (a
 * read behind the end rejects the frame); and it refuses a filter that no frame can pass, which here accepts nothing.
 * @see pcap-filter(7), libpcap gencode.c gen_vlan_bpf_extensions
 */

import { lexFilter } from './filter-lex.js'
import { FilterParser } from './filter-parse.js'
import { ETHERNET_LAYOUT, type Layout, RAW_LAYOUT, type Run, TAG_BESIDE_LAYOUT } from './filter-test.js'

/** Decides whether the frame `b[off..end)` is captured. */
export interface FrameFilter {
  (b: Uint8Array, off: number, end: number): boolean
  /**
   * The same for a frame whose outer VLAN tag the kernel keeps beside it: there `icmp` also finds what is behind the tag,
   * and `vlan` is the one thing that sees it. Without it the frame is looked at as it is captured.
   */
  readonly tagBeside?: (b: Uint8Array, off: number, end: number) => boolean
}

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
  const tokens = lexFilter(text)
  const compiled = (layout: Layout): ((b: Uint8Array, off: number, end: number) => boolean) => {
    const test = new FilterParser(tokens, layout, options.netmask ?? 0).parse()
    const run: Run = { outside: false }
    return (b, off, end) => {
      run.outside = false
      return test(b, off, end, run) && !run.outside
    }
  }
  if (options.linkType === 'raw') return compiled(RAW_LAYOUT)
  return Object.assign(compiled(ETHERNET_LAYOUT), { tagBeside: compiled(TAG_BESIDE_LAYOUT) })
}
