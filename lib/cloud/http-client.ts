/**
 * Requests of programs to the services of a cloud, with the words of Go's net/http for what goes wrong.
 *
 * DIFFERS: Go's client keeps connections for the next request; here each request has one of its own.
 *
 * @see RFC 9112, Go net/http
 */
import { type BodyReader, bodyOf, headerOf, LineReader, trimLineEnd } from '../app/http-message.js'
import { octetText } from '../app/octet-text.js'
import { goStrerror } from '../app/go-text.js'
import type { Process } from '../app/process.js'
import { type ByteStream, connectStream } from '../app/stream.js'
import { octetsOf } from '../app/text.js'
import { type Context, cancelled, firstOf, Future, slept, type Thread, type Wait, wait } from '../app/thread.js'
import { NetloomError } from '../errors.js'
import { concatOctets } from '../wire/repr.js'
import { lookupHost } from './machine.js'

/** A request; `url` begins with `http://` and may name a port. */
export interface HttpClientRequest {
  readonly method: string
  readonly url: string
  /** Header lines `NAME: VALUE`, besides Host, Connection and Content-Length. */
  readonly headers?: readonly string[]
  readonly body?: string
  /** Nanoseconds until it is given up; no limit when absent. */
  readonly timeoutNs?: number
}

/** An answer. */
export interface HttpReply {
  readonly status: number
  /** Header lines. */
  readonly headers: readonly string[]
  readonly text: string
}

/** A request without an answer; the message is Go's. */
export class HttpClientError extends Error {
  override readonly name = 'HttpClientError'
}

/** Reads one answer from a stream. */
class ReplyReader {
  readonly #in = new LineReader()
  #lines: string[] = []
  #body: BodyReader | null = null
  readonly #pieces: Uint8Array[] = []

  /** Takes octets; the answer when it is complete, otherwise null. Throws EFORMAT. */
  push(octets: Uint8Array): HttpReply | null {
    this.#in.push(octets)
    while (this.#body === null) {
      const line = this.#in.line()
      if (line === null) return null
      const text = trimLineEnd(line)
      if (text !== '') this.#lines.push(text)
      else this.#body = bodyOf(this.#lines, 'close')
    }
    for (let piece = this.#body.read(this.#in); piece !== null; piece = this.#body.read(this.#in))
      this.#pieces.push(piece)
    return this.#body.isDone ? this.#reply() : null
  }

  /** The peer has ended: the answer when its body ends so. */
  end(): HttpReply | null {
    return this.#body?.kind === 'close' ? this.#reply() : null
  }

  #reply(): HttpReply {
    const [line = '', ...headers] = this.#lines
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1]
    if (status === undefined) throw new NetloomError('EFORMAT', `malformed HTTP response "${line}"`)
    return { status: Number(status), headers, text: octetText(concatOctets(...this.#pieces)) }
  }
}

const requestOctets = (request: HttpClientRequest, host: string, path: string): Uint8Array => {
  const { method, headers = [], body } = request
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, ...headers, 'Connection: close']
  const octets = octetsOf(body ?? '')
  if (body !== undefined) lines.push(`Content-Length: ${octets.length}`)
  return concatOctets(octetsOf(`${lines.join('\r\n')}\r\n\r\n`), octets)
}

/** Words of Go for the operation: `Get "URL": WHY`. */
const said = ({ method, url }: HttpClientRequest, why: string): HttpClientError =>
  new HttpClientError(`${method[0]!}${method.slice(1).toLowerCase()} "${url}": ${why}`)

/** Sends a request and waits for the answer. Throws an HttpClientError; what `cancelled` makes when the context is cancelled. */
export function* httpRequest(process: Process, ctx: Context, request: HttpClientRequest): Thread<HttpReply> {
  const [, host = '', path = '/'] = /^http:\/\/([^/]+)(\/.*)?$/.exec(request.url) ?? []
  const [name = '', port = '80'] = host.split(':')
  const address = lookupHost(process.netns, name)
  if (address === null) throw said(request, `dial tcp: lookup ${name}: no such host`)
  const answer = new Future<HttpReply | string>()
  const reader = new ReplyReader()
  let isConnected = false
  const stream = connectStream(process, address, Number(port), {
    onConnect: () => {
      isConnected = true
      stream?.write(requestOctets(request, host, path))
    },
    onData: octets => answerWith(answer, () => reader.push(octets)),
    onEnd: () => answerWith(answer, () => reader.end() ?? 'EOF'),
    onError: code => {
      const what = isConnected ? `read tcp ${address}:${port}: read` : `dial tcp ${address}:${port}: connect`
      answer.set(`${what}: ${goStrerror(code)}`)
    },
  })
  return yield* replyOf(ctx, request, stream, answer)
}

const answerWith = (answer: Future<HttpReply | string>, read: () => HttpReply | string | null): void => {
  try {
    const got = read()
    if (got !== null) answer.set(got)
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    answer.set(e.message)
  }
}

/** Waits for what comes first; the connection is closed then. */
function* replyOf(
  ctx: Context,
  request: HttpClientRequest,
  stream: ByteStream | null,
  answer: Future<HttpReply | string>,
): Thread<HttpReply> {
  const { timeoutNs } = request
  const never: Wait<void> = { begin: () => () => {} }
  const timeout = timeoutNs === undefined ? never : slept(timeoutNs)
  const got = yield* wait(firstOf({ answer: answer.done, cancelled: ctx.done, timeout }))
  stream?.close()
  if (got.which === 'cancelled') throw cancelled()
  if (got.which === 'timeout')
    throw said(request, 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)')
  if (typeof got.value === 'string') throw said(request, got.value)
  return got.value
}

/** Value of a header of an answer, null when there is none. */
export const replyHeader = ({ headers }: HttpReply, name: string): string | null => headerOf(headers, name)
