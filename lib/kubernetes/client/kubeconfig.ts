/**
 * Where an API server is: from a URL, or from a kubeconfig file.
 *
 * @see k8s.io/client-go tools/clientcmd, rest/url_utils.go
 */
import { octetText } from '../../app/octet-text.js'
import type { FileSystem } from '../../fs/file-system.js'
import { NetloomError } from '../../errors.js'
import { parseIpv4 } from '../../wire/ip.js'
import { isObject, type JsonValue } from '../apimachinery/json.js'

/** An API server as clients know it. */
export interface ServerAddress {
  /** `http://ADDRESS:PORT`, as messages show it. */
  readonly url: string
  readonly address: string
  readonly port: number
}

const HTTP_PORT = 80

const refuse = (text: string, why: string): never => {
  throw new NetloomError('EINVAL', `${text}: ${why}`, { server: text })
}

/** The server of `http://ADDRESS:PORT` or `ADDRESS:PORT`. Throws EINVAL for names, which nobody resolves here, and for TLS. */
export const serverOf = (text: string): ServerAddress => {
  const match = /^(?:([a-z]+):\/\/)?([^/:]+)(?::(\d+))?\/?$/.exec(text)
  if (match === null) return refuse(text, 'not the URL of an API server; write http://ADDRESS:PORT')
  const [, scheme = 'http', host = '', port] = match
  if (scheme !== 'http') return refuse(text, `netloom has no ${scheme}, as it has no TLS; write http://ADDRESS:PORT`)
  const address = host === 'localhost' ? '127.0.0.1' : host
  try {
    parseIpv4(address)
  } catch {
    return refuse(text, `netloom resolves no names; write the address of ${host}`)
  }
  return { url: `http://${host}${port === undefined ? '' : `:${port}`}`, address, port: Number(port ?? HTTP_PORT) }
}

const named = (list: JsonValue | undefined, name: JsonValue | undefined, what: string): JsonValue | undefined => {
  const items = Array.isArray(list) ? (list as readonly JsonValue[]) : []
  const item = items.find(i => isObject(i) && i['name'] === name)
  return isObject(item) ? item[what] : undefined
}

/**
 * The server that the current context of a kubeconfig file names. Throws ENOENT, and EINVAL for a file in another form of
 * YAML than JSON, which is all that is read here.
 */
export const kubeconfigServer = (fs: FileSystem, path: string): ServerAddress => {
  const text = octetText(fs.readFile(path))
  let config: JsonValue
  try {
    config = JSON.parse(text) as JsonValue
  } catch {
    return refuse(path, 'of the forms of YAML netloom reads JSON only; write the kubeconfig as JSON')
  }
  if (!isObject(config)) return refuse(path, 'not a kubeconfig')
  const context = named(config['contexts'], config['current-context'], 'context')
  const cluster = isObject(context) ? context['cluster'] : undefined
  const found = named(config['clusters'], cluster, 'cluster')
  const server = isObject(found) ? found['server'] : undefined
  if (typeof server !== 'string') return refuse(path, 'invalid configuration: no server for the current context')
  return serverOf(server)
}
