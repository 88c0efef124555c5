/**
 * What Go's net and net/http say when a connection fails: users know these words from logs.
 *
 * @see Go net/net.go OpError, net/url Error
 */
import { goStrerror } from './go-error.js'
import { goQuote } from './go-text.js'
import type { Errno } from '../errors.js'

/** A request that got no answer. The message is Go's. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  /** The errno behind it; `EOF` for a connection that ended, `ETIMEDOUT` for a time of the program's own. */
  readonly code: Errno | 'EOF'

  /** The message is Go's. */
  constructor(code: Errno | 'EOF', message: string) {
    super(message)
    this.code = code
  }

  /** Nobody listens there. */
  get isConnectionRefused(): boolean {
    return this.code === 'ECONNREFUSED'
  }
}

/** `dial tcp ADDRESS:PORT: connect: connection refused`. */
export const dialError = (to: string, code: Errno): NetworkError =>
  new NetworkError(code, `dial tcp ${to}: connect: ${goStrerror(code)}`)

/** The time for making a connection is over. */
export const dialTimeout = (to: string): NetworkError => new NetworkError('ETIMEDOUT', `dial tcp ${to}: i/o timeout`)

/** `read tcp LOCAL->PEER: read: connection reset by peer`. */
export const readError = (local: string, peer: string, code: Errno): NetworkError =>
  new NetworkError(code, `read tcp ${local}->${peer}: read: ${goStrerror(code)}`)

/** A connection that ended before, or in the middle of, an answer. */
export const endOfFile = (isUnexpected: boolean): NetworkError =>
  new NetworkError('EOF', isUnexpected ? 'unexpected EOF' : 'EOF')

/** A name that nobody knows; the code is that of a host that can't be reached. */
export const lookupError = (name: string): NetworkError =>
  new NetworkError('EHOSTUNREACH', `dial tcp: lookup ${name}: no such host`)

/** An answer that is none. */
export const malformedResponse = (line: string): NetworkError =>
  new NetworkError('EPROTO', `net/http: HTTP/1.x transport connection broken: malformed HTTP response ${goQuote(line)}`)

/** A body in chunks that are none. */
export const brokenBody = (): NetworkError => new NetworkError('EPROTO', 'invalid byte in chunk length')

/** The time of a request is over (http.Client's Timeout), before the head of its answer or in its body. */
export const clientTimeout = (what: 'headers' | 'body'): NetworkError => {
  const when = what === 'headers' ? 'exceeded while awaiting headers' : 'or context cancellation while reading body'
  return new NetworkError('ETIMEDOUT', `context deadline exceeded (Client.Timeout ${when})`)
}

/** `Get "URL": why`. */
export const urlError = (method: string, url: string, cause: NetworkError): NetworkError =>
  new NetworkError(cause.code, `${method[0]}${method.slice(1).toLowerCase()} ${goQuote(url)}: ${cause.message}`)
