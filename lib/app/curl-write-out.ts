/**
 * The text of curl's `-w`.
 *
 * @see curl(1) --write-out
 */
import type { CurlResult } from './curl-transfer.js'
import { headerOf } from './http-message.js'

/** What a variable may look at. */
export interface WriteOutContext {
  readonly url: string
  readonly method: string
  readonly uploaded: number
  readonly result: CurlResult
}

const seconds = (ns: number): string => (Math.floor(ns / 1000) / 1_000_000).toFixed(6)
const status = (c: WriteOutContext): string => String(c.result.status).padStart(3, '0')
const speed = (octets: number, ns: number): string => String(ns === 0 ? 0 : Math.floor((octets * 1e9) / ns))

const VARIABLES: Readonly<Record<string, (c: WriteOutContext) => string>> = {
  content_type: c => headerOf(c.result.headers, 'Content-Type') ?? '',
  errormsg: c => c.result.message,
  exitcode: c => String(c.result.code),
  http_code: status,
  http_connect: () => '000',
  http_version: c => c.result.version,
  local_ip: c => c.result.localIp,
  local_port: c => String(c.result.localPort),
  method: c => c.method,
  num_connects: c => String(c.result.connects),
  num_headers: c => String(Math.max(0, c.result.headers.length - 1)),
  num_redirects: () => '0',
  redirect_url: () => '',
  remote_ip: c => c.result.remoteIp,
  remote_port: c => String(c.result.remotePort),
  response_code: status,
  scheme: () => 'HTTP',
  size_download: c => String(c.result.downloaded),
  size_header: c => String(c.result.headerOctets),
  size_request: c => String(c.result.requestOctets),
  size_upload: c => String(c.uploaded),
  speed_download: c => speed(c.result.downloaded, c.result.totalNs),
  speed_upload: c => speed(c.uploaded, c.result.totalNs),
  time_appconnect: () => '0.000000',
  time_connect: c => seconds(c.result.connectNs),
  time_namelookup: () => '0.000000',
  time_pretransfer: c => seconds(c.result.connectNs),
  time_redirect: () => '0.000000',
  time_starttransfer: c => seconds(c.result.startTransferNs),
  time_total: c => seconds(c.result.totalNs),
  url: c => c.url,
  url_effective: c => (c.url.includes('://') ? c.url : `http://${c.url}`),
  urlnum: () => '0',
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** The text, and messages for variables that there are not. */
export const writeOutText = (
  format: string,
  c: WriteOutContext,
): { readonly text: string; readonly errors: string } => {
  let errors = ''
  const text = format.replace(
    /%%|%\{([^}]*)\}|\\(.)/g,
    (all, name: string | undefined, control: string | undefined) => {
      if (control !== undefined) return ESCAPES[control] ?? all
      if (name === undefined) return '%'
      const variable = VARIABLES[name]
      if (variable !== undefined) return variable(c)
      errors += `curl: unknown --write-out variable: '${name}'\n`
      return ''
    },
  )
  return { text, errors }
}
