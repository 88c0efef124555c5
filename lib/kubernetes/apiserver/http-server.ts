/**
 * The API server's HTTP/1.1: requests of a connection one after another, answers whole or, for a watch, in chunks.
 *
 * DIFFERS: the real server speaks TLS and, over it, HTTP/2. netloom has no TLS; clients are told `http://`.
 *
 * @see RFC 9112; Go net/http server.go for the order of header lines and for when connections end
 */
import { type BodyReader, bodyOf, headerHas, LineReader, trimLineEnd } from '../../app/http-message.js'
import { httpDate } from '../../app/http-date.js'
import type { Process } from '../../app/process.js'
import type { ByteStream } from '../../app/stream.js'
import { octetsOf } from '../../app/text.js'
import { NetloomError } from '../../errors.js'
import type { SimEvent } from '../../sim/queue.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import { concatOctets } from '../../wire/repr.js'
import { uuid4 } from '../apimachinery/meta.js'
import type { ApiHandler, ApiResponse, WatchRequest } from './handler.js'
import { Watch } from './watch.js'

/** A connection without a request is closed after this time. */
const IDLE_NS = 90 * NSEC_PER_SEC
/** How long the server waits for a version that is still to come. */
const FRESH_WAIT_NS = 3 * NSEC_PER_SEC
const TIMEOUT = 504

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  410: 'Gone',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  504: 'Gateway Timeout',
}

const CRLF = octetsOf('\r\n')

/** One connection of a client. */
export class ApiConnection {
  readonly #process: Process
  readonly #stream: ByteStream
  readonly #handler: ApiHandler
  readonly #in = new LineReader()
  #lines: string[] = []
  #reader: BodyReader | null = null
  #body: Uint8Array = new Uint8Array(0)
  #watch: Watch | null = null
  #isBusy = false
  #timer: SimEvent | null = null

  constructor(process: Process, stream: ByteStream, handler: ApiHandler) {
    this.#process = process
    this.#stream = stream
    this.#handler = handler
    stream.onData = octets => this.#data(octets)
    stream.onClose = () => this.#closed()
    process.onEnd(() => this.#closed())
    this.#restartTimer()
  }

  #closed(): void {
    this.#watch?.stop()
    this.#watch = null
    this.#stopTimer()
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.#process.netns.world.sim.cancel(this.#timer)
    this.#timer = null
  }

  #restartTimer(): void {
    this.#stopTimer()
    if (this.#stream.isClosed) return
    const { sim } = this.#process.netns.world
    this.#timer = sim.schedule(
      IDLE_NS,
      () => this.#stream.close(),
      undefined,
      0,
      this.#process.label('idle connection'),
    )
    sim.idle(this.#timer)
  }

  #data(octets: Uint8Array): void {
    this.#in.push(octets)
    this.#go()
  }

  #go(): void {
    try {
      while (!this.#isBusy && !this.#stream.isClosed && this.#step());
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code !== 'EFORMAT') throw e
      this.#refuse()
    }
  }

  /** Takes a line of the head or a piece of the body; false when it has to wait. */
  #step(): boolean {
    if (this.#reader !== null) {
      const piece = this.#reader.read(this.#in)
      if (piece !== null) this.#body = concatOctets(this.#body, piece)
      if (this.#reader.isDone) this.#request()
      return this.#reader === null || piece !== null
    }
    const line = this.#in.line()
    if (line === null) return false
    const words = trimLineEnd(line)
    if (words !== '') this.#lines.push(words)
    else if (this.#lines.length > 0) this.#reader = bodyOf(this.#lines, 'none')
    if (this.#reader?.isDone === true) this.#request()
    return true
  }

  #request(): void {
    const [first = '', ...headers] = this.#lines
    const [method = '', target = '', version = ''] = first.split(' ')
    const body = this.#body
    this.#lines = []
    this.#reader = null
    this.#body = new Uint8Array(0)
    if (!/^HTTP\/1\.[01]$/.test(version) || !target.startsWith('/')) return this.#refuse()
    const keeps = version === 'HTTP/1.1' && !headerHas(headers, 'Connection', 'close')
    this.#stopTimer()
    const answer = this.#handler.answer({ method, target, headers, body })
    if ('watch' in answer) this.#serve(answer.watch)
    else if (answer.response.status === TIMEOUT) this.#later(answer.response, keeps)
    else this.#respond(answer.response, keeps)
  }

  /** What is no request at all. */
  #refuse(): void {
    this.#write(
      'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request',
    )
    this.#stream.end()
  }

  #write(text: string): void {
    this.#stream.write(octetsOf(text))
  }

  #head(status: number, contentType: string, headers: readonly string[], last: readonly string[]): string {
    const own = [
      `Audit-Id: ${uuid4(this.#process.netns.rng)}`,
      'Cache-Control: no-cache, private',
      `Content-Type: ${contentType}`,
      ...headers,
    ]
    const lines = [...own.sort(), `Date: ${httpDate(this.#process.netns.world.now)}`, ...last]
    return `HTTP/1.1 ${status} ${REASONS[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n`
  }

  #later(response: ApiResponse, keeps: boolean): void {
    this.#isBusy = true
    const { sim } = this.#process.netns.world
    const answer = (): void => {
      this.#timer = null
      this.#isBusy = false
      this.#respond(response, keeps)
      this.#go()
    }
    this.#timer = sim.schedule(FRESH_WAIT_NS, answer, undefined, 0, this.#process.label('list'))
  }

  #respond({ status, contentType, headers, body }: ApiResponse, keeps: boolean): void {
    const octets = octetsOf(body)
    const last = [`Content-Length: ${octets.length}`, ...(keeps ? [] : ['Connection: close'])]
    this.#stream.write(concatOctets(octetsOf(this.#head(status, contentType, headers, last)), octets))
    if (keeps) this.#restartTimer()
    else this.#stream.end()
  }

  #serve(request: WatchRequest): void {
    this.#isBusy = true
    this.#write(this.#head(200, 'application/json', [], ['Transfer-Encoding: chunked']))
    const watch = new Watch(this.#process, request, {
      write: octets => this.#chunk(octets),
      end: () => {
        this.#write('0\r\n\r\n')
        this.#watch = null
        this.#isBusy = false
        this.#restartTimer()
        this.#go()
      },
    })
    if (this.#isBusy) this.#watch = watch
  }

  #chunk(octets: Uint8Array): void {
    this.#stream.write(concatOctets(octetsOf(`${octets.length.toString(16)}\r\n`), octets, CRLF))
  }
}
