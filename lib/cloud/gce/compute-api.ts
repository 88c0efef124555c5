/**
 * The Compute Engine API, version 1: networks, instances, routes and global operations as far as a program that routes in a network
 * asks for them, as JSON. Another method or resource is refused.
 *
 * DIFFERS: access tokens are not looked at: the caller is the machine with the address that asks, and has the scopes of its
 * service account.
 *
 * @see Compute Engine API reference, networks.get, instances.get, routes, globalOperations.get
 */
import type { HttpRequest, HttpResponse } from '../../app/http-response.js'
import { formatIpv4, formatPrefix } from '../../wire/ip.js'
import { isoTime } from '../../sim/civil.js'
import { pathOf } from '../service.js'
import { COMPUTE_SCOPE } from './endpoints.js'
import { GceError } from './gce-error.js'
import type { GceInstance } from './gce-instance.js'
import type { GceNetwork } from './gce-network.js'
import type { GceOperation, GceRoute, GceRouteSpec } from './gce-route.js'

/** What stands in front of a resource's path. */
export const API_BASE = 'https://www.googleapis.com/compute/v1/'
const ZONE = '-00:00'
/** Part of an operation's time in which it waits. */
const PENDING_SHARE = 0.25

const linkOf = (path: string): string => `${API_BASE}${path}`
const timestamp = (ns: number): string => `${isoTime(ns)}${ZONE}`

const networkResource = (network: GceNetwork): object => ({
  kind: 'compute#network',
  id: network.id,
  creationTimestamp: timestamp(network.createdNs),
  name: network.name,
  description: '',
  selfLink: linkOf(network.path),
  autoCreateSubnetworks: false,
  subnetworks: network.subnets.map(s =>
    linkOf(`projects/${network.project}/regions/${network.zone.replace(/-[a-z]$/, '')}/subnetworks/${s.name}`),
  ),
})

const instanceResource = (network: GceNetwork, i: GceInstance): object => {
  const zone = `projects/${network.project}/zones/${i.zone}`
  return {
    kind: 'compute#instance',
    id: i.id,
    creationTimestamp: timestamp(i.createdNs),
    name: i.name,
    tags: { items: [] },
    machineType: linkOf(`${zone}/machineTypes/n1-standard-1`),
    status: i.status,
    zone: linkOf(zone),
    canIpForward: i.canIpForward,
    networkInterfaces: [
      {
        kind: 'compute#networkInterface',
        network: linkOf(network.path),
        networkIP: i.address,
        name: 'nic0',
      },
    ],
    selfLink: linkOf(i.path),
  }
}

/** What is wrong with a route's next hop. */
const warningsOf = (network: GceNetwork, route: GceRoute): object[] => {
  const warn = (code: string, message: string): object[] => [{ code, message }]
  if (route.nextHopInstance === null) return []
  const instance = network.instanceByPath(route.nextHopInstance)
  const said = `Next hop instance '${linkOf(route.nextHopInstance)}'`
  if (instance === null) return warn('NEXT_HOP_INSTANCE_NOT_FOUND', `${said} is not found.`)
  if (instance.status !== 'RUNNING') return warn('NEXT_HOP_NOT_RUNNING', `${said} is not running.`)
  return instance.canIpForward ? [] : warn('NEXT_HOP_CANNOT_IP_FORWARD', `${said} cannot forward.`)
}

const routeResource = (network: GceNetwork, route: GceRoute): object => {
  const warnings = warningsOf(network, route)
  return {
    kind: 'compute#route',
    id: route.id,
    creationTimestamp: timestamp(route.createdNs),
    name: route.name,
    description: route.description,
    network: linkOf(network.path),
    destRange: formatPrefix(route.destRange),
    priority: route.priority,
    ...(route.nextHopInstance !== null && { nextHopInstance: linkOf(route.nextHopInstance) }),
    ...(route.nextHopIp !== null && { nextHopIp: formatIpv4(route.nextHopIp) }),
    ...(warnings.length > 0 && { warnings }),
    selfLink: linkOf(network.routes.pathOf(route.name)),
  }
}

const operationResource = (network: GceNetwork, o: GceOperation): object => {
  const { now } = network.network.netns.world
  const isDone = now >= o.endNs
  const isWaiting = now < o.startNs + (o.endNs - o.startNs) * PENDING_SHARE
  return {
    kind: 'compute#operation',
    id: o.id,
    name: o.name,
    operationType: o.operationType,
    targetLink: linkOf(o.target),
    targetId: o.targetId,
    status: isDone ? 'DONE' : isWaiting ? 'PENDING' : 'RUNNING',
    user: `service-account@${network.project}.iam.gserviceaccount.com`,
    progress: isDone ? 100 : 0,
    insertTime: timestamp(o.startNs),
    startTime: timestamp(o.startNs),
    ...(isDone && { endTime: timestamp(o.endNs) }),
    selfLink: linkOf(`projects/${network.project}/global/operations/${o.name}`),
  }
}

const notFound = (path: string): GceError => new GceError('notFound', `The resource '${path}' was not found`)

/** Fields of a route that netloom's networks have nothing for. */
const UNKNOWN_HOPS = ['nextHopGateway', 'nextHopVpnTunnel', 'nextHopIlb', 'nextHopNetwork', 'nextHopPeering']

/** A field that is text. Throws invalid, required. */
const field = (given: Readonly<Record<string, unknown>>, name: string): string => {
  const value = given[name]
  if (value === undefined || value === '')
    throw new GceError('required', `Required field 'resource.${name}' not specified`)
  if (typeof value !== 'string') throw GceError.field(name, `${JSON.stringify(value)}`, 'Must be a string.')
  return value
}

/** A route's body. Throws invalid. */
const specOf = (network: GceNetwork, body: string): GceRouteSpec => {
  let given: Record<string, unknown>
  try {
    given = JSON.parse(body) as Record<string, unknown>
  } catch {
    throw new GceError('invalid', 'Parse Error')
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new GceError('required', `Required field 'resource' not specified`)
  if (Array.isArray(given['tags']) && given['tags'].length > 0)
    throw GceError.field('tags', given['tags'].join(','), 'netloom has no routes for tagged instances only.')
  for (const name of UNKNOWN_HOPS)
    if (given[name] !== undefined) throw GceError.field(name, `${given[name]}`, 'netloom has no such next hop.')
  const link = field(given, 'network')
  if (!link.endsWith(network.path) && link !== `global/networks/${network.name}`)
    throw GceError.field('network', link, 'The referenced network resource cannot be found.')
  const priority = given['priority']
  return {
    name: field(given, 'name'),
    destRange: field(given, 'destRange'),
    ...(priority !== undefined && { priority: Number(priority) }),
    ...(typeof given['description'] === 'string' && { description: given['description'] }),
    ...(given['nextHopInstance'] !== undefined && { nextHopInstance: field(given, 'nextHopInstance') }),
    ...(given['nextHopIp'] !== undefined && { nextHopIp: field(given, 'nextHopIp') }),
  }
}

const routesAnswer = (network: GceNetwork, method: string, name: string, body: string): object => {
  const { routes } = network
  if (name === '' && method === 'GET')
    return {
      kind: 'compute#routeList',
      id: `projects/${network.project}/global/routes`,
      items: routes.list().map(route => routeResource(network, route)),
      selfLink: linkOf(`projects/${network.project}/global/routes`),
    }
  if (name === '' && method === 'POST') return operationResource(network, routes.insert(specOf(network, body)))
  if (method === 'GET') return routeResource(network, routes.get(name))
  if (method === 'DELETE') return operationResource(network, routes.delete(name))
  throw notFound(routes.pathOf(name))
}

const answer = (network: GceNetwork, { method, path: target, text }: HttpRequest): object => {
  const path = decodeURI(pathOf(target))
  const prefix = `/compute/v1/projects/${network.project}/`
  if (!path.startsWith(prefix)) throw notFound(path.replace('/compute/v1/', ''))
  const rest = path.slice(prefix.length)
  const routes = /^global\/routes(?:\/([^/]+))?$/.exec(rest)
  if (routes !== null) return routesAnswer(network, method, routes[1] ?? '', text)
  const full = `projects/${network.project}/${rest}`
  if (method !== 'GET') throw notFound(full)
  if (full === network.path) return networkResource(network)
  const operation = network.routes.operations.get(/^global\/operations\/([^/]+)$/.exec(rest)?.[1] ?? '')
  if (operation !== undefined) return operationResource(network, operation)
  const instance = network.instanceByPath(full)
  if (instance !== null) return instanceResource(network, instance)
  throw notFound(full)
}

/** What the caller may do. Throws authError, insufficientPermissions. */
const authorize = (network: GceNetwork, { method, from }: HttpRequest): void => {
  const scopes = network.instanceAt(from.address)?.scopes ?? null
  if (scopes === null) throw new GceError('authError', 'Login Required')
  const wanted = [COMPUTE_SCOPE, 'https://www.googleapis.com/auth/cloud-platform']
  if (method === 'GET') wanted.push(`${COMPUTE_SCOPE}.readonly`)
  if (!scopes.some(scope => wanted.includes(scope)))
    throw new GceError('insufficientPermissions', 'Insufficient Permission')
}

const HEADERS = ['Content-Type: application/json; charset=UTF-8', 'Server: GSE']

/** Answers a request to the API. */
export const computeAnswer = (network: GceNetwork, request: HttpRequest): HttpResponse => {
  try {
    authorize(network, request)
    return { headers: HEADERS, body: `${JSON.stringify(answer(network, request), null, 1)}\n` }
  } catch (e) {
    if (!(e instanceof GceError)) throw e
    return { status: e.status, headers: HEADERS, body: `${JSON.stringify(e.body, null, 1)}\n` }
  }
}
