/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A small HTTP server as a program of the lab: requests are answered by a function.
 *
 * @see RFC 9112
 */
import { HttpConnection, type HttpResponder } from './http-server.js'
import type { GoHttpServer, HttpRequest, HttpResponse } from './http-response.js'
import { Printable } from './printable.js'
import type { Process } from './process.js'
import { TcpApi, type TcpListenOptions, type TcpListenSocket } from './tcp.js'
import type { Payload } from './text.js'

/** Answers a request; a text alone is the body of a 200. */
export type HttpHandler = (request: HttpRequest) => HttpResponse | Payload

/** A running HTTP server. Make one with `netns.http.serve`. */
export class HttpServer extends Printable {
  readonly #listener: TcpListenSocket
  readonly #netns: string
  #requests = 0

  /** @internal */
  constructor(
    tcp: TcpApi,
    netns: string,
    options: TcpListenOptions,
    handler: HttpHandler,
    process: Process | null,
    go: GoHttpServer | null,
  ) {
    super()
    this.#netns = netns
    const respond: HttpResponder = (request, writer) => {
      this.#requests++
      const response = handler(request)
      writer.respond(typeof response === 'string' || response instanceof Uint8Array ? { body: response } : response)
    }
    this.#listener = tcp.listen({ reuseAddr: true, ...options }, socket => {
      const connection = new HttpConnection(socket, socket.peer, respond, go)
      process?.holds(socket.kernel, process.nextFd())
      const release = process?.onEnd(() => socket.close())
      const onClose = (): void => {
        release?.()
        connection.closed()
      }
      socket.on({ onData: octets => connection.push(octets), onClose })
    })
    process?.holds(this.#listener.kernel, process.nextFd())
    process?.onEnd(() => this.close())
  }

  /** Local address and port. */
  get address(): string {
    return this.#listener.address
  }

  /** Local port. */
  get port(): number {
    return this.#listener.port
  }

  /** Requests that were answered. */
  get requests(): number {
    return this.#requests
  }

  /** Takes no further connections; those that are there go on. */
  close(): void {
    this.#listener.close()
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close()
  }

  override toJSON(): { netns: string; address: string; port: number; requests: number } {
    const { address, port, requests } = this
    return { netns: this.#netns, address, port, requests }
  }
}

/** HTTP in a namespace: `netns.http`. */
export class HttpApi {
  readonly #tcp: TcpApi
  readonly #netns: string

  /** @internal */
  constructor(tcp: TcpApi, netns: string) {
    this.#tcp = tcp
    this.#netns = netns
  }

  /**
   * Answers HTTP/1.1 requests on a port (80 when absent) by a function. Connections stay open as the requests ask for;
   * pipelined requests are answered in order. Throws as `tcp.listen` does.
   *
   * @example
   * h2.http.serve({ port: 80 }, request => (request.path === '/' ? 'hello\n' : { status: 404, body: 'no such page\n' }))
   */
  serve(options: TcpListenOptions, handler: HttpHandler): HttpServer {
    return new HttpServer(this.#tcp, this.#netns, { port: 80, ...options }, handler, null, null)
  }
}

/**
 * An HTTP server of a program, which holds its sockets: all of them are closed with it. With `go` it answers as Go's net/http
 * does. Throws as {@link HttpApi.serve}. @internal
 */
export const serveHttp = (
  process: Process,
  options: TcpListenOptions,
  handler: HttpHandler,
  go: GoHttpServer | null = null,
): HttpServer => new HttpServer(new TcpApi(process.netns), process.netns.name, options, handler, process, go)
