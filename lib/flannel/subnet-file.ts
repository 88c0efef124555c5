/**
 * The subnet file, by which other programs of the host know its subnet: /run/flannel/subnet.env.
 *
 * @see flannel main.go WriteSubnetFile, ReadCIDRFromSubnetFile
 */
import { octetText } from '../app/octet-text.js'
import { utf8Encode } from '../app/utf8.js'
import { NetloomError } from '../errors.js'
import { basename, dirname, type FileSystem } from '../fs/file-system.js'
import type { Prefix } from '../wire/ip.js'
import type { Network } from './backend/backend.js'
import type { Glog } from './glog.js'
import { NO_NET, netText, parseCidr } from './ip4-net.js'
import type { FlannelConfig } from './subnet/config.js'

/** What the file says of a network that stands. */
export const subnetFileText = (config: FlannelConfig, ipMasq: boolean, { lease, mtu }: Network): string => {
  const first = { addr: (lease.subnet.addr + 1) | 0, len: lease.subnet.len }
  return (
    `FLANNEL_NETWORK=${netText(config.network)}\nFLANNEL_SUBNET=${netText(first)}\n` +
    `FLANNEL_MTU=${mtu}\nFLANNEL_IPMASQ=${ipMasq}\n`
  )
}

/** Writes it beside its place and moves it there, so that nobody reads half of it. Throws what the file system refuses with. */
export const writeSubnetFile = (fs: FileSystem, path: string, text: string): void => {
  const directory = dirname(path)
  fs.mkdir(directory, { recursive: true })
  const temporary = `${directory === '/' ? '' : directory}/.${basename(path)}`
  fs.writeFile(temporary, utf8Encode(text))
  fs.rename(temporary, path)
}

/** Variables of a file of lines `KEY=VALUE`; null for one that has another line. */
export const parseEnvFile = (text: string): Map<string, string> | null => {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue
    const found = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*[=:]\s*(.*?)\s*$/.exec(line)
    if (found === null) return null
    values.set(found[1]!, found[2]!.replace(/^(["'])(.*)\1$/, '$2'))
  }
  return values
}

/** A subnet of the file as a network, or {@link NO_NET}; what can't be read is logged. */
export const readCidrFromSubnetFile = (fs: FileSystem, path: string, key: string, log: Glog): Prefix => {
  let text: string
  try {
    text = octetText(fs.readFile(path))
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    if (e.code !== 'ENOENT')
      log.error('main.go:563', `Couldn't fetch previous ${key} from subnet file at ${path}: ${e.message}`)
    return NO_NET
  }
  const values = parseEnvFile(text)
  if (values === null) {
    const problem = "Can't separate key from value"
    log.error('main.go:563', `Couldn't fetch previous ${key} from subnet file at ${path}: ${problem}`)
    return NO_NET
  }
  const value = values.get(key)
  if (value === undefined) return NO_NET
  const net = parseCidr(value)
  if (net !== null) return net
  log.error('main.go:567', `Couldn't parse previous ${key} from subnet file at ${path}: invalid CIDR address: ${value}`)
  return NO_NET
}
