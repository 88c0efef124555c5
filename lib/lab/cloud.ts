/**
 * Clouds: a network of virtual machines whose routing is a cloud's, with its control plane.
 */
import { AwsVpc, type AwsVpcOptions } from '../cloud/aws/aws-vpc.js'
import { GceNetwork, type GceNetworkOptions } from '../cloud/gce/gce-network.js'
import { NetloomError } from '../errors.js'
import type { World } from './world.js'

/** An Amazon VPC. */
export interface AwsCloudOptions extends AwsVpcOptions {
  readonly kind: 'aws'
}

/** A VPC network of Google Cloud. */
export interface GceCloudOptions extends GceNetworkOptions {
  readonly kind: 'gce'
}

/** What {@link createCloud} makes for its options. */
export type CloudOf<O extends { readonly kind: 'aws' | 'gce' }> = O['kind'] extends 'aws' ? AwsVpc : GceNetwork

/**
 * Makes the network of a cloud in a world: a router's namespace (`vpc`), to which `attach` connects namespaces as virtual machines.
 * It enforces what the cloud enforces: the check of source and destination, one target for each route, quotas. Throws EINVAL,
 * EEXIST for the name of a namespace.
 *
 * @example
 * const vpc = createCloud(world, { kind: 'aws', cidr: '10.0.0.0/16' })
 * const n1 = vpc.attach(world.addNetns('n1'))
 * n1.sourceDestCheck = false
 * vpc.createRoute(vpc.routeTables[0], '10.40.1.0/24', n1.eni)
 * console.log(`${vpc}`)
 */
export const createCloud = <O extends AwsCloudOptions | GceCloudOptions>(world: World, options: O): CloudOf<O> => {
  const { kind, ...rest } = options
  if (kind === 'aws') return new AwsVpc(world.kernel, rest as AwsVpcOptions) as CloudOf<O>
  if (kind === 'gce') return new GceNetwork(world.kernel, rest as GceNetworkOptions) as CloudOf<O>
  throw new NetloomError('EINVAL', `createCloud: unknown kind "${kind as string}"; known are aws, gce`, { kind })
}
