/**
 * Answers that are none of gRPC: what a client makes of an HTTP status other than 200, or of another content type.
 *
 * @see google.golang.org/grpc internal/transport/http2_client.go operateHeaders
 */
import { goQuote } from '../app/go-text.js'
import type { GrpcFault } from './grpc-message.js'
import { GRPC_INTERNAL, grpcCodeOfHttp } from './grpc-status.js'
import type { HeaderField } from './hpack-table.js'
import { fieldValue } from './http2-fields.js'

/** Texts of HTTP statuses that servers and proxies in front of them give. */
const STATUS_TEXTS: ReadonlyMap<number, string> = new Map([
  [204, 'No Content'],
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [413, 'Request Entity Too Large'],
  [415, 'Unsupported Media Type'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
])

/** What nearly everybody says. */
const PLAIN_TYPE = 'application/grpc'

/** The content type of gRPC, by itself or with what the messages are. */
export const isGrpcContentType = (value: string): boolean =>
  value === PLAIN_TYPE || /^application\/grpc($|[+;])/.test(value.toLowerCase())

/** Why the first header list of an answer is none of gRPC, as a status; null when it is one. */
export const responseFault = (fields: readonly HeaderField[]): GrpcFault | null => {
  const status = fieldValue(fields, ':status') ?? ''
  if (!/^\d+$/.test(status)) {
    const text = `strconv.ParseInt: parsing ${goQuote(status)}: invalid syntax`
    return { code: GRPC_INTERNAL, message: `transport: malformed http-status: ${text}` }
  }
  const type = fieldValue(fields, 'content-type')
  if (status === '200' && type === PLAIN_TYPE) return null
  const errors: string[] = []
  if (status !== '200') {
    const text = STATUS_TEXTS.get(Number(status)) ?? ''
    errors.push(`unexpected HTTP status code received from server: ${Number(status)} (${text})`)
  }
  if (type === null) errors.push('malformed header: missing HTTP content-type')
  else if (!isGrpcContentType(type)) errors.push(`transport: received unexpected content-type ${goQuote(type)}`)
  return errors.length === 0 ? null : { code: grpcCodeOfHttp(Number(status)), message: errors.join('; ') }
}
