/**
 * The line that the client's log has for a call that failed.
 *
 * @see etcd clientv3/retry_interceptor.go unaryClientInterceptor
 */
import type { Process } from '../../app/process.js'
import { isoTime } from '../../sim/civil.js'
import { CODE, type EtcdError } from '../../etcd/rpctypes.js'
import { grpcErrorText } from '../../grpc/grpc-status.js'
import { sha1 } from '../../wire/sha1.js'
import { encodeUtf8 } from '../../wire/utf8.js'

/** A UUID of version 4 made of a text. */
const uuidOf = (text: string): string => {
  const digest = sha1(encodeUtf8(text))
  digest[6] = (digest[6]! & 0x0f) | 0x40
  digest[8] = (digest[8]! & 0x3f) | 0x80
  const digits = [...digest.subarray(0, 16)].map(octet => octet.toString(16).padStart(2, '0')).join('')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The line, with its end. */
export const retryWarning = (process: Process, endpoints: readonly string[], error: EtcdError): string => {
  const { world } = process.netns
  const target = `endpoint://client-${uuidOf(`${world.seed} ${process.pid}`)}/${endpoints[0]!.replace(/^\w+:\/\//, '')}`
  const isLate = error.code === CODE.DeadlineExceeded
  const said = isLate ? 'latest balancer error: all SubConns are in TransientFailure' : error.message
  const text = said.startsWith('rpc error:') ? said : grpcErrorText(error.code, said)
  return `${JSON.stringify({
    level: 'warn',
    ts: `${isoTime(world.now)}Z`,
    caller: 'clientv3/retry_interceptor.go:62',
    msg: 'retrying of unary invoker failed',
    target,
    attempt: 0,
    error: text,
  })}\n`
}
