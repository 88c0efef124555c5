/**
 * The subnet file, by which other programs of the host know its subnet: /run/flannel/subnet.env.
 *
 * @see flannel main.go WriteSubnetFile, ReadCIDRFromSubnetFile
 */
import { octetText } from '../app/octet-text.js'
import { encodeUtf8 } from '../wire/utf8.js'
import { NetloomError } from '../errors.js'
import { basename, dirname, type FileSystem } from '../fs/file-system.js'
import type { Prefix } from '../wire/ip.js'
import type { Network } from './backend/backend.js'
import type { Klog } from '../app/klog.js'
import { errnoText } from '../app/go-error.js'
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

/** What a system call on a path is refused with, in Go's words: `open /run/x: not a directory`. */
const pathError = (call: string, e: unknown): NetloomError => {
  if (!(e instanceof NetloomError)) throw e
  return new NetloomError(e.code, `${call}: ${errnoText(e)}`, e.context)
}

const doing = <T>(call: string, fn: () => T): T => {
  try {
    return fn()
  } catch (e) {
    throw pathError(call, e)
  }
}

/** The first part of a path that is a file; the path itself when none is. */
const fileOnTheWay = (fs: FileSystem, path: string): string => {
  const parts = path.split('/')
  const prefixes = parts.map((_, n) => parts.slice(0, n + 1).join('/')).filter(prefix => prefix !== '')
  return prefixes.find(prefix => fs.stat(prefix)?.kind === 'file') ?? path
}

/** Writes it beside its place and moves it there, so that nobody reads half of it. Throws with Go's words for what went wrong. */
export const writeSubnetFile = (fs: FileSystem, path: string, text: string): void => {
  const directory = dirname(path)
  doing(`mkdir ${fileOnTheWay(fs, directory)}`, () => fs.mkdir(directory, { recursive: true }))
  const temporary = `${directory === '/' ? '' : directory}/.${basename(path)}`
  doing(`open ${temporary}`, () => fs.writeFile(temporary, encodeUtf8(text)))
  doing(`rename ${temporary} ${path}`, () => {
    // Go looks first, and never tries.
    if (fs.stat(path)?.kind === 'directory') throw new NetloomError('EEXIST', undefined, { path })
    fs.rename(temporary, path)
  })
}

/** A line without what is behind a `#`, unless that is in quotes. */
const withoutComment = (line: string): string => {
  const kept: string[] = []
  let isOpen = false
  for (const segment of line.split('#')) {
    if (segment.split('"').length === 2 || segment.split("'").length === 2) {
      if (isOpen) kept.push(segment)
      isOpen = !isOpen
    }
    if (kept.length === 0 || isOpen) kept.push(segment)
  }
  return kept.join('#')
}

const trimBlanks = (text: string): string => text.replace(/^ +| +$/g, '')

/** Key and value of a line, null for one that has none. */
const parseEnvLine = (line: string): readonly [key: string, value: string] | null => {
  const text = withoutComment(line)
  const at = text.includes('=') ? text.indexOf('=') : text.indexOf(':')
  if (at < 0) return null
  const value = trimBlanks(text.slice(at + 1))
  const isQuoted = value.split('"').length === 3 || value.split("'").length === 3
  const plain = isQuoted
    ? value
        .replace(/^["']+|["']+$/g, '')
        .replaceAll('\\"', '"')
        .replaceAll('\\n', '\n')
    : value
  return [trimBlanks(text.slice(0, at).replace(/^export/, '')), plain]
}

/**
 * Variables of a file of lines `KEY=VALUE` or `KEY: VALUE`; null for one that has another line.
 *
 * @see joho/godotenv
 */
export const parseEnvFile = (text: string): Map<string, string> | null => {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    if (/^[ \t]*(#|$)/.test(line)) continue
    const pair = parseEnvLine(line)
    if (pair === null) return null
    values.set(...pair)
  }
  return values
}

/** Variables of the subnet file, none without it. Throws with Go's words for what went wrong. */
const readEnvFile = (fs: FileSystem, path: string): Map<string, string> => {
  let octets: Uint8Array
  try {
    octets = fs.readFile(path)
  } catch (e) {
    if (e instanceof NetloomError && e.code === 'ENOENT') return new Map()
    const call = e instanceof NetloomError && e.code === 'EISDIR' ? 'read' : 'open'
    throw pathError(`${call} ${path}`, e)
  }
  const values = parseEnvFile(octetText(octets))
  if (values === null) throw new NetloomError('EINVAL', "Can't separate key from value", { path })
  return values
}

/** Where flannel says that it can't read, and that it can't parse. */
const READ: readonly [string, string] = ['main.go:563', 'main.go:567']
const READ_IPV6 = 'main.go:579'

const readValue = (fs: FileSystem, path: string, key: string, at: string, log: Klog): string | undefined => {
  try {
    return readEnvFile(fs, path).get(key)
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    log.error(at, `Couldn't fetch previous ${key} from subnet file at ${path}: ${e.message}`)
    return undefined
  }
}

/** A subnet of the file as a network, or {@link NO_NET}; what can't be read is logged. */
export const readCidrFromSubnetFile = (fs: FileSystem, path: string, key: string, log: Klog): Prefix => {
  const value = readValue(fs, path, key, READ[0], log)
  if (value === undefined) return NO_NET
  const net = parseCidr(unquoted(value))
  if (net !== null) return net
  log.error(
    READ[1],
    `Couldn't parse previous ${key} from subnet file at ${path}: invalid CIDR address: ${unquoted(value)}`,
  )
  return NO_NET
}

const unquoted = (text: string): string => text.replace(/^"+|"+$/g, '')

/** Looks for an IPv6 subnet, which only a file that can't be read tells of: netloom's flanneld has none. */
export const lookForIp6Cidr = (fs: FileSystem, path: string, key: string, log: Klog): void => {
  readValue(fs, path, key, READ_IPV6, log)
}
