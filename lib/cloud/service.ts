/**
 * A service of a cloud: a program in the router's namespace that answers HTTP requests.
 *
 * DIFFERS: clouds want TLS and signed requests from most callers; here a service knows its caller by the address.
 */
import { HttpServer, type HttpHandler } from '../app/http.js'
import { Process } from '../app/process.js'
import { TcpApi } from '../app/tcp.js'
import type { Netns } from '../core/netns.js'
import { civilTime } from '../sim/civil.js'

const HTTP_PORT = 80

/** Starts a service at an address of the router. */
export const startService = (netns: Netns, name: string, address: string, handler: HttpHandler): Process => {
  const server = new HttpServer(new TcpApi(netns), netns.name, { address, port: HTTP_PORT }, handler)
  const process = new Process(netns, name, () => server.close())
  process.isDaemon = true
  return process
}

/** Path of a request without its query. */
export const pathOf = (target: string): string => target.split('?')[0]!

/** Parameters of a query or of a form (application/x-www-form-urlencoded), in order. */
export const formOf = (text: string): Map<string, string> => {
  const decode = (part: string): string => {
    const spaced = part.replace(/\+/g, ' ')
    try {
      return decodeURIComponent(spaced)
    } catch {
      return spaced
    }
  }
  const pairs = text.split('&').filter(pair => pair !== '')
  return new Map(pairs.map(pair => [decode(pair.split('=', 1)[0]!), decode(pair.slice(pair.indexOf('=') + 1))]))
}

const two = (n: number): string => `${n}`.padStart(2, '0')

/** `1970-01-01T00:00:00.000`, to which the zone is added. */
export const isoTime = (ns: number): string => {
  const { year, month, day, hour, minute, second } = civilTime(ns)
  const ms = `${Math.floor(ns / 1e6) % 1000}`.padStart(3, '0')
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}.${ms}`
}
