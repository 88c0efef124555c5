/**
 * The metadata server of Compute Engine, version 1: what a machine finds out about itself at 169.254.169.254.
 *
 * @see Google Cloud, "About VM metadata", "Predefined metadata keys"
 */
import type { HttpRequest, HttpResponse } from '../../app/http-response.js'
import { metadataAt, metadataList, type MetadataNode } from '../metadata-tree.js'
import { pathOf } from '../service.js'
import type { GceInstance } from './gce-instance.js'
import type { GceNetwork } from './gce-network.js'

/** Number of every project. */
const PROJECT_NUMBER = '123456789012'
const TOKEN_SECONDS = 3599

const page = (status: number, what: string): string =>
  `<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error ${status} (${what})</title>\n` +
  `  <p><b>${status}.</b> <ins>That\u2019s an error.</ins>\n  <p>`

const FORBIDDEN = (path: string): string =>
  `${page(403, 'Forbidden')}Your client does not have permission to get URL <code>${path}</code> from this server. ` +
  'Missing Metadata-Flavor:Google header. <ins>That\u2019s all we know.</ins>\n'

const NOT_FOUND = (path: string): string =>
  `${page(404, 'Not Found')}The requested URL <code>${path}</code> was not found on this server.  ` +
  '<ins>That\u2019s all we know.</ins>\n'

const serviceAccounts = (network: GceNetwork, scopes: readonly string[]): MetadataNode => {
  const email = `${PROJECT_NUMBER}-compute@developer.gserviceaccount.com`
  const account = {
    aliases: 'default\n',
    email,
    scopes: `${scopes.join('\n')}\n`,
    token: JSON.stringify({
      access_token: `ya29.${network.id}`,
      expires_in: TOKEN_SECONDS,
      token_type: 'Bearer',
    }),
  }
  return { [email]: account, default: account }
}

const treeOf = (network: GceNetwork, i: GceInstance): MetadataNode => {
  const zone = `projects/${PROJECT_NUMBER}/zones/${i.zone}`
  const instance: MetadataNode = {
    hostname: `${i.name}.c.${network.project}.internal`,
    id: i.id,
    'machine-type': `projects/${PROJECT_NUMBER}/machineTypes/n1-standard-1`,
    name: i.name,
    'network-interfaces': {
      '0': {
        gateway: i.subnet.gateway,
        ip: i.address,
        mac: i.mac,
        mtu: `${network.network.mtu}`,
        network: `projects/${PROJECT_NUMBER}/networks/${network.name}`,
        subnetmask: '255.255.255.255',
      },
    },
    ...(i.scopes !== null && { 'service-accounts': serviceAccounts(network, i.scopes) }),
    zone,
  }
  const project: MetadataNode = { 'numeric-project-id': PROJECT_NUMBER, 'project-id': network.project }
  return { computeMetadata: { v1: { instance, project } } }
}

const HEADERS = ['Metadata-Flavor: Google', 'Server: Metadata Server for VM', 'X-XSS-Protection: 0']
const HTML = ['Content-Type: text/html; charset=UTF-8', ...HEADERS]

/** Answers a request to the metadata server; the machine is the one with the address that asks. */
export const metadataAnswer = (network: GceNetwork, request: HttpRequest): HttpResponse => {
  const path = pathOf(request.path)
  if (path === '/') return { headers: ['Content-Type: application/text', ...HEADERS], body: 'computeMetadata/\n' }
  if (request.header('Metadata-Flavor')?.toLowerCase() !== 'google')
    return { status: 403, headers: HTML, body: FORBIDDEN(path) }
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, headers: HTML }
  const instance = network.instanceAt(request.from.address)
  const node = instance === null ? null : metadataAt(treeOf(network, instance), path)
  if (node === null) return { status: 404, headers: HTML, body: NOT_FOUND(path) }
  const type = typeof node === 'string' && node.startsWith('{') ? 'application/json' : 'application/text'
  const body = typeof node === 'string' ? node : `${metadataList(node)}\n`
  return { headers: [`Content-Type: ${type}`, ...HEADERS], body }
}
