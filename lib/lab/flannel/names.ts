/**
 * Names of a cluster's parts, and what its messages say of them.
 */
import { NetloomError } from '../../errors.js'
import type { Flanneld } from '../flanneld.js'
import type { World } from '../world.js'
import type { ClusterPlan } from './options.js'

/** Name of the store's host. */
export const storeName = (subnetManager: ClusterPlan['subnetManager']): string =>
  subnetManager === 'kube' ? 'master' : 'etcd'

/** Refuses names that two parts of the cluster would have, or that the world has already; nothing is made yet. */
export const checkNames = (world: World, { segments, cloud, subnetManager, nodes }: ClusterPlan): void => {
  const parts = [
    ...Array.from({ length: cloud === 'none' ? segments : 0 }, (_, n) => [`switch${n + 1}`, 'a switch']),
    ['router', 'the router'],
    [storeName(subnetManager), subnetManager === 'kube' ? "the API server's host" : "etcd's host"],
    ...nodes.map(({ name }) => [name, `node ${name}`]),
    ...nodes.flatMap(({ pods }) => pods.map(name => [name, `pod ${name}`])),
  ] as [string, string][]
  const taken = new Map<string, string>()
  for (const [name, what] of parts) {
    const other = taken.get(name) ?? (world.hasNetns(name) ? 'a namespace of the world' : undefined)
    if (other !== undefined)
      throw new NetloomError('EEXIST', `flannel: ${what} cannot be named ${name}: ${other} has this name`, { name })
    taken.set(name, what)
  }
}

/** Names that a sentence has room for. */
const SHOWN = 12

/** Names in a sentence. */
export const names = (list: readonly { readonly name: string }[]): string => {
  const shown = list.slice(0, SHOWN).map(({ name }) => name)
  return list.length > SHOWN ? `${shown.join(', ')} and ${list.length - SHOWN} more` : shown.join(', ') || 'none'
}

/** The error that a flanneld has logged last, without the header of the line; null when it logged none. */
export const lastError = ({ errorText }: Flanneld): string | null => {
  const line = errorText.split('\n').findLast(text => /^[EF]\d{4} /.test(text))
  return line === undefined ? null : line.slice(line.indexOf('] ') + 2).trim()
}
