/**
 * Names of a cluster's parts, and what its messages say of them.
 */
import { NetloomError } from '../../errors.js'
import type { Flanneld } from '../flanneld.js'
import type { World } from '../world.js'
import type { ClusterPlan } from './plan.js'

/** Namespace of the router. */
export const ROUTER_NAME = 'router'

/** Refuses a name that a namespace can't have. Throws EINVAL. */
export const checkHostName = (name: string): void => {
  if (/^[^/]+$/.test(name) && name !== '.' && name !== '..') return
  throw new NetloomError('EINVAL', `flannel: node ${JSON.stringify(name)}: not the name of a namespace`, { name })
}

const HOST = 'host of the cluster'

/** Refuses names of nodes and pods that can't be or are taken, before anything is made. Throws EINVAL, EEXIST. */
export const checkNames = (world: World, { nodes, segments, cloud }: ClusterPlan, storeName: string): void => {
  const owners = new Map(world.listNetns().map(({ name }) => [name, `there is a namespace ${name}`]))
  const take = (what: string, name: string): void => {
    const owner = owners.get(name)
    if (owner !== undefined) throw new NetloomError('EEXIST', `flannel: ${what} ${name}: ${owner}`, { name })
    owners.set(name, `the name is that of another ${what}`)
  }
  take(HOST, ROUTER_NAME)
  take(HOST, storeName)
  if (cloud === 'none') for (let n = 1; n <= segments; n++) take(HOST, `switch${n}`)
  for (const { name } of nodes) {
    checkHostName(name)
    take('node', name)
  }
  for (const pod of nodes.flatMap(({ pods }) => pods)) take('pod', pod)
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
