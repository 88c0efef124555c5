/**
 * Google's metadata server and the Compute Engine API, asked by curl in a machine: names of fields as Google's Go library
 * reads them (test/data/cloud/compute-fields.json), errors as Google documents them.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type GceNetwork, s, type World } from '../../lib/index.js'
import { gceWorld } from './hosts.js'

const test = suite('cloud/gce')

const FIELDS = JSON.parse(
  readFileSync(new URL('../data/cloud/compute-fields.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly string[]>>
const BASE = 'https://www.googleapis.com/compute/v1/'

type Json = Record<string, unknown>

/** A machine that asks. */
class Client {
  readonly world: World
  readonly network: GceNetwork

  constructor(options: object = {}, attach: object = {}) {
    const { world, network } = gceWorld(options)
    this.world = world
    this.network = network
    network.attach(world.addNetns('n1'), { canIpForward: true, ...attach })
    network.attach(world.addNetns('n2'))
  }

  curl(words: string): string {
    return this.world.sh(`ip netns exec n1 curl -s -w ' %{http_code}' ${words}`).stdout
  }

  metadata(path: string, header = "-H 'Metadata-Flavor: Google'"): string {
    return this.curl(`${header} http://169.254.169.254/computeMetadata/v1/${path}`)
  }

  call(method: string, path: string, body?: Json): { status: number; json: Json } {
    const data = body === undefined ? '' : `-d '${JSON.stringify(body)}'`
    const text = this.curl(`-X ${method} ${data} http://199.36.153.8/compute/v1/projects/netloom/${path}`)
    return { status: Number(text.slice(-3)), json: JSON.parse(text.slice(0, -4)) as Json }
  }

  /** `STATUS REASON: MESSAGE` of an error. */
  error(method: string, path: string, body?: Json): string {
    const { status, json } = this.call(method, path, body)
    const error = json['error'] as { code: number; message: string; errors: Json[] }
    assert.equal([error.code, error.message], [status, error.errors[0]!['message']])
    return `${status} ${error.errors[0]!['domain']} ${error.errors[0]!['reason']}: ${error.message}`
  }

  route(name: string, destRange: string, besides: Json = {}): Json {
    const nextHopInstance = `${BASE}projects/netloom/zones/us-central1-a/instances/n1`
    const network = `${BASE}projects/netloom/global/networks/default`
    return { name, destRange, network, nextHopInstance, priority: 1000, ...besides }
  }
}

const isKnown = (resource: Json, type: string): void => {
  for (const name of Object.keys(resource)) assert.ok(FIELDS[type]!.includes(name), `${type}: ${name}`)
}

test('a machine finds itself in the metadata, if it says that it means Google', () => {
  const c = new Client()
  assert.is(c.metadata('instance/zone'), 'projects/123456789012/zones/us-central1-a 200')
  assert.is(c.metadata('instance/hostname'), 'n1.c.netloom.internal 200')
  assert.is(c.metadata('project/project-id'), 'netloom 200')
  assert.is(c.metadata('instance/network-interfaces/0/network'), 'projects/123456789012/networks/default 200')
  assert.is(c.metadata('instance/network-interfaces/0/mtu'), '1460 200')
  assert.is(c.metadata('project/'), 'numeric-project-id\nproject-id\n 200')
  assert.match(c.metadata('instance/service-accounts/default/token'), /"token_type":"Bearer"} 200$/)
  const refused = c.metadata('instance/zone', '')
  assert.match(refused, / 403$/)
  assert.match(refused, /Missing Metadata-Flavor:Google header\./)
  assert.match(c.metadata('instance/nothing'), / 404$/)
})

test('a network, a machine, a route and an operation have the fields that the library reads', () => {
  const c = new Client()
  const network = c.call('GET', 'global/networks/default').json
  isKnown(network, 'Network')
  assert.is(network['selfLink'], `${BASE}${c.network.path}`)
  const instance = c.call('GET', 'zones/us-central1-a/instances/n1').json
  isKnown(instance, 'Instance')
  isKnown((instance['networkInterfaces'] as Json[])[0]!, 'NetworkInterface')
  assert.equal([instance['canIpForward'], instance['status']], [true, 'RUNNING'])
  const operation = c.call('POST', 'global/routes', c.route('r1', '10.40.1.0/24')).json
  isKnown(operation, 'Operation')
  assert.equal([operation['status'], operation['operationType']], ['PENDING', 'insert'])
  const status = () => c.call('GET', `global/operations/${operation['name']}`).json['status']
  c.world.run({ for: s(1) })
  assert.is(status(), 'RUNNING')
  c.world.run({ for: s(1) })
  assert.is(status(), 'DONE')
  const route = c.call('GET', 'global/routes/r1').json
  isKnown(route, 'Route')
  assert.equal([route['destRange'], route['priority'], route['warnings']], ['10.40.1.0/24', 1000, undefined])
  assert.is((c.call('GET', 'global/routes').json['items'] as Json[]).length, 1)
})

test('a route is there when its operation is done, and gone when that of its deletion is', () => {
  const c = new Client()
  const inRouter = () => c.world.sh('ip -n vpc route show table 1001').stdout.includes('10.40.1.0/24')
  c.call('POST', 'global/routes', c.route('r1', '10.40.1.0/24'))
  assert.is(inRouter(), false)
  assert.is(
    c.error('DELETE', 'global/routes/r1'),
    "400 global resourceNotReady: The resource 'projects/netloom/global/routes/r1' is not ready",
  )
  c.world.run({ for: s(3) })
  assert.is(inRouter(), true)
  assert.is(c.call('DELETE', 'global/routes/r1').json['operationType'], 'delete')
  assert.is(inRouter(), true)
  c.world.run({ for: s(3) })
  assert.is(inRouter(), false)
  assert.is(
    c.error('GET', 'global/routes/r1'),
    "404 global notFound: The resource 'projects/netloom/global/routes/r1' was not found",
  )
})

test('what is wrong with a route is said', () => {
  const c = new Client({ routesQuota: 1 })
  c.call('POST', 'global/routes', c.route('r1', '10.40.1.0/24'))
  const cases: [Json, string][] = [
    [
      c.route('r1', '10.40.2.0/24'),
      "409 global alreadyExists: The resource 'projects/netloom/global/routes/r1' already exists",
    ],
    [c.route('r2', '10.40.2.0/24'), "403 usageLimits quotaExceeded: Quota 'ROUTES' exceeded.  Limit: 1.0 globally."],
    [
      c.route('R2', '10.40.2.0/24'),
      "400 global invalid: Invalid value for field 'resource.name': 'R2'. Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'",
    ],
    [
      c.route('r2', '10.40.2.1/24'),
      "400 global invalid: Invalid value for field 'resource.destRange': '10.40.2.1/24'. Must be a CIDR address range.",
    ],
    [
      c.route('r2', '10.40.2.0/24', { nextHopInstance: 'zones/us-central1-a/instances/n9' }),
      "400 global invalid: Invalid value for field 'resource.nextHopInstance': 'zones/us-central1-a/instances/n9'. The referenced instance resource cannot be found.",
    ],
    [
      c.route('r2', '10.40.2.0/24', { network: 'global/networks/other' }),
      "400 global invalid: Invalid value for field 'resource.network': 'global/networks/other'. The referenced network resource cannot be found.",
    ],
    [{ name: 'r2' }, "400 global required: Required field 'resource.network' not specified"],
  ]
  for (const [body, error] of cases) assert.is(c.error('POST', 'global/routes', body), error)
  assert.match(c.error('POST', 'global/routes', c.route('r2', '10.128.1.0/24')), /lies within the range of the subnet/)
  assert.match(c.error('POST', 'global/routes', c.route('r2', '10.40.2.0/24', { tags: ['a'] })), /tagged instances/)
  assert.match(
    c.error('POST', 'global/routes', c.route('r2', '0.0.0.0/0', { nextHopGateway: 'global/gateways/x' })),
    /no such next hop/,
  )
})

test('a next hop that can not forward, stands still or is gone is warned of', () => {
  const c = new Client()
  const n2 = c.network.instances[1]!
  c.call('POST', 'global/routes', c.route('r1', '10.40.1.0/24', { nextHopInstance: `${BASE}${n2.path}` }))
  const codes = () =>
    (c.call('GET', 'global/routes/r1').json['warnings'] as Json[]).map(w => {
      isKnown(w, 'RouteWarnings')
      return w['code']
    })
  assert.equal(codes(), ['NEXT_HOP_CANNOT_IP_FORWARD'])
  n2.stop()
  assert.equal(codes(), ['NEXT_HOP_NOT_RUNNING'])
  n2.delete()
  assert.equal(codes(), ['NEXT_HOP_INSTANCE_NOT_FOUND'])
})

test('scopes bound what a machine may do', () => {
  const readOnly = new Client({}, { scopes: ['https://www.googleapis.com/auth/compute.readonly'] })
  assert.is(readOnly.call('GET', 'global/networks/default').status, 200)
  assert.is(
    readOnly.error('POST', 'global/routes', readOnly.route('r1', '10.40.1.0/24')),
    '403 global insufficientPermissions: Insufficient Permission',
  )
  const none = new Client({}, { scopes: null })
  assert.is(none.error('GET', 'global/networks/default'), '401 global authError: Login Required')
})

test('what is not there, and what is not built, is not found', () => {
  const c = new Client()
  assert.is(
    c.error('GET', 'zones/us-central1-a/instances/n9'),
    "404 global notFound: The resource 'projects/netloom/zones/us-central1-a/instances/n9' was not found",
  )
  assert.match(c.error('POST', 'zones/us-central1-a/instances', {}), /^404 global notFound/)
  assert.match(c.error('PATCH', 'global/routes/r1', {}), /^404 global notFound/)
})

test('the list of routes reads as that of gcloud', () => {
  const c = new Client()
  c.network.insertRoute({ name: 'r1', destRange: '10.40.1.0/24', nextHopInstance: 'n1' })
  assert.is(
    `${c.network}`,
    [
      'NAME                   NETWORK  DEST_RANGE     NEXT_HOP                    PRIORITY',
      'default-route-default  default  10.128.0.0/20  default                     0',
      'r1                     default  10.40.1.0/24   us-central1-a/instances/n1  1000',
      '',
    ].join('\n'),
  )
})

test.run()
