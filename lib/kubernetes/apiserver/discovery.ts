/**
 * What the API server says about itself: groups, resources, version, health.
 *
 * @see k8s.io/apiserver pkg/endpoints/discovery
 */
import type { JsonObject } from '../apimachinery/json.js'
import type { Resource } from './resource.js'
import { RESOURCES } from './resources.js'

/** The release whose behaviour is built. */
export const KUBERNETES_VERSION = 'v1.32.4'

/** Verbs of every resource. */
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const STATUS_VERBS = ['get', 'patch', 'update']

/** `/version`. */
export const VERSION_INFO: JsonObject = {
  major: '1',
  minor: '32',
  gitVersion: KUBERNETES_VERSION,
  gitCommit: '59526cd4867447956156ae3a602fcbac10a2c335',
  gitTreeState: 'clean',
  buildDate: '2025-04-22T15:58:08Z',
  goVersion: 'go1.23.6',
  compiler: 'gc',
  platform: 'linux/amd64',
}

/** `/api`. */
export const apiVersions = (serverAddress: string): JsonObject => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
})

/** `/apis`: there are no groups but the core. */
export const API_GROUP_LIST: JsonObject = { kind: 'APIGroupList', apiVersion: 'v1', groups: [] }

const apiResources = (resource: Resource): JsonObject[] => {
  const { name, singular, shortNames, kind, isNamespaced: namespaced, hasStatus } = resource
  const main = {
    name,
    singularName: singular,
    namespaced,
    kind,
    verbs: VERBS,
    ...(shortNames.length === 0 ? {} : { shortNames }),
  }
  return hasStatus
    ? [main, { name: `${name}/status`, singularName: '', namespaced, kind, verbs: STATUS_VERBS }]
    : [main]
}

/** `/api/v1`. */
export const API_RESOURCE_LIST: JsonObject = {
  kind: 'APIResourceList',
  groupVersion: 'v1',
  resources: RESOURCES.flatMap(apiResources),
}

const aggregated = (resource: Resource): JsonObject => {
  const { name, singular, shortNames, kind, isNamespaced, hasStatus } = resource
  const responseKind = { group: '', version: 'v1', kind }
  return {
    resource: name,
    responseKind,
    scope: isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: VERBS,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(hasStatus ? { subresources: [{ subresource: 'status', responseKind, verbs: STATUS_VERBS }] } : {}),
  }
}

/** `/api` and `/apis` for clients that take all resources in one answer. */
export const aggregatedDiscovery = (path: '/api' | '/apis', version: string): JsonObject => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: `apidiscovery.k8s.io/${version}`,
  metadata: {},
  items:
    path === '/apis'
      ? []
      : [
          {
            metadata: { creationTimestamp: null },
            versions: [{ version: 'v1', resources: RESOURCES.map(aggregated), freshness: 'Current' }],
          },
        ],
})

/** Paths that say how the server does, and what they answer. */
export const HEALTH: Readonly<Record<string, string>> = { '/healthz': 'ok', '/livez': 'ok', '/readyz': 'ok' }
