/**
 * Actions of the EC2 API about instances and their interfaces.
 *
 * @see Amazon EC2 API Reference, DescribeInstances, DescribeNetworkInterfaces
 */
import { isoTime } from '../../sim/civil.js'
import type { XmlMembers } from '../xml.js'
import type { AwsEni, AwsInstance } from './aws-instance.js'
import type { AwsVpc } from './aws-vpc.js'
import type { Ec2Params, FilterValues } from './ec2-params.js'

const STATES = {
  running: { code: 16, name: 'running' },
  stopped: { code: 80, name: 'stopped' },
  terminated: { code: 48, name: 'terminated' },
} as const

/** Name of a private address in the VPC's own DNS. */
export const privateDnsName = (vpc: AwsVpc, address: string): string => {
  const domain = vpc.region === 'us-east-1' ? 'ec2.internal' : `${vpc.region}.compute.internal`
  return `ip-${address.replaceAll('.', '-')}.${domain}`
}

const attachment = (eni: AwsEni): XmlMembers => ({
  attachmentId: eni.attachmentId,
  deviceIndex: eni.deviceIndex,
  status: 'attached',
  attachTime: `${isoTime(eni.instance.launchedNs)}Z`,
  deleteOnTermination: true,
})

const addresses = (vpc: AwsVpc, eni: AwsEni): XmlMembers[] =>
  eni.addresses.map((address, i) => ({
    privateIpAddress: address,
    privateDnsName: privateDnsName(vpc, address),
    primary: i === 0,
  }))

const interfaceItem = (vpc: AwsVpc, eni: AwsEni): XmlMembers => ({
  networkInterfaceId: eni.id,
  subnetId: eni.subnet.id,
  vpcId: vpc.id,
  description: '',
  ownerId: vpc.ownerId,
  status: 'in-use',
  macAddress: eni.mac,
  privateIpAddress: eni.address,
  privateDnsName: privateDnsName(vpc, eni.address),
  sourceDestCheck: eni.sourceDestCheck,
  groupSet: [],
  attachment: attachment(eni),
  privateIpAddressesSet: addresses(vpc, eni),
})

const instanceItem = (vpc: AwsVpc, instance: AwsInstance): XmlMembers => {
  const isThere = instance.state !== 'terminated'
  const { eni } = instance
  return {
    instanceId: instance.id,
    instanceState: STATES[instance.state],
    privateDnsName: isThere ? privateDnsName(vpc, eni.address) : '',
    dnsName: '',
    launchTime: `${isoTime(instance.launchedNs)}Z`,
    placement: { availabilityZone: eni.subnet.availabilityZone, groupName: '', tenancy: 'default' },
    subnetId: isThere ? eni.subnet.id : null,
    vpcId: isThere ? vpc.id : null,
    privateIpAddress: isThere ? eni.address : null,
    sourceDestCheck: isThere ? eni.sourceDestCheck : null,
    groupSet: [],
    networkInterfaceSet: instance.enis.filter(e => e.isAttached).map(e => interfaceItem(vpc, e)),
  }
}

const instanceFilter =
  (vpc: AwsVpc, instance: AwsInstance): FilterValues =>
  name => {
    switch (name) {
      case 'availability-zone':
        return [instance.eni.subnet.availabilityZone]
      case 'instance-id':
        return [instance.id]
      case 'instance-state-name':
        return [instance.state]
      case 'private-ip-address':
        return [instance.address]
      case 'subnet-id':
        return [instance.eni.subnet.id]
      case 'vpc-id':
        return [vpc.id]
      default:
        return null
    }
  }

/** DescribeInstances: reservations with the instances that the filters let through. Throws an Ec2Error. */
export const describeInstances = (vpc: AwsVpc, params: Ec2Params): XmlMembers => {
  const ids = params.list('InstanceId')
  const instances = ids.length === 0 ? vpc.instances : ids.map(id => vpc.instance(id))
  return {
    reservationSet: instances
      .filter(instance => params.meets(instanceFilter(vpc, instance)))
      .map(instance => ({
        reservationId: instance.reservationId,
        ownerId: vpc.ownerId,
        groupSet: [],
        instancesSet: [instanceItem(vpc, instance)],
      })),
  }
}

const interfaceFilter =
  (vpc: AwsVpc, eni: AwsEni): FilterValues =>
  name => {
    switch (name) {
      case 'addresses.private-ip-address':
        return eni.addresses
      case 'attachment.instance-id':
        return [eni.instance.id]
      case 'mac-address':
        return [eni.mac]
      case 'network-interface-id':
        return [eni.id]
      case 'private-ip-address':
        return [eni.address]
      case 'source-dest-check':
        return [`${eni.sourceDestCheck}`]
      case 'subnet-id':
        return [eni.subnet.id]
      case 'vpc-id':
        return [vpc.id]
      default:
        return null
    }
  }

/** DescribeNetworkInterfaces. Throws an Ec2Error. */
export const describeNetworkInterfaces = (vpc: AwsVpc, params: Ec2Params): XmlMembers => {
  const ids = params.list('NetworkInterfaceId')
  const enis = ids.length === 0 ? vpc.enis() : ids.map(id => vpc.eni(id))
  return {
    networkInterfaceSet: enis
      .filter(eni => params.meets(interfaceFilter(vpc, eni)))
      .map(eni => {
        const instance = { instanceId: eni.instance.id, instanceOwnerId: vpc.ownerId }
        return {
          ...interfaceItem(vpc, eni),
          availabilityZone: eni.subnet.availabilityZone,
          attachment: { ...attachment(eni), ...instance },
        }
      }),
  }
}
