/**
 * /proc/sys of a namespace: keys under their Linux names with typed access. Layers declare the keys that they obey;
 * everything else is refused by name.
 *
 * @see Documentation/networking/ip-sysctl.rst, kernel/sysctl.c
 */
import { NetloomError } from '../errors.js'
import { flowFlush } from './flow-genid.js'
import type { Netns } from './netns.js'

/** One readable and perhaps writable key. */
export interface SysctlEntry {
  /** Dotted name, for example `net.ipv4.conf.eth0.arp_ignore`. */
  readonly name: string
  /** Text as `sysctl -n` prints it. Absent for keys that can only be written. */
  readonly read?: () => string
  /** Takes a text; throws EINVAL for what the kernel refuses. Absent for read-only keys. */
  readonly write?: (value: string) => void
}

/** Produces the keys that a layer has in a namespace at this moment (devices come and go). */
export type SysctlProvider = (netns: Netns) => Iterable<SysctlEntry>

/** Parses an integer as proc_dointvec does, within `min` and `max`; throws EINVAL. */
export const sysctlInt = (text: string, min = -2147483648, max = 2147483647): number => {
  const t = text.trim()
  if (!/^-?(0x[0-9a-fA-F]+|\d+)$/.test(t)) throw new NetloomError('EINVAL', undefined, { value: text })
  const n = t.startsWith('-') ? -Number(t.slice(1)) : Number(t)
  if (n < min || n > max) throw new NetloomError('EINVAL', undefined, { value: text, min, max })
  return n
}

/** The keys of one namespace. Both `net.ipv4.ip_forward` and `net/ipv4/ip_forward` name a key. */
export class SysctlTable {
  readonly #netns: Netns

  /** @internal */
  constructor(netns: Netns) {
    this.#netns = netns
  }

  /** All keys, sorted by name. */
  list(): SysctlEntry[] {
    const all: SysctlEntry[] = []
    for (const provider of this.#netns.world.sysctlProviders) all.push(...provider(this.#netns))
    return all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }

  /** The value of a key as text; throws ENOENT for a key that netloom does not have, EACCES for one that is only written. */
  get(name: string): string {
    const entry = this.#find(name)
    if (entry.read !== undefined) return entry.read()
    throw new NetloomError('EACCES', `permission denied on key "${entry.name}"`, { key: entry.name })
  }

  /** Writes a key; throws ENOENT for a key that netloom does not have, EACCES for a read-only one, EINVAL for the value. */
  set(name: string, value: string | number): void {
    const entry = this.#find(name)
    if (entry.write === undefined)
      throw new NetloomError('EACCES', `permission denied on key "${entry.name}"`, { key: entry.name })
    flowFlush(this.#netns)
    try {
      entry.write(String(value))
    } catch (e) {
      if (e instanceof NetloomError && e.code === 'EINVAL')
        throw new NetloomError('EINVAL', `setting key "${entry.name}": Invalid argument`, {
          ...e.context,
          key: entry.name,
        })
      throw e
    }
  }

  #find(name: string): SysctlEntry {
    const key = sysctlName(name)
    for (const provider of this.#netns.world.sysctlProviders)
      for (const entry of provider(this.#netns)) if (entry.name === key) return entry
    throw new NetloomError('ENOENT', `cannot stat /proc/sys/${procPath(key)}: No such file or directory`, {
      key,
      netns: this.#netns.name,
    })
  }
}

/**
 * Dotted form of a key. The first separator says which form a name has: dots in the slashed form belong to device names, and
 * are slashes in the dotted one (`net/ipv4/conf/eth0.1/forwarding` is `net.ipv4.conf.eth0/1.forwarding`).
 */
export const sysctlName = (name: string): string => {
  const slash = name.indexOf('/')
  const dot = name.indexOf('.')
  if (slash < 0 || (dot >= 0 && dot < slash)) return name
  return name.replace(/[./]/g, c => (c === '/' ? '.' : '/'))
}

/** A device's name as a component of a key: a dot in it is written as a slash (`net.ipv4.conf.eth0/1.forwarding`). */
export const sysctlDevice = (dev: string): string => dev.replaceAll('.', '/')

const procPath = (key: string): string => key.replace(/[./]/g, c => (c === '.' ? '/' : '.'))
