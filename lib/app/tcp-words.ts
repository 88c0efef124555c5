/**
 * Words for the states of TCP connections.
 *
 * @see iproute2 misc/ss.c, for the words of its filters
 */

/** State of a connection as `ss` filters by it. */
export type TcpStateWord =
  | 'established'
  | 'syn-sent'
  | 'syn-recv'
  | 'fin-wait-1'
  | 'fin-wait-2'
  | 'time-wait'
  | 'unconnected'
  | 'close-wait'
  | 'last-ack'
  | 'listening'
  | 'closing'

/** The words by the kernel's numbers; number 0 is none, and 12 (TCP_NEW_SYN_RECV) shows as SYN_RECV. */
export const TCP_STATE_WORDS: readonly TcpStateWord[] = [
  'unconnected',
  'established',
  'syn-sent',
  'syn-recv',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'unconnected',
  'close-wait',
  'last-ack',
  'listening',
  'closing',
  'syn-recv',
]
