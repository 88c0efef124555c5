/**
 * What an HTTP/2 client says first, by which a server that speaks both tells HTTP/2 from HTTP/1 (as etcd does with
 * cmux).
 *
 * @see RFC 9113, section 3.4
 */
import { concatOctets, NO_OCTETS } from '../wire/repr.js'
import { encodeUtf8 } from '../wire/utf8.js'
import type { ByteStream } from './transport.js'

/** The first 24 octets of a client. */
export const HTTP2_PREFACE: Uint8Array = encodeUtf8('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** Whether octets are the preface's beginning, or begin with it. */
export const prefaceFits = (octets: Uint8Array): boolean => {
  const length = Math.min(octets.length, HTTP2_PREFACE.length)
  for (let at = 0; at < length; at++) if (octets[at] !== HTTP2_PREFACE[at]) return false
  return true
}

/**
 * Which protocol a connection speaks, by its first octets: all that came so far. Null while they fit both, which is as
 * long as they are the beginning of the preface.
 */
export const sniffProtocol = (octets: Uint8Array): 'http2' | 'http1' | null => {
  if (!prefaceFits(octets)) return 'http1'
  return octets.length >= HTTP2_PREFACE.length ? 'http2' : null
}

/**
 * Waits for the first octets of a connection, and tells which protocol it speaks with all octets that came. A
 * connection that ends before that is closed, and nothing told.
 */
export const sniffStream = (
  stream: ByteStream,
  onProtocol: (protocol: 'http2' | 'http1', octets: Uint8Array) => void,
): void => {
  let held = NO_OCTETS
  stream.onData = octets => {
    held = concatOctets(held, octets)
    const protocol = sniffProtocol(held)
    if (protocol !== null) onProtocol(protocol, held)
  }
  stream.onEnd = () => stream.close()
}
