/**
 * How the API server answers over HTTP/1.1: at once, late, or for as long as a watch lasts.
 *
 * DIFFERS: the real server speaks TLS and, over it, HTTP/2. netloom has no TLS; clients are told `http://`.
 *
 * @see k8s.io/apiserver pkg/server/secure_serving.go, pkg/endpoints/handlers/watch.go
 */
import type { HttpResponder } from '../../app/http-server.js'
import type { GoHttpServer, HttpResponseWriter } from '../../app/http-response.js'
import type { Process } from '../../app/process.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import { uuid4 } from '../apimachinery/meta.js'
import type { ApiHandler, ApiResponse, WatchRequest } from './handler.js'
import { Watch } from './watch.js'

/** A connection without a request is closed after this time. */
const IDLE_NS = 90 * NSEC_PER_SEC
/** How long the server waits for a version that is still to come. */
const FRESH_WAIT_NS = 3 * NSEC_PER_SEC
const TIMEOUT = 504

/** The server's options of HTTP. */
export const apiHttp = (process: Process): GoHttpServer => ({ process, idleNs: IDLE_NS })

/** Answers requests to the API of a program. */
export const apiResponder =
  (process: Process, handler: ApiHandler): HttpResponder =>
  ({ method, path, headers, body }, writer) => {
    const answer = handler.answer({ method, target: path, headers, body })
    if ('watch' in answer) serveWatch(process, answer.watch, writer)
    else if (answer.response.status === TIMEOUT) respondLate(process, answer.response, writer)
    else respond(process, answer.response, writer)
  }

const headLines = ({ netns }: Process, contentType: string, headers: readonly string[] = []): string[] => [
  `Audit-Id: ${uuid4(netns.rng)}`,
  'Cache-Control: no-cache, private',
  `Content-Type: ${contentType}`,
  ...headers,
]

const respond = (process: Process, answer: ApiResponse, writer: HttpResponseWriter): void => {
  const { status, contentType, headers, body } = answer
  writer.respond({ status, headers: headLines(process, contentType, headers), body })
}

/** Answers when the server has waited in vain for a version that is still to come. */
const respondLate = (process: Process, answer: ApiResponse, writer: HttpResponseWriter): void => {
  const { sim } = process.netns.world
  const timer = sim.schedule(FRESH_WAIT_NS, () => respond(process, answer, writer), undefined, 0, process.label('list'))
  writer.onClose = () => sim.cancel(timer)
}

const serveWatch = (process: Process, request: WatchRequest, writer: HttpResponseWriter): void => {
  writer.begin({ headers: headLines(process, 'application/json') })
  writer.flush()
  const watch = new Watch(process, request, writer)
  writer.onClose = () => watch.stop()
}
