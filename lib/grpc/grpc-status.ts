/**
 * Status codes of gRPC, and how a status travels in header fields.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/statuscodes.md and PROTOCOL-HTTP2.md
 */
import { decodeUtf8, encodeUtf8 } from '../wire/utf8.js'
import {
  CANCEL,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  HTTP_1_1_REQUIRED,
  INADEQUATE_SECURITY,
  REFUSED_STREAM,
} from './http2-error.js'

/** The call has succeeded. */
export const GRPC_OK = 0
/** Given up, mostly by the caller. */
export const GRPC_CANCELLED = 1
/** An error that says no more. */
export const GRPC_UNKNOWN = 2
/** The caller asks for what can never be. */
export const GRPC_INVALID_ARGUMENT = 3
/** The time of the call was over. */
export const GRPC_DEADLINE_EXCEEDED = 4
/** What is asked for is not there. */
export const GRPC_NOT_FOUND = 5
/** What is to be made is there already. */
export const GRPC_ALREADY_EXISTS = 6
/** The caller may not. */
export const GRPC_PERMISSION_DENIED = 7
/** A quota, or a limit of size. */
export const GRPC_RESOURCE_EXHAUSTED = 8
/** The state of the system does not allow it; trying again does not help. */
export const GRPC_FAILED_PRECONDITION = 9
/** Given up for another call; to be tried again as a whole. */
export const GRPC_ABORTED = 10
/** Past the valid range. */
export const GRPC_OUT_OF_RANGE = 11
/** The server has no such call. */
export const GRPC_UNIMPLEMENTED = 12
/** Something that can not be has happened. */
export const GRPC_INTERNAL = 13
/** The server can not be reached now; to be tried again. */
export const GRPC_UNAVAILABLE = 14
/** Data is lost or damaged. */
export const GRPC_DATA_LOSS = 15
/** Nobody knows who the caller is. */
export const GRPC_UNAUTHENTICATED = 16

const NAMES: readonly string[] = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
]

/** Name of a status code, as grpc-go prints it: `NotFound`; `Code(99)` for one that is none. */
export const grpcCodeName = (code: number): string => NAMES[code] ?? `Code(${code})`

/** An error as grpc-go prints it: `rpc error: code = NotFound desc = ...`. */
export const grpcErrorText = (code: number, message: string): string =>
  `rpc error: code = ${grpcCodeName(code)} desc = ${message}`

const OF_HTTP2: ReadonlyMap<number, number> = new Map([
  [FLOW_CONTROL_ERROR, GRPC_RESOURCE_EXHAUSTED],
  [REFUSED_STREAM, GRPC_UNAVAILABLE],
  [CANCEL, GRPC_CANCELLED],
  [ENHANCE_YOUR_CALM, GRPC_RESOURCE_EXHAUSTED],
  [INADEQUATE_SECURITY, GRPC_PERMISSION_DENIED],
])

/** Status code for a stream that ended with an error code of HTTP/2. */
export const grpcCodeOfHttp2 = (code: number): number =>
  OF_HTTP2.get(code) ?? (code <= HTTP_1_1_REQUIRED ? GRPC_INTERNAL : GRPC_UNKNOWN)

const OF_HTTP: ReadonlyMap<number, number> = new Map([
  [400, GRPC_INTERNAL],
  [401, GRPC_UNAUTHENTICATED],
  [403, GRPC_PERMISSION_DENIED],
  [404, GRPC_UNIMPLEMENTED],
  [429, GRPC_UNAVAILABLE],
  [502, GRPC_UNAVAILABLE],
  [503, GRPC_UNAVAILABLE],
  [504, GRPC_UNAVAILABLE],
])

/** Status code for an answer with an HTTP status other than 200. */
export const grpcCodeOfHttp = (status: number): number => OF_HTTP.get(status) ?? GRPC_UNKNOWN

const PERCENT = 0x25

/** A status message as `grpc-message` carries it: UTF-8 with what is not printable ASCII, and `%`, as `%XX`. */
export const encodeGrpcMessage = (message: string): string => {
  let text = ''
  for (const octet of encodeUtf8(message)) {
    const isPlain = octet >= 0x20 && octet <= 0x7e && octet !== PERCENT
    text += isPlain ? String.fromCharCode(octet) : '%' + octet.toString(16).toUpperCase().padStart(2, '0')
  }
  return text
}

/** The status message that `grpc-message` carries; a `%` that nothing follows stands for itself. */
export const decodeGrpcMessage = (value: string): string => {
  const octets: number[] = []
  for (let at = 0; at < value.length; at++) {
    const hex = value.slice(at + 1, at + 3)
    if (value.charCodeAt(at) === PERCENT && /^[0-9a-fA-F]{2}$/.test(hex)) {
      octets.push(Number.parseInt(hex, 16))
      at += 2
    } else octets.push(value.charCodeAt(at) & 0xff)
  }
  return decodeUtf8(Uint8Array.from(octets))
}

const UNITS: readonly (readonly [unit: string, ns: number])[] = [
  ['n', 1],
  ['u', 1e3],
  ['m', 1e6],
  ['S', 1e9],
  ['M', 60e9],
  ['H', 3600e9],
]
/** Eight digits at most. */
const MAX_TIMEOUT = 99_999_999

/** A time limit as `grpc-timeout` carries it: at most eight digits and a unit, rounded up (grpc-go). */
export const encodeGrpcTimeout = (ns: number): string => {
  if (ns <= 0) return '0n'
  const [unit, size] = UNITS.find(([, each]) => Math.ceil(ns / each) <= MAX_TIMEOUT) ?? UNITS[UNITS.length - 1]!
  return `${Math.ceil(ns / size)}${unit}`
}

/** The time limit in nanoseconds that `grpc-timeout` carries; null when it is none. */
export const decodeGrpcTimeout = (value: string): number | null => {
  const match = /^(\d{1,8})([numSMH])$/.exec(value)
  if (match === null) return null
  return Number(match[1]) * UNITS.find(([unit]) => unit === match[2])![1]
}
