/**
 * Requests of a client as octets, in the order in which Go writes the lines.
 *
 * @see Go net/http request.go Request.write, transfer.go
 */
import { concatOctets, NO_OCTETS } from '../wire/repr.js'
import { sortHeaders } from './http-message.js'
import { octetsOf, type Payload } from './text.js'

const HTTP_PORT = 80
const METHODS_WITH_BODY: readonly string[] = ['POST', 'PUT', 'PATCH']

/** A request; `url` is `http://HOST[:PORT]/PATH`, with an address or a name of /etc/hosts. */
export interface HttpClientRequest {
  readonly method: string
  readonly url: string
  /** Header lines `NAME: VALUE`, besides Host, Content-Length and Accept-Encoding. */
  readonly headers?: readonly string[]
  readonly body?: Payload
  /** Virtual nanoseconds until it is given up (http.Client's Timeout); no limit when absent. */
  readonly timeoutNs?: number
}

/** A URL taken apart. */
export interface Target {
  /** As the Host header has it. */
  readonly host: string
  readonly name: string
  readonly port: number
  readonly path: string
}

/** Takes a URL apart. */
export const targetOf = (url: string): Target => {
  const [, host = '', path = '/'] = /^http:\/\/([^/?]*)(.*)$/.exec(url) ?? []
  const [name = '', port = ''] = host.split(':')
  return { host, name, port: port === '' ? HTTP_PORT : Number(port), path: path.startsWith('/') ? path : `/${path}` }
}

const isAgent = (line: string): boolean => /^user-agent:/i.test(line)

/** A request as octets: the lines in Go's order. */
export const requestOctets = (
  { method, headers = [], body }: HttpClientRequest,
  { host, path }: Target,
): Uint8Array => {
  const octets = body === undefined ? NO_OCTETS : octetsOf(body)
  const hasLength = octets.length > 0 || METHODS_WITH_BODY.includes(method)
  const agent = headers.find(isAgent) ?? 'User-Agent: Go-http-client/1.1'
  const others = headers.filter(line => !isAgent(line))
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    agent,
    ...(hasLength ? [`Content-Length: ${octets.length}`] : []),
    ...sortHeaders(others),
    ...(method === 'HEAD' ? [] : ['Accept-Encoding: gzip']),
  ]
  const head = octetsOf(`${lines.join('\r\n')}\r\n\r\n`)
  return octets.length === 0 ? head : concatOctets(head, octets)
}
