/**
 * Namespaces by the path of their file: `/run/netns/NAME`, where `ip netns add NAME` puts it.
 *
 * @see plugins v0.9.1 pkg/ns/ns_linux.go, ip-netns(8)
 */
import type { Netns } from '../core/netns.js'
import type { World } from '../core/world.js'
import { goQuote } from '../app/go-text.js'
import { GoError } from '../app/go-error.js'

const FILE = /^(?:\/var)?\/run\/netns\/([^/]+)$/

/** The namespace behind a path (ns.GetNS). Throws GoError. */
export const netnsByPath = (world: World, path: string): Netns => {
  const name = FILE.exec(path)?.[1]
  if (name !== undefined && world.hasNetns(name)) return world.netns(name)
  throw new GoError(`failed to Statfs ${goQuote(path)}: no such file or directory`)
}

/** The path of a namespace's file. */
export const netnsPath = (netns: Netns): string => `/run/netns/${netns.name}`
