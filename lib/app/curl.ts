/**
 * curl for HTTP: transfers one after the other, on one connection where that stays open.
 *
 * Left out: name resolution, TLS and other protocols, proxies, redirects, cookies, authentication, compression.
 *
 * @see curl(1) 7.88
 */
import type { Netns } from '../core/netns.js'
import { isIpv4Text } from '../wire/ip.js'
import {
  CURLE_UNSUPPORTED_PROTOCOL,
  CURLE_URL_MALFORMAT,
  type CurlConnection,
  type CurlRequest,
  type CurlResult,
  CurlTransfer,
  type CurlUrl,
} from './curl-transfer.js'
import { Process } from './process.js'

/** Options of curl. */
export interface CurlOptions {
  /** Request method (`-X`); GET, POST with data, HEAD with `head`. */
  readonly method?: string
  /** Header lines `NAME: VALUE` (`-H`); `NAME:` takes one of curl's own away, `NAME;` sends it empty. */
  readonly headers?: readonly string[]
  /** Body of the request (`-d`). */
  readonly data?: Uint8Array
  /** Ask for the head only (`-I`). */
  readonly head?: boolean
  /** HTTP/1.0 (`-0`). */
  readonly http10?: boolean
  /** `User-Agent` (`-A`). */
  readonly userAgent?: string
  /** A status of 400 and above is an error, and its body is not shown (`-f`). */
  readonly fail?: boolean
  /** Seconds that connecting may take (`--connect-timeout`), and the whole transfer (`-m`). */
  readonly connectTimeoutSec?: number
  readonly maxTimeSec?: number
  /** Device or address to connect from (`--interface`), and port (`--local-port`). */
  readonly interface?: string
  readonly localPort?: number
}

/** Hears what curl would write. */
export interface CurlOutput {
  /** A transfer begins; nothing of it is heard when its URL is none. */
  begin?(curl: Curl, url: string): void
  /** A message of `-v`, without `* `. */
  info?(curl: Curl, text: string): void
  /** Header lines with their line ends. */
  headerOut?(curl: Curl, line: string): void
  headerIn?(curl: Curl, line: string): void
  /** Octets of the request's body that were sent. */
  dataOut?(curl: Curl, octets: number): void
  /** Octets of the response's body. */
  dataIn?(curl: Curl, octets: Uint8Array): void
  /** All of a transfer is there, or it has failed; what becomes of the connection is said behind it. */
  finished?(curl: Curl, result: CurlResult): void
  /** A transfer has ended; the exit status of curl is the last one's code. */
  end?(curl: Curl, url: string, result: CurlResult): void
}

const USER_AGENT = 'curl/7.88.1'
const HTTP_PORT = 80
/** What it opens in front of its first socket: two ends for waking itself. */
const SOCKET_FD = 5
const PORT_MAX = 65535

/** Blanks and control characters stand in no URL. */
const hasControl = (text: string): boolean => [...text].some(c => c <= ' ')

/** The parts of a URL; what libcurl says, with its code, when it is none. */
export const parseCurlUrl = (text: string): CurlUrl | { readonly code: number; readonly message: string } => {
  const malformed = { code: CURLE_URL_MALFORMAT, message: 'URL using bad/illegal format or missing URL' }
  const parts = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#:]*)(?::(\d*))?((?:[/?][^#]*)?)(?:#.*)?$/i.exec(text)
  if (parts === null || hasControl(text)) return malformed
  const [, scheme = 'http', host = '', port = '', path = ''] = parts
  if (host === '' || Number(port) > PORT_MAX) return malformed
  if (scheme.toLowerCase() !== 'http')
    return {
      code: CURLE_UNSUPPORTED_PROTOCOL,
      message: `Protocol "${scheme.toLowerCase()}" not supported or disabled in libcurl`,
    }
  return {
    scheme: 'http',
    host,
    port: port === '' ? HTTP_PORT : Number(port),
    path: path === '' ? '/' : path.startsWith('/') ? path : `/${path}`,
  }
}

const nameOf = (line: string): string => line.split(/[:;]/)[0]!.toLowerCase()

/** The header lines of a request: curl's own, replaced or taken away by the user's, which follow. */
const headerLines = (url: CurlUrl, o: CurlOptions): string[] => {
  const custom = o.headers ?? []
  const named = new Map(custom.map(line => [nameOf(line), line]))
  const host = named.get('host')
  const hostValue = url.port === HTTP_PORT ? url.host : `${url.host}:${url.port}`
  const own = (line: string): string[] => (named.has(nameOf(line)) ? [] : [line])
  const lines: string[] = []
  if (host === undefined) lines.push(`Host: ${hostValue}`)
  else if (!isRemoval(host)) lines.push(host)
  const { data, userAgent = USER_AGENT } = o
  if (userAgent !== '') lines.push(...own(`User-Agent: ${userAgent}`))
  lines.push(...own('Accept: */*'))
  for (const line of custom)
    if (nameOf(line) !== 'host' && !isRemoval(line)) lines.push(line.endsWith(';') ? `${line.slice(0, -1)}:` : line)
  if (data !== undefined)
    lines.push(...own(`Content-Length: ${data.length}`), ...own('Content-Type: application/x-www-form-urlencoded'))
  return lines
}

const isRemoval = (line: string): boolean => /:\s*$/.test(line)

/** A running curl. Make one with {@link curl}. */
export class Curl {
  readonly process: Process
  readonly netns: Netns
  readonly urls: readonly string[]
  readonly options: CurlOptions
  readonly #output: CurlOutput
  #next = 0
  #status = 0
  #connections = 0
  #kept: CurlConnection | null = null
  #transfer: CurlTransfer | null = null

  /** @internal use {@link curl} */
  constructor(netns: Netns, urls: readonly string[], options: CurlOptions, output: CurlOutput) {
    this.netns = netns
    this.urls = urls
    this.options = options
    this.#output = output
    this.process = new Process(netns, 'curl', () => this.#release())
  }

  #release(): void {
    this.#transfer?.stop()
    this.#transfer = null
    this.#kept?.close()
    this.#kept = null
  }

  /** @internal begins the next transfer, or ends */
  next(): void {
    const text = this.urls[this.#next++]
    if (text === undefined) return this.process.exit(this.#status)
    const url = parseCurlUrl(text)
    if ('code' in url) return this.#refused(text, url.code, url.message)
    this.#output.begin?.(this, text)
    this.#start(text, url, true)
  }

  #refused(text: string, code: number, message: string): void {
    this.#status = code
    this.#output.info?.(this, message)
    const result = new CurlTransfer(this.netns, this.#request(NOWHERE), this.#listener(), () => {}).result
    this.#output.end?.(this, text, Object.assign(result, { code, message }))
    this.next()
  }

  #start(text: string, url: CurlUrl, mayReuse: boolean): void {
    const kept = this.#kept
    this.#kept = null
    const isSame = kept !== null && kept.url.host === url.host && kept.url.port === url.port
    const reused = isSame && mayReuse ? kept : null
    if (kept !== null && reused === null) {
      this.#output.info?.(this, `Closing connection ${kept.number}`)
      kept.close()
    }
    if (reused !== null)
      this.#output.info?.(this, `Re-using existing connection #${reused.number} with host ${url.host}`)
    else if (this.#connections > 0 && isIpv4Text(url.host))
      this.#output.info?.(this, `Hostname ${url.host} was found in DNS cache`)
    const transfer: CurlTransfer = new CurlTransfer(
      this.netns,
      this.#request(url),
      this.#listener(),
      (result, left) => {
        this.#kept = left
        if (transfer.isStale) {
          this.#output.info?.(this, `Issue another request to this URL: '${text}'`)
          return this.#start(text, url, false)
        }
        this.#status = result.code
        this.#output.end?.(this, text, result)
        this.next()
      },
    )
    this.#transfer = transfer
    transfer.start(reused, reused === null ? this.#connections++ : reused.number)
  }

  #listener(): ConstructorParameters<typeof CurlTransfer>[2] {
    const output = this.#output
    return {
      opened: tp => this.process.holds(tp, SOCKET_FD),
      info: text => output.info?.(this, text),
      headerOut: line => output.headerOut?.(this, line),
      headerIn: line => output.headerIn?.(this, line),
      dataOut: octets => output.dataOut?.(this, octets),
      dataIn: octets => output.dataIn?.(this, octets),
      finished: result => output.finished?.(this, result),
    }
  }

  #request(url: CurlUrl): CurlRequest {
    const o = this.options
    const { data, head = false } = o
    return {
      url,
      method: o.method ?? (head ? 'HEAD' : data === undefined ? 'GET' : 'POST'),
      headers: headerLines(url, o),
      body: data ?? new Uint8Array(0),
      version: o.http10 === true ? '1.0' : '1.1',
      isHead: head,
      failsOnError: o.fail === true,
      connectTimeoutSec: o.connectTimeoutSec ?? 0,
      maxTimeSec: o.maxTimeSec ?? 0,
      interfaceName: o.interface ?? null,
      localPort: o.localPort ?? 0,
    }
  }
}

const NOWHERE: CurlUrl = { scheme: 'http', host: '', port: 0, path: '/' }

/** Starts curl with its URLs. It ends with the code of the last transfer: 0, 6, 7, 28, 52, 56, ... */
export const curl = (netns: Netns, urls: readonly string[], options: CurlOptions, output: CurlOutput = {}): Curl => {
  const program = new Curl(netns, urls, options, output)
  program.next()
  return program
}
