/**
 * The instance metadata service of EC2, version 1: what an instance finds out about itself at 169.254.169.254.
 *
 * @see Amazon EC2 User Guide, "Instance metadata categories"
 */
import type { HttpRequest, HttpResponse } from '../../app/http-response.js'
import { formatPrefix } from '../../wire/ip.js'
import { metadataAt, metadataList, type MetadataNode } from '../metadata-tree.js'
import { isoTime } from '../../sim/civil.js'
import { pathOf } from '../service.js'
import type { AwsEni, AwsInstance } from './aws-instance.js'
import type { AwsVpc } from './aws-vpc.js'
import { privateDnsName } from './ec2-instances.js'

/** Name of the role that an instance with one has. */
export const ROLE = 'flannel'
const INSTANCE_TYPE = 'm5.large'
const IMAGE = 'ami-0c55b159cbfafe1f0'
const HOUR_NS = 3600e9
/** Credentials are good for six hours. */
const VALID_HOURS = 6

const NOT_FOUND = `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
\t"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>404 - Not Found</title>
 </head>
 <body>
  <h1>404 - Not Found</h1>
 </body>
</html>
`

/** Time of credentials: whole seconds. */
const secondsOf = (ns: number): string => `${isoTime(ns).slice(0, 19)}Z`

const credentials = (instance: AwsInstance): string => {
  const { now } = instance.netns.world
  const from = now - (now % HOUR_NS)
  return `${JSON.stringify(
    {
      Code: 'Success',
      LastUpdated: secondsOf(from),
      Type: 'AWS-HMAC',
      AccessKeyId: `ASIA${instance.id.slice(2, 18).toUpperCase()}`,
      SecretAccessKey: instance.id,
      Token: instance.id,
      Expiration: secondsOf(from + VALID_HOURS * HOUR_NS),
    },
    null,
    2,
  ).replace(/": /g, '" : ')}`
}

const identity = (vpc: AwsVpc, instance: AwsInstance): string =>
  JSON.stringify(
    {
      accountId: vpc.ownerId,
      architecture: 'x86_64',
      availabilityZone: instance.eni.subnet.availabilityZone,
      imageId: IMAGE,
      instanceId: instance.id,
      instanceType: INSTANCE_TYPE,
      pendingTime: secondsOf(instance.launchedNs),
      privateIp: instance.address,
      region: vpc.region,
      version: '2017-09-30',
    },
    null,
    2,
  ).replace(/": /g, '" : ')

const interfaceNode = (vpc: AwsVpc, eni: AwsEni): MetadataNode => ({
  'device-number': `${eni.deviceIndex}`,
  'interface-id': eni.id,
  'local-hostname': privateDnsName(vpc, eni.address),
  'local-ipv4s': eni.addresses.join('\n'),
  mac: eni.mac,
  'owner-id': vpc.ownerId,
  'subnet-id': eni.subnet.id,
  'subnet-ipv4-cidr-block': eni.subnet.cidr,
  'vpc-id': vpc.id,
  'vpc-ipv4-cidr-block': formatPrefix(vpc.range),
})

const treeOf = (vpc: AwsVpc, instance: AwsInstance): MetadataNode => {
  const hostname = privateDnsName(vpc, instance.address)
  const macs = Object.fromEntries(instance.enis.map(eni => [eni.mac, interfaceNode(vpc, eni)]))
  const metaData: MetadataNode = {
    'ami-id': IMAGE,
    hostname,
    ...(instance.role !== null && { iam: { 'security-credentials': { [ROLE]: credentials(instance) } } }),
    'instance-id': instance.id,
    'instance-type': INSTANCE_TYPE,
    'local-hostname': hostname,
    'local-ipv4': instance.address,
    mac: instance.eni.mac,
    network: { interfaces: { macs } },
    placement: { 'availability-zone': instance.eni.subnet.availabilityZone, region: vpc.region },
    services: { domain: 'amazonaws.com', partition: 'aws' },
  }
  const dynamic: MetadataNode = { 'instance-identity': { document: identity(vpc, instance) } }
  return { latest: { dynamic, 'meta-data': metaData } }
}

const SERVER = ['Server: EC2ws', 'Connection: close']
const HEADERS = ['Content-Type: text/plain', ...SERVER]

/** Answers a request to the metadata service; the instance is the one with the address that asks. */
export const imdsAnswer = (vpc: AwsVpc, request: HttpRequest): HttpResponse => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, headers: HEADERS }
  const instance = vpc.instanceAt(request.from.address)
  const node = instance === null ? null : metadataAt(treeOf(vpc, instance), pathOf(request.path))
  if (node === null) return { status: 404, headers: ['Content-Type: text/html', ...SERVER], body: NOT_FOUND }
  return { headers: HEADERS, body: typeof node === 'string' ? node : metadataList(node) }
}
