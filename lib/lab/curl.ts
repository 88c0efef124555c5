/**
 * curl as users hold it.
 */
import { type Curl as KernelCurl, type CurlOptions as KernelCurlOptions, type CurlOutput, curl } from '../app/curl.js'
import type { CurlResult } from '../app/curl-transfer.js'
import { headerOf } from '../app/http-message.js'
import { octetText } from '../app/octet-text.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { concatOctets } from '../wire/repr.js'
import { Program } from './program.js'
import { checkOptions, octetsOf, type Payload } from '../app/text.js'

/** Options of `netns.curl`: those of curl by name. */
export interface CurlOptions extends Omit<KernelCurlOptions, 'data'> {
  /** Body of the request (`-d`). */
  readonly data?: Payload
}

const OPTIONS = [
  'method',
  'headers',
  'data',
  'head',
  'http10',
  'userAgent',
  'fail',
  'connectTimeoutSec',
  'maxTimeSec',
  'interface',
  'localPort',
]

class Recorder implements CurlOutput {
  body: Uint8Array = new Uint8Array(0)
  result: CurlResult | null = null

  dataIn({ process }: KernelCurl, octets: Uint8Array): void {
    this.body = concatOctets(this.body, octets)
    process.stdout += octetText(octets)
  }

  end({ process }: KernelCurl, _url: string, result: CurlResult): void {
    this.result = result
    if (result.code !== 0) process.stderr += `curl: (${result.code}) ${result.message}\n`
  }
}

/** A running curl. Make one with `netns.curl`. */
export class Curl extends Program {
  readonly url: string
  readonly #recorder: Recorder

  /** @internal use `netns.curl` */
  constructor(kernel: KernelCurl, recorder: Recorder) {
    super(kernel.process)
    this.url = kernel.urls[0]!
    this.#recorder = recorder
  }

  /** HTTP status of the response; 0 without one. */
  get status(): number {
    return this.#recorder.result?.status ?? 0
  }

  /** Octets of the body so far. */
  get body(): Uint8Array {
    return this.#recorder.body
  }

  /** Header lines of the response, the status line first. */
  get headers(): readonly string[] {
    return this.#recorder.result?.headers ?? []
  }

  /** Value of a header, or null. */
  header(name: string): string | null {
    return headerOf(this.headers, name)
  }

  /** Nanoseconds from the beginning to the end; 0 while it runs. */
  get totalNs(): number {
    return this.#recorder.result?.totalNs ?? 0
  }

  override toJSON(): { netns: string; url: string; status: number; body: string; exitStatus: number | null } {
    return { netns: this.netns, url: this.url, status: this.status, body: this.text, exitStatus: this.exitStatus }
  }
}

/** @internal starts curl in a namespace */
export const startCurl = (netns: KernelNetns, url: string, options: CurlOptions): Curl => {
  checkOptions('curl', options, OPTIONS)
  const recorder = new Recorder()
  const { data, ...rest } = options
  const body = data === undefined ? {} : { data: octetsOf(data) }
  return new Curl(curl(netns, [url], { ...rest, ...body }, recorder), recorder)
}
