/**
 * Programs as clients of Google Cloud: what Go's libraries for the metadata server and for Compute Engine ask, with their words for
 * errors.
 *
 * DIFFERS: the library uses TLS; here an access token is fetched and sent, over plain HTTP. Where the library finds out at
 * once by DNS that it runs on Compute Engine, here it is /etc/hosts that tells.
 *
 * @see cloud.google.com/go/compute/metadata, golang.org/x/oauth2/google, google.golang.org/api/compute/v1
 */
import { NetworkError, urlError } from '../../app/go-net.js'
import { goQuote } from '../../app/go-text.js'
import { lookupHost } from '../../app/hosts.js'
import { type HttpReply, HttpTransport } from '../../app/http-client.js'
import { octetText } from '../../app/octet-text.js'
import type { Process } from '../../app/process.js'
import type { Context, Thread } from '../../app/thread.js'

/** An error of the API (googleapi.Error); the message is as the library prints it. */
export class GoogleApiError extends Error {
  override readonly name = 'GoogleApiError'
  /** Status of the answer; 0 for an error of the library's own. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** A JSON object of the API. */
export type GceResource = Readonly<Record<string, unknown>>

const METADATA = 'http://169.254.169.254/computeMetadata/v1'
const API = 'http://www.googleapis.com/compute/v1/projects'
const FLAVOR = 'Metadata-Flavor: Google'
const TOKEN_PATH = 'instance/service-accounts/default/token'
const NO_CREDENTIALS =
  'google: could not find default credentials. See https://developers.google.com/accounts/docs/application-default-credentials for more information.'

interface ErrorItem {
  readonly reason?: string
  readonly message?: string
}

/** What an answer that is no success says. */
const apiError = (reply: HttpReply): GoogleApiError => {
  const { status } = reply
  let error: { code?: number; message?: string; errors?: readonly ErrorItem[] } | undefined
  try {
    error = (JSON.parse(octetText(reply.body)) as { error?: typeof error }).error
  } catch {
    error = undefined
  }
  const { message = '', errors = [], code = status } = error ?? {}
  if (errors.length === 0 && message === '')
    return new GoogleApiError(status, `googleapi: got HTTP response code ${status} with body: ${octetText(reply.body)}`)
  const head = `googleapi: Error ${code}: ${message}`
  if (errors.length === 0) return new GoogleApiError(code, head.trim())
  if (errors.length === 1 && errors[0]!.message === message)
    return new GoogleApiError(code, `${head}, ${errors[0]!.reason ?? ''}`)
  const details = errors.map(e => `Reason: ${e.reason ?? ''}, Message: ${e.message ?? ''}\n`).join('')
  return new GoogleApiError(code, `${head}\nMore details:\n${details}`)
}

/** A client of one program. Calls throw a {@link GoogleApiError}, or a NetworkError when there is no answer. */
export class ComputeClient {
  readonly #process: Process
  readonly #transport: HttpTransport
  readonly #ctx: Context
  #token = ''

  /** A client for the threads of `process`; its calls end by throwing when `ctx` is cancelled. */
  constructor(process: Process, ctx: Context) {
    this.#process = process
    this.#transport = new HttpTransport(process)
    this.#ctx = ctx
  }

  /** A text of the metadata server; whatever its answer is, as flannel takes it. */
  *metadata(path: string): Thread<string> {
    return octetText((yield* this.#metadataReply(path)).body)
  }

  #metadataReply(path: string): Thread<HttpReply> {
    return this.#transport.request({ method: 'GET', url: `${METADATA}/${path}`, headers: [FLAVOR] }, this.#ctx)
  }

  /** Finds out how it gets access tokens (google.DefaultClient). Throws when it runs on no such cloud. */
  *findCredentials(): Thread {
    if (lookupHost(this.#process.netns, 'metadata.google.internal') === null)
      throw new GoogleApiError(0, NO_CREDENTIALS)
    yield* this.metadata('project/project-id')
  }

  *#accessToken(method: string, url: string): Thread<string> {
    if (this.#token !== '') return this.#token
    const reply = yield* this.#metadataReply(TOKEN_PATH)
    if (reply.status !== 200) {
      const why = new NetworkError('ENOENT', `metadata: GCE metadata ${goQuote(TOKEN_PATH)} not defined`)
      throw urlError(method, url, why)
    }
    this.#token = (JSON.parse(octetText(reply.body)) as { access_token: string }).access_token
    return this.#token
  }

  /** Calls a method of the API for `PROJECT/...`; a resource. */
  *call(method: string, path: string, body?: object): Thread<GceResource> {
    const url = `${API}/${path}?alt=json`
    const token = yield* this.#accessToken(method, url)
    const headers = ['User-Agent: google-api-go-client/0.5', `Authorization: Bearer ${token}`]
    if (body !== undefined) headers.push('Content-Type: application/json')
    const text = body === undefined ? {} : { body: `${JSON.stringify(body)}\n` }
    const reply = yield* this.#transport.request({ method, url, headers, ...text }, this.#ctx)
    if (reply.status < 200 || reply.status > 299) throw apiError(reply)
    return JSON.parse(octetText(reply.body)) as GceResource
  }
}
