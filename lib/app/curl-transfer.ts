/**
 * One transfer of curl: connecting, the request, the response. What it says and returns is curl's own: its messages, and its
 * numbers of errors.
 *
 * @see libcurl-errors(3); lib/connect.c, lib/http.c of curl 7.88, as the tool's output and strace show them
 */
import type { Netns } from '../core/netns.js'
import { type Errno, errnoName, errnoNumber, NetloomError, strerror } from '../errors.js'
import { tcpBind, tcpConnect } from '../ip/tcp/inet-connection-sock.js'
import { tcpClose, tcpPoll, tcpRecvmsg, tcpSendmsg, tcpSocket } from '../ip/tcp/tcp.js'
import type { TcpSock } from '../ip/tcp/tcp-sock.js'
import { tcpSetKeepalive, tcpSetKeepaliveTimes, tcpSetNodelay } from '../ip/tcp/tcp-sockopt.js'
import { formatIpv4, isIpv4Text, parseIpv4 } from '../wire/ip.js'
import { type BodyReader, bodyOf, headerHas, LineReader, trimLineEnd } from './http-message.js'
import { ProgramTimer } from './program-timer.js'

/** Exit status of curl: all is well. */
export const CURLE_OK = 0
/** A scheme that is not http. */
export const CURLE_UNSUPPORTED_PROTOCOL = 1
/** A URL that is none. */
export const CURLE_URL_MALFORMAT = 3
/** A name that nobody knows. */
export const CURLE_COULDNT_RESOLVE_HOST = 6
/** No connection. */
export const CURLE_COULDNT_CONNECT = 7
/** The body has ended early. */
export const CURLE_PARTIAL_FILE = 18
/** With `-f`: a status of 400 or more. */
export const CURLE_HTTP_RETURNED_ERROR = 22
/** The time was over (`-m`, `--connect-timeout`). */
export const CURLE_OPERATION_TIMEDOUT = 28
/** `--interface` names no device or address. */
export const CURLE_INTERFACE_FAILED = 45
/** The server has closed without an answer. */
export const CURLE_GOT_NOTHING = 52
/** Sending has failed. */
export const CURLE_SEND_ERROR = 55
/** Receiving has failed. */
export const CURLE_RECV_ERROR = 56

const EAGAIN = errnoNumber('EAGAIN')
const EINPROGRESS = 115
const POLLOUT = 4
const POLLERR = 8
const POLLHUP = 16
const NS_PER_SEC = 1_000_000_000
const NS_PER_MS = 1_000_000
const KEEPALIVE_SEC = 60
/** Octets of a read. */
const BUFFER_OCTETS = 102400

/** Where a URL leads. */
export interface CurlUrl {
  readonly scheme: string
  readonly host: string
  readonly port: number
  /** Path and query. */
  readonly path: string
}

/** What is asked for. */
export interface CurlRequest {
  readonly url: CurlUrl
  readonly method: string
  /** Header lines without line ends, in their order. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
  readonly version: '1.0' | '1.1'
  /** Only the head is wanted (HEAD). */
  readonly isHead: boolean
  /** Status 400 and above is an error (`-f`). */
  readonly failsOnError: boolean
  readonly connectTimeoutSec: number
  readonly maxTimeSec: number
  /** Device or address, and port, to connect from. */
  readonly interfaceName: string | null
  readonly localPort: number
}

/** Hears what happens. */
export interface CurlListener {
  /** A socket was opened. */
  opened(tp: TcpSock): void
  /** A message of `-v`, without `* `. */
  info(text: string): void
  /** A header line that was sent or received, with its line end. */
  headerOut(line: string): void
  headerIn(line: string): void
  /** Octets of the request's body that were sent. */
  dataOut(octets: number): void
  /** Octets of the response's body. */
  dataIn(octets: Uint8Array): void
  /** All is there, or has failed; what becomes of the connection is said behind it. */
  finished(result: CurlResult): void
}

/** How it ended. */
export interface CurlResult {
  /** CURLE_*. */
  code: number
  /** What curl says about it; empty for none. */
  message: string
  /** HTTP status, 0 for none, and version. */
  status: number
  version: string
  /** Header lines of the last response. */
  headers: string[]
  headerOctets: number
  requestOctets: number
  downloaded: number
  connects: number
  /** Ends of the connection; empty and 0 when there was none. */
  localIp: string
  localPort: number
  remoteIp: string
  remotePort: number
  /** Times since the beginning in nanoseconds. */
  connectNs: number
  startTransferNs: number
  totalNs: number
}

/** A connection, which the next transfer to the same place may use. */
export class CurlConnection {
  readonly tp: TcpSock
  readonly number: number
  readonly url: CurlUrl

  constructor(tp: TcpSock, number: number, url: CurlUrl) {
    this.tp = tp
    this.number = number
    this.url = url
  }

  close(): void {
    this.tp.onReadable = null
    this.tp.onWritable = null
    tcpClose(this.tp)
  }
}

/** One transfer. `done` hears of its end, with the connection when it can be used again. */
export class CurlTransfer {
  readonly #netns: Netns
  readonly #request: CurlRequest
  readonly #listener: CurlListener
  readonly #done: (result: CurlResult, connection: CurlConnection | null) => void
  readonly #timer: ProgramTimer<CurlTransfer>
  readonly #startNs: number
  readonly result: CurlResult = {
    code: CURLE_OK,
    message: '',
    status: 0,
    version: '0',
    headers: [],
    headerOctets: 0,
    requestOctets: 0,
    downloaded: 0,
    connects: 0,
    localIp: '',
    localPort: 0,
    remoteIp: '',
    remotePort: 0,
    connectNs: 0,
    startTransferNs: 0,
    totalNs: 0,
  }
  #connection: CurlConnection | null = null
  #state: 'connect' | 'send' | 'receive' | 'done' = 'connect'
  #isReused = false
  #out: Uint8Array = new Uint8Array(0)
  #in: LineReader = new LineReader()
  #body: BodyReader | null = null
  #hasStatus = false
  #mustClose = false

  constructor(
    netns: Netns,
    request: CurlRequest,
    listener: CurlListener,
    done: (result: CurlResult, connection: CurlConnection | null) => void,
  ) {
    this.#netns = netns
    this.#request = request
    this.#listener = listener
    this.#done = done
    this.#startNs = netns.world.now
    this.#timer = new ProgramTimer<CurlTransfer>(netns.world, timerOver, this, `curl in ${netns.name}`)
  }

  /** Begins, on `reused` when that is alive, or on a connection of its own with that number. */
  start(reused: CurlConnection | null, number: number): void {
    const { maxTimeSec, connectTimeoutSec, url } = this.#request
    if (reused !== null) {
      this.#isReused = true
      this.#use(reused)
      if (maxTimeSec > 0) this.#timer.set(maxTimeSec * NS_PER_SEC)
      return this.#send()
    }
    const limits = [maxTimeSec, connectTimeoutSec].filter(sec => sec > 0)
    if (limits.length > 0) this.#timer.set(Math.round(Math.min(...limits) * NS_PER_SEC))
    if (!isIpv4Text(url.host)) return this.#end(CURLE_COULDNT_RESOLVE_HOST, `Could not resolve host: ${url.host}`)
    this.#connect(number)
  }

  /** Ends it without a word. */
  stop(): void {
    this.#state = 'done'
    this.#timer.stop()
    this.#connection?.close()
    this.#connection = null
  }

  #elapsedNs(): number {
    return this.#netns.world.now - this.#startNs
  }

  #elapsedMs(): number {
    return Math.floor(this.#elapsedNs() / NS_PER_MS)
  }

  // --- connecting

  #connect(number: number): void {
    const { url } = this.#request
    const { host, port } = url
    this.#listener.info(`  Trying ${host}:${port}...`)
    const tp = tcpSocket(this.#netns)
    this.#listener.opened(tp)
    tcpSetNodelay(tp, true)
    tcpSetKeepalive(tp, true)
    tcpSetKeepaliveTimes(tp, 'time', KEEPALIVE_SEC)
    tcpSetKeepaliveTimes(tp, 'intvl', KEEPALIVE_SEC)
    this.#use(new CurlConnection(tp, number, url))
    const failure = this.#bind(tp)
    if (failure !== null) return this.#end(CURLE_INTERFACE_FAILED, failure)
    this.result.connects = 1
    const rc = tcpConnect(tp, parseIpv4(host), port)
    if (rc < 0 && rc !== -EINPROGRESS) {
      this.#listener.info(`Immediate connect fail for ${host}: ${strerror(errnoName(rc))}`)
      return this.#cannotConnect("Couldn't connect to server", CURLE_COULDNT_CONNECT)
    }
    this.#checkConnected()
  }

  #use(connection: CurlConnection): void {
    this.#connection = connection
    connection.tp.onReadable = connection.tp.onWritable = () => this.#woken()
  }

  /** Binds as `--interface` and `--local-port` say; what curl says when it cannot. */
  #bind(tp: TcpSock): string | null {
    const { interfaceName, localPort } = this.#request
    if (interfaceName === null && localPort === 0) return null
    const dev = interfaceName === null ? null : this.#netns.devByName(interfaceName)
    if (dev !== null) tp.boundDev = dev
    else if (interfaceName !== null && !isIpv4Text(interfaceName)) return `Couldn't bind to '${interfaceName}'`
    const address = interfaceName === null || dev !== null ? 0 : parseIpv4(interfaceName)
    if (address !== 0)
      this.#listener.info(`Name '${interfaceName}' family 2 resolved to '${formatIpv4(address)}' family 2`)
    if (address === 0 && localPort === 0) return null
    try {
      tcpBind(tp, { address, port: localPort })
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      return `bind failed with errno ${errnoNumber(e.code as Errno)}: ${strerror(e.code as Errno)}`
    }
    this.#listener.info(`Local port: ${localPort}`)
    return null
  }

  #checkConnected(): void {
    const { tp, number } = this.#connection!
    const { host, port } = this.#request.url
    if ((tcpPoll(tp) & (POLLOUT | POLLERR | POLLHUP)) === 0) return
    const error = tp.soError()
    if (error !== 0) {
      this.#listener.info(`connect to ${host} port ${port} failed: ${strerror(errnoName(error))}`)
      return this.#cannotConnect("Couldn't connect to server", CURLE_COULDNT_CONNECT)
    }
    this.result.connectNs = this.#elapsedNs()
    this.#listener.info(`Connected to ${host} (${host}) port ${port} (#${number})`)
    const { maxTimeSec } = this.#request
    if (maxTimeSec > 0) this.#timer.set(Math.max(0, Math.round(maxTimeSec * NS_PER_SEC) - this.#elapsedNs()))
    else this.#timer.stop()
    this.#send()
  }

  #cannotConnect(why: string, code: number): void {
    const { host, port } = this.#request.url
    this.#end(code, `Failed to connect to ${host} port ${port} after ${this.#elapsedMs()} ms: ${why}`)
  }

  // --- the request

  #send(): void {
    const { tp } = this.#connection!
    Object.assign(this.result, {
      localIp: formatIpv4(tp.localAddress),
      localPort: tp.localPort,
      remoteIp: formatIpv4(tp.peerAddress),
      remotePort: tp.peerPort,
    })
    const { method, url, version, headers, body } = this.#request
    const lines = [`${method} ${url.path} HTTP/${version}`, ...headers, ''].map(line => `${line}\r\n`)
    const head = Uint8Array.from(lines.join(''), c => c.charCodeAt(0))
    this.#out = new Uint8Array(head.length + body.length)
    this.#out.set(head)
    this.#out.set(body, head.length)
    this.result.requestOctets = head.length
    for (const line of lines) this.#listener.headerOut(line)
    if (body.length > 0) this.#listener.dataOut(body.length)
    this.#state = 'send'
    this.#write()
  }

  #write(): void {
    while (this.#out.length > 0) {
      const rc = tcpSendmsg(this.#connection!.tp, this.#out)
      if (rc === -EAGAIN) return
      if (rc < 0) return this.#end(CURLE_SEND_ERROR, `Send failure: ${strerror(errnoName(rc))}`)
      this.#out = this.#out.subarray(rc)
    }
    this.#state = 'receive'
    this.#receive()
  }

  // --- the response

  #receive(): void {
    const buffer = new Uint8Array(BUFFER_OCTETS)
    while (this.#state === 'receive') {
      const rc = tcpRecvmsg(this.#connection!.tp, buffer)
      if (rc === -EAGAIN) return
      if (rc < 0) return this.#end(CURLE_RECV_ERROR, `Recv failure: ${strerror(errnoName(rc))}`)
      if (rc === 0) return this.#streamEnded()
      if (this.result.startTransferNs === 0) this.result.startTransferNs = this.#elapsedNs()
      this.#in.push(buffer.slice(0, rc))
      this.#parse()
    }
  }

  #parse(): void {
    while (this.#state === 'receive') {
      if (this.#body === null) {
        if (!this.#parseLine()) return
        continue
      }
      const data = this.#readBody(this.#body)
      if (data === null) return
      this.result.downloaded += data.length
      this.#listener.dataIn(data)
      if (this.#body.isDone) this.#complete()
    }
  }

  #readBody(body: BodyReader): Uint8Array | null {
    try {
      const data = body.read(this.#in)
      if (data === null && body.isDone) this.#complete()
      return data
    } catch {
      this.#end(CURLE_RECV_ERROR, 'Illegal or missing hexadecimal sequence in chunked-encoding')
      return null
    }
  }

  /** Takes a line of the head; false when there is none. */
  #parseLine(): boolean {
    if (!this.#hasStatus && this.#in.length > 0 && !'HTTP/'.startsWith(textOf(this.#in.rest.subarray(0, 5)))) {
      this.#end(CURLE_UNSUPPORTED_PROTOCOL, 'Received HTTP/0.9 when not allowed')
      return false
    }
    const line = this.#in.line()
    if (line === null) return false
    this.result.headerOctets += line.length
    if (!this.#hasStatus) this.#statusLine(line)
    const text = trimLineEnd(line)
    if (text === '') this.#headEnded(line)
    else {
      this.result.headers.push(text)
      this.#listener.headerIn(line)
    }
    return true
  }

  #statusLine(line: string): void {
    const parts = /^HTTP\/(\d(?:\.\d)?) +(\d{3})/.exec(line)
    if (parts === null) return this.#end(CURLE_UNSUPPORTED_PROTOCOL, 'Unsupported HTTP version in response')
    this.#hasStatus = true
    this.result.headers = []
    this.result.version = parts[1]!
    this.result.status = Number(parts[2])
    this.#mustClose = this.result.version === '1.0'
    if (this.#mustClose) this.#listener.info('HTTP 1.0, assume close after body')
    if (this.#request.failsOnError && this.result.status >= 400) {
      this.#end(CURLE_HTTP_RETURNED_ERROR, `The requested URL returned error: ${this.result.status}`)
    }
  }

  #headEnded(line: string): void {
    const { status, headers } = this.result
    // An interim response says nothing about the connection, and the real one follows.
    if (status < 200) {
      this.#hasStatus = false
      return
    }
    this.#listener.headerIn(line)
    if (headerHas(headers, 'Connection', 'close')) this.#mustClose = true
    if (this.#mustClose && headerHas(headers, 'Connection', 'keep-alive')) this.#mustClose = false
    const hasNone = this.#request.isHead || status === 204 || status === 304
    this.#body = bodyOf(hasNone ? [] : headers, hasNone ? 'none' : 'close')
    if (this.#body.kind === 'close') this.#mustClose = true
    if (!this.#body.isDone) return
    if (hasNone && this.#in.length > 0)
      this.#listener.info(
        `Excess found: excess = ${this.#in.length} url = ${this.#request.url.path} (zero-length body)`,
      )
    this.#complete()
  }

  #streamEnded(): void {
    this.#mustClose = true
    const body = this.#body
    if (body === null)
      return this.result.headerOctets === 0 ? this.#end(CURLE_GOT_NOTHING, 'Empty reply from server') : this.#complete()
    if (body.kind === 'close') return this.#complete()
    const why =
      body.kind === 'length'
        ? `transfer closed with ${body.remaining} bytes remaining to read`
        : 'transfer closed with outstanding read data remaining'
    this.#end(CURLE_PARTIAL_FILE, why)
  }

  // --- the end

  /** The connection died before it answered although it was there already: a new one may do better. */
  get isStale(): boolean {
    const { code, headerOctets } = this.result
    return this.#isReused && headerOctets === 0 && (code === CURLE_GOT_NOTHING || code === CURLE_RECV_ERROR)
  }

  #complete(): void {
    const connection = this.#connection!
    const { host } = this.#request.url
    if (this.#mustClose) return this.#finish()
    this.#finished()
    this.#connection = null
    connection.tp.onReadable = null
    connection.tp.onWritable = null
    this.#listener.info(`Connection #${connection.number} to host ${host} left intact`)
    this.#finish(connection)
  }

  #end(code: number, message: string): void {
    if (this.#state === 'done') return
    this.result.code = code
    this.result.message = message
    this.#listener.info(message)
    this.#finish()
  }

  #finished(): void {
    if (this.#state === 'done') return
    this.#state = 'done'
    this.#timer.stop()
    this.result.totalNs = this.#elapsedNs()
    this.#listener.finished(this.result)
  }

  #finish(kept: CurlConnection | null = null): void {
    this.#finished()
    const connection = this.#connection
    this.#connection = null
    if (connection !== null) {
      this.#listener.info(`Closing connection ${connection.number}`)
      connection.close()
    }
    this.#done(this.result, kept)
  }

  // --- what wakes it up

  #woken(): void {
    if (this.#state === 'connect') this.#checkConnected()
    else if (this.#state === 'send') this.#write()
    else if (this.#state === 'receive') this.#receive()
  }

  /** @internal */
  timerOver(): void {
    if (this.#state === 'done') return
    const { maxTimeSec } = this.#request
    const isWhole = maxTimeSec > 0 && this.#elapsedNs() >= Math.round(maxTimeSec * NS_PER_SEC)
    const ms = this.#elapsedMs()
    if (this.#state !== 'connect') return this.#end(CURLE_OPERATION_TIMEDOUT, this.#timeoutText(ms))
    if (isWhole) return this.#end(CURLE_OPERATION_TIMEDOUT, `Connection timed out after ${ms} milliseconds`)
    this.#listener.info(`ipv4 connect timeout after ${Math.round(this.#request.connectTimeoutSec * 1000)}ms, move on!`)
    this.#cannotConnect('Timeout was reached', CURLE_OPERATION_TIMEDOUT)
  }

  #timeoutText(ms: number): string {
    const length = this.#body?.length ?? null
    const { downloaded } = this.result
    const got = length === null ? `${downloaded}` : `${downloaded} out of ${length}`
    return `Operation timed out after ${ms} milliseconds with ${got} bytes received`
  }
}

const textOf = (octets: Uint8Array): string => String.fromCharCode(...octets)

const timerOver = (transfer: CurlTransfer): void => transfer.timerOver()
