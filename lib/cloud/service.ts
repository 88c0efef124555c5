/**
 * A service of a cloud: a program in the router's namespace that answers HTTP requests.
 *
 * DIFFERS: clouds want TLS and signed requests from most callers; here a service knows its caller by the address.
 */
import { type HttpHandler, serveHttp } from '../app/http.js'
import { Process } from '../app/process.js'
import type { Netns } from '../core/netns.js'

const HTTP_PORT = 80

/** Starts a service at an address of the router. */
export const startService = (netns: Netns, name: string, address: string, handler: HttpHandler): Process => {
  const process = new Process(netns, name)
  process.isDaemon = true
  try {
    serveHttp(process, { address, port: HTTP_PORT }, handler)
    return process
  } catch (e) {
    process.exit(1)
    throw e
  }
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
