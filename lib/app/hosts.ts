/**
 * Names of hosts by /etc/hosts, which is all that resolves them here: there is no DNS.
 *
 * @see hosts(5)
 */
import type { Netns } from '../core/netns.js'
import { fsOf } from '../fs/file-system.js'
import { octetText } from './octet-text.js'

/** Path of the file. */
export const HOSTS = '/etc/hosts'

/** Lines of the file as words, an address and its names; none without the file. Comments and empty lines are left out. */
export const hostsOf = (netns: Netns): string[][] => {
  const fs = fsOf(netns)
  if (!fs.exists(HOSTS)) return []
  return octetText(fs.readFile(HOSTS))
    .split('\n')
    .map(line =>
      line
        .replace(/#.*/, '')
        .split(/\s+/)
        .filter(word => word !== ''),
    )
    .filter(words => words.length > 1)
}

/** The address of a name, `localhost` without a file too, or an address as it is; null when nobody knows it. */
export const lookupHost = (netns: Netns, name: string): string | null => {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return name
  const line = hostsOf(netns).find(([, ...names]) => names.includes(name))
  return line?.[0] ?? (name === 'localhost' ? '127.0.0.1' : null)
}
