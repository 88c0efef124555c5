/**
 * Options of incoming segments.
 *
 * @see net/ipv4/tcp_input.c tcp_parse_options, tcp_fast_parse_options
 */
import type { Netns } from '../../core/netns.js'
import type { Skb } from '../../core/skb.js'
import type { TcpOptions } from './tcp-sock.js'

/** Reads all options of a segment, with those that only a SYN may bear; `estab` keeps what was agreed on (tcp_parse_options). */
export const tcpParseOptions = (_netns: Netns, _skb: Skb, _opt: TcpOptions, _estab: boolean): void => {
  throw new Error('being written')
}
