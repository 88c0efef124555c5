/**
 * `curl`: the command line of curl 7.88 for HTTP, over app/curl.ts.
 *
 * Standard output is no terminal, so without -s the progress meter is written to standard error.
 * DIFFERS: the meter is written at the beginning and at the end of a transfer, not each second in between.
 *
 * @see curl(1)
 */
import { type Curl, type CurlOptions, type CurlOutput, curl } from '../../app/curl.js'
import { CURLE_OK, type CurlResult } from '../../app/curl-transfer.js'
import { curlMeter, METER_HEAD, METER_START } from '../../app/curl-meter.js'
import { writeOutText } from '../../app/curl-write-out.js'
import { octetText } from '../../app/octet-text.js'
import type { Process } from '../../app/process.js'
import { NetloomError } from '../../errors.js'
import { concatOctets } from '../../wire/repr.js'
import type { Command, CommandContext } from '../../app/command.js'
import { encodeUtf8 } from '../../wire/utf8.js'
import { ToolExit, unsupported } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'

const VERSION = 'curl 7.88.1 (netloom) libcurl/7.88.1\nRelease-Date: 2023-02-20\nProtocols: http\nFeatures:\n'
const TRY_HELP = "curl: try 'curl --help' or 'curl --manual' for more information\n"
const SUPPORTED =
  '-0 -A -d -f -G -H -I -i -m -o -S -s -v -w -X --connect-timeout --data-raw --interface --local-port --http1.1'
const CURLE_FAILED_INIT = 2

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

class Parsed {
  readonly curl: Mutable<CurlOptions> = {}
  readonly urls: string[] = []
  readonly headers: string[] = []
  readonly data: string[] = []
  isSilent = false
  showsError = false
  isVerbose = false
  includesHead = false
  isGet = false
  writeOut = ''
  output: string | null = null
}

const fail = (message: string): never => {
  throw new ToolExit(CURLE_FAILED_INIT, `curl: ${message}\n${TRY_HELP}`)
}

const number = (option: string, value: string, isFraction: boolean): number =>
  (isFraction ? /^\d+(\.\d+)?$/ : /^\d+$/).test(value)
    ? Number(value)
    : fail(`option ${option}: expected a proper numerical parameter`)

type Apply = (p: Parsed, value: string, option: string) => void

interface Option {
  readonly short: string
  readonly long: string
  readonly takesValue: boolean
  readonly apply: Apply
}

const flag = (short: string, long: string, apply: Apply): Option => ({ short, long, takesValue: false, apply })
const valued = (short: string, long: string, apply: Apply): Option => ({ short, long, takesValue: true, apply })

const addData: Apply = (p, value) => {
  p.data.push(value)
}

const OPTIONS: readonly Option[] = [
  flag('0', 'http1.0', p => {
    p.curl.http10 = true
  }),
  flag('', 'http1.1', p => {
    p.curl.http10 = false
  }),
  valued('A', 'user-agent', (p, value) => {
    p.curl.userAgent = value
  }),
  valued('d', 'data', (p, value, option) => {
    if (value.startsWith('@')) throw unsupported('curl', `${option} ${value}`, 'data on the command line')
    p.data.push(value)
  }),
  valued('', 'data-raw', addData),
  valued('', 'data-ascii', addData),
  flag('f', 'fail', p => {
    p.curl.fail = true
  }),
  flag('G', 'get', p => {
    p.isGet = true
  }),
  valued('H', 'header', (p, value) => {
    p.headers.push(value)
  }),
  flag('I', 'head', p => {
    p.curl.head = true
  }),
  flag('i', 'include', p => {
    p.includesHead = true
  }),
  flag('4', 'ipv4', () => {}),
  flag('N', 'no-buffer', () => {}),
  flag('q', 'disable', () => {}),
  valued('m', 'max-time', (p, value, option) => {
    p.curl.maxTimeSec = number(option, value, true)
  }),
  valued('o', 'output', (p, value) => {
    p.output = value
  }),
  flag('S', 'show-error', p => {
    p.showsError = true
  }),
  flag('s', 'silent', p => {
    p.isSilent = true
  }),
  flag('v', 'verbose', p => {
    p.isVerbose = true
  }),
  valued('w', 'write-out', (p, value) => {
    p.writeOut = value
  }),
  valued('X', 'request', (p, value) => {
    p.curl.method = value
  }),
  valued('', 'connect-timeout', (p, value, option) => {
    p.curl.connectTimeoutSec = number(option, value, true)
  }),
  valued('', 'interface', (p, value) => {
    p.curl.interface = value
  }),
  valued('', 'local-port', (p, value, option) => {
    p.curl.localPort = number(option, value, false)
  }),
  valued('', 'url', (p, value) => {
    p.urls.push(value)
  }),
]

/** Options that the real tool has as well, which are refused by name. */
const OTHERS =
  /^(-[BbcCeFghjJkKLlMnOpPQrRTtuUxyYzZ#:123567aE]|--(location|insecure|user|proxy|cookie|form|upload-file|compressed|range|referer|remote-name|retry|http2|http3|resolve|tlsv1\.[0-3]|cacert|cert|key|limit-rate|dump-header|trace|url-query|json|data-binary|data-urlencode|ipv6|noproxy|unix-socket|tcp-nodelay|tcp-fastopen|keepalive-time|no-keepalive|no-progress-meter|progress-bar|fail-with-body|parallel|next|config).*)$/

const unknown = (option: string): never => {
  if (OTHERS.test(option)) throw unsupported('curl', option, SUPPORTED)
  return fail(`option ${option}: is unknown`)
}

const parseLong = (p: Parsed, word: string, words: readonly string[], at: number): number => {
  const name = word.slice(2)
  const exact = OPTIONS.filter(o => o.long === name)
  const found = exact.length > 0 ? exact : OPTIONS.filter(o => o.long.startsWith(name))
  const [option, ...more] = found
  if (option === undefined) return unknown(word)
  if (more.length > 0) return fail(`option ${word}: is ambiguous`)
  const value = words[at]
  if (!option.takesValue) option.apply(p, '', word)
  else if (value === undefined) return fail(`option ${word}: requires parameter`)
  else option.apply(p, value, word)
  return option.takesValue ? at + 1 : at
}

const parseShort = (p: Parsed, word: string, words: readonly string[], at: number): number => {
  for (let i = 1; i < word.length; i++) {
    const name = `-${word[i]}`
    const option = OPTIONS.find(o => o.short === word[i])
    if (option === undefined) return unknown(name)
    if (!option.takesValue) {
      option.apply(p, '', name)
      continue
    }
    if (i + 1 < word.length) {
      option.apply(p, word.slice(i + 1), name)
      return at
    }
    const value = words[at]
    if (value === undefined) return fail(`option ${name}: requires parameter`)
    option.apply(p, value, name)
    return at + 1
  }
  return at
}

const parse = (words: readonly string[]): Parsed => {
  const p = new Parsed()
  let isOver = false
  for (let at = 0; at < words.length; ) {
    const word = words[at++]!
    if (isOver || word === '-' || !word.startsWith('-')) p.urls.push(word)
    else if (word === '--') isOver = true
    else if (word.startsWith('--')) at = parseLong(p, word, words, at)
    else at = parseShort(p, word, words, at)
  }
  if (p.headers.length > 0) p.curl.headers = p.headers
  if (p.data.length > 0) addBody(p)
  return p
}

/** -d makes the body of a POST; with -G it goes behind the question mark. */
const addBody = (p: Parsed): void => {
  const data = p.data.join('&')
  if (p.isGet) {
    for (const [i, url] of p.urls.entries()) p.urls[i] = `${url}${url.includes('?') ? '&' : '?'}${data}`
    return
  }
  if (p.curl.head === true)
    throw new ToolExit(
      CURLE_FAILED_INIT,
      p.isSilent
        ? ''
        : 'Warning: You can only select one HTTP request method! You asked for both POST \nWarning: (-d, --data) and HEAD (-I, --head).\n',
    )
  p.curl.data = encodeUtf8(data)
}

/** Writes what curl says to its process. */
class CurlText implements CurlOutput {
  readonly #p: Parsed
  #hasData = false
  #file: Uint8Array = new Uint8Array(0)

  constructor(p: Parsed) {
    this.#p = p
  }

  get file(): Uint8Array {
    return this.#file
  }

  #write(c: Curl, octets: Uint8Array): void {
    if (this.#p.output === null) c.process.stdout += octetText(octets)
    else this.#file = concatOctets(this.#file, octets)
  }

  begin({ process }: Curl): void {
    this.#hasData = false
    if (!this.#p.isSilent) process.stderr += METER_HEAD + METER_START
  }

  info({ process }: Curl, text: string): void {
    if (this.#p.isVerbose) process.stderr += `* ${text}\n`
    this.#hasData = false
  }

  headerOut({ process }: Curl, line: string): void {
    if (this.#p.isVerbose) process.stderr += `> ${line}`
  }

  headerIn(c: Curl, line: string): void {
    if (this.#p.isVerbose) c.process.stderr += `< ${line}`
    this.#hasData = false
    if (this.#p.includesHead || this.#p.curl.head === true)
      this.#write(
        c,
        Uint8Array.from(line, char => char.charCodeAt(0)),
      )
  }

  dataOut({ process }: Curl, octets: number): void {
    if (this.#p.isVerbose) process.stderr += `} [${octets} bytes data]\n`
  }

  dataIn(c: Curl, octets: Uint8Array): void {
    if (this.#p.isVerbose && !this.#hasData) c.process.stderr += `{ [${octets.length} bytes data]\n`
    this.#hasData = true
    this.#write(c, octets)
  }

  finished({ process }: Curl, result: CurlResult): void {
    if (!this.#p.isSilent) process.stderr += `${curlMeter(result)}\n`
  }

  end(c: Curl, url: string, result: CurlResult): void {
    const { process } = c
    if (result.code !== CURLE_OK && (!this.#p.isSilent || this.#p.showsError))
      process.stderr += `curl: (${result.code}) ${result.message}\n`
    if (this.#p.writeOut === '') return
    const { data } = this.#p.curl
    const { text, errors } = writeOutText(this.#p.writeOut, {
      url,
      method: c.options.method ?? (c.options.head === true ? 'HEAD' : data === undefined ? 'GET' : 'POST'),
      uploaded: data?.length ?? 0,
      result,
    })
    process.stdout += text
    process.stderr += errors
  }
}

const run = (ctx: CommandContext, argv: readonly string[]): number | Process => {
  const words = argv.slice(1)
  if (words.some(word => word === '-V' || word === '--version')) {
    ctx.out(VERSION)
    return 0
  }
  const p = parse(words)
  if (p.urls.length === 0) {
    ctx.err(words.length === 0 ? TRY_HELP : `curl: no URL specified!\n${TRY_HELP}`)
    return CURLE_FAILED_INIT
  }
  const netns = netnsOf(ctx, 'curl')
  const output = new CurlText(p)
  if (p.output !== null && p.output !== '/dev/null' && p.output !== '-') ctx.addFile(p.output, () => output.file)
  if (p.output === '-') p.output = null
  try {
    return curl(netns, p.urls, p.curl, output).process
  } catch (e) {
    if (e instanceof NetloomError && e.code !== 'ESTORM') return fail(e.message)
    throw e
  }
}

/** The command `curl`. */
export const curlCommand: Command = { name: 'curl', run: exiting(run) }
