/**
 * Programs as clients of AWS: what aws-sdk-go 1.12 asks of the metadata service and of EC2, with its words for errors.
 *
 * DIFFERS: the SDK signs its requests and uses TLS; here credentials are fetched and looked at, and requests go without.
 *
 * @see aws-sdk-go aws/ec2metadata, aws/credentials/ec2rolecreds, private/protocol/ec2query, aws/client/default_retryer.go
 */
import { NetworkError } from '../../app/go-net.js'
import { type HttpReply, HttpTransport } from '../../app/http-client.js'
import type { HttpClientRequest } from '../../app/http-client-request.js'
import { octetText } from '../../app/octet-text.js'
import type { Process } from '../../app/process.js'
import { type Context, sleep, type Thread } from '../../app/thread.js'
import { NetloomError } from '../../errors.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import { parseXml, XmlElement } from '../xml.js'

/** An error of the SDK; the message is as it prints it. */
export class AwsError extends Error {
  override readonly name = 'AwsError'
  /** The SDK's or the service's code. */
  readonly awsCode: string

  constructor(awsCode: string, message: string, extra = '', cause: Error | null = null) {
    const extraLine = extra === '' ? '' : `\n\t${extra}`
    super(`${awsCode}: ${message}${extraLine}${cause === null ? '' : `\ncaused by: ${cause.message}`}`)
    this.awsCode = awsCode
  }
}

const METADATA = 'http://169.254.169.254/latest'
const METADATA_TIMEOUT_NS = 5 * NSEC_PER_SEC
const AGENT = 'User-Agent: aws-sdk-go/1.12.54 (go1.19; linux; amd64)'
const ROLES = 'iam/security-credentials'
const API_VERSION = '2016-11-15'
const RETRY_MS = 30
const MS = 1e6
const SERVER_ERROR = 500
const NO_CREDENTIALS =
  'no valid providers in chain. Deprecated.\n\tFor verbose messaging see aws.Config.CredentialsChainVerboseErrors'

/** A client of one program. Calls throw an {@link AwsError}. */
export class Ec2Client {
  readonly #process: Process
  readonly #transport: HttpTransport
  readonly #ctx: Context
  readonly #maxRetries: number
  #region = ''
  #hasCredentials = false

  /** `maxRetries`: how often a request that got no answer, or one that tells of a server in trouble, is sent again. */
  constructor(process: Process, ctx: Context, maxRetries: number) {
    this.#process = process
    this.#transport = new HttpTransport(process)
    this.#ctx = ctx
    this.#maxRetries = maxRetries
  }

  /** Sends, and again while that may help: 30 to 60 ms later, then each time after twice as long. */
  *#send(request: HttpClientRequest): Thread<HttpReply> {
    for (let tries = 0; ; tries++) {
      let failure: NetworkError | null = null
      let reply: HttpReply | null = null
      try {
        reply = yield* this.#transport.request(request, this.#ctx)
      } catch (e) {
        if (!(e instanceof NetworkError)) throw e
        failure = e
      }
      if (reply !== null && (reply.status < SERVER_ERROR || tries >= this.#maxRetries)) return reply
      if (failure !== null && tries >= this.#maxRetries)
        throw new AwsError('RequestError', 'send request failed', '', failure)
      yield* sleep(2 ** tries * (RETRY_MS + this.#process.netns.rng.below(RETRY_MS)) * MS)
    }
  }

  /** A text of the metadata service (GetMetadata). */
  *metadata(path: string): Thread<string> {
    const url = `${METADATA}/meta-data/${path}`
    const reply = yield* this.#send({ method: 'GET', url, headers: [AGENT], timeoutNs: METADATA_TIMEOUT_NS })
    const text = octetText(reply.body)
    if (reply.status < 300) return text
    throw new AwsError('EC2MetadataError', 'failed to make EC2Metadata request', '', new Error(text))
  }

  /** The region of the instance, which later calls go to. */
  *region(): Thread<string> {
    this.#region = (yield* this.metadata('placement/availability-zone')).slice(0, -1)
    return this.#region
  }

  /** Fetches the credentials of the instance's role, once. */
  *#credentials(): Thread {
    if (this.#hasCredentials) return
    try {
      const [role] = (yield* this.metadata(ROLES)).split('\n')
      const text = yield* this.metadata(`${ROLES}/${role}`)
      if ((JSON.parse(text) as { Code?: unknown }).Code !== 'Success') throw new SyntaxError(text)
      this.#hasCredentials = true
    } catch (e) {
      if (!(e instanceof AwsError) && !(e instanceof SyntaxError)) throw e
      throw new AwsError('NoCredentialProviders', NO_CREDENTIALS)
    }
  }

  /** Asks EC2 for an action; the answer's element. */
  *call(action: string, params: Readonly<Record<string, string>>): Thread<XmlElement> {
    yield* this.#credentials()
    const all = { ...params, Action: action, Version: API_VERSION }
    const body = Object.entries(all)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${queryEscape(name)}=${queryEscape(value)}`)
      .join('&')
    const headers = [AGENT, 'Content-Type: application/x-www-form-urlencoded; charset=utf-8']
    const url = `http://ec2.${this.#region}.amazonaws.com/`
    const reply = yield* this.#send({ method: 'POST', url, headers, body })
    const document = read(reply)
    if (reply.status < 300) return document
    const error = document.child('Errors')?.child('Error') ?? new XmlElement('Error', [], '')
    const extra = `status code: ${reply.status}, request id: ${document.at('RequestID')}`
    throw new AwsError(error.at('Code'), error.at('Message'), extra)
  }
}

/** As Go's url.QueryEscape has it. */
const queryEscape = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+')

const read = (reply: HttpReply): XmlElement => {
  try {
    return parseXml(octetText(reply.body))
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    throw new AwsError('SerializationError', 'failed decoding EC2 Query response', '', e)
  }
}
