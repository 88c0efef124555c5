/**
 * The health server: it answers as long as the daemon runs.
 *
 * @see flannel main.go mustRunHealthz
 */
import { serveHttp } from '../app/http.js'
import type { HttpRequest, HttpResponse } from '../app/http-response.js'
import type { Process } from '../app/process.js'
import { GO_SOCKET } from '../app/stream.js'
import { isIpv4Text } from '../wire/ip.js'
import { errnoText } from '../app/go-error.js'

const MAX_PORT = 65535

/** `ADDRESS:PORT`, with an IPv6 address in brackets (net.JoinHostPort). */
export const joinHostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

const answer = ({ path }: HttpRequest): HttpResponse => {
  if (path.split('?')[0] === '/healthz') return { body: 'flanneld is running' }
  const headers = ['Content-Type: text/plain; charset=utf-8', 'X-Content-Type-Options: nosniff']
  return { status: 404, headers, body: '404 page not found\n' }
}

/** What is wrong with the address, in Go's words; null when it may be listened on. */
const addressProblem = (ip: string, port: number): string | null => {
  if (port > MAX_PORT) return `listen tcp: address ${port}: invalid port`
  if (ip === '' || isIpv4Text(ip)) return null
  if (ip.includes(':')) return `listen tcp ${joinHostPort(ip, port)}: netloom has IPv4 only`
  return `listen tcp: lookup ${ip}: no such host`
}

/** Listens on an address, on all without one. Returns why it can't, null when it does. */
export const serveHealthz = (process: Process, ip: string, port: number): string | null => {
  const problem = addressProblem(ip, port)
  if (problem !== null) return problem
  try {
    serveHttp(process, { ...(ip !== '' && { address: ip }), port, ...GO_SOCKET }, answer, { process })
    return null
  } catch (e) {
    return `listen tcp ${joinHostPort(ip, port)}: bind: ${errnoText(e)}`
  }
}
