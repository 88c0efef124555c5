/**
 * The EC2 API: requests as forms, answers as XML. Of its actions there are those about instances, interfaces, subnets and routes
 * that a program which routes in a VPC asks for; another one is refused with InvalidAction.
 *
 * DIFFERS: signatures are not looked at: the caller is the instance with the address that asks, and has its role.
 *
 * @see Amazon EC2 API Reference, "Making requests to the Amazon EC2 API"
 */
import type { HttpRequest, HttpResponse } from '../../app/http-response.js'
import { uuid } from '../id.js'
import { formOf } from '../service.js'
import { xmlElement, type XmlMembers } from '../xml.js'
import type { AwsVpc } from './aws-vpc.js'
import { describeInstances, describeNetworkInterfaces } from './ec2-instances.js'
import { Ec2Error } from './ec2-error.js'
import type { Ec2Params } from './ec2-params.js'
import { Params } from './ec2-params.js'
import { createRoute, deleteRoute, describeRouteTables, describeSubnets, replaceRoute } from './ec2-routes.js'

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/'

/** Answers an action: the elements behind the requestId. Throws an Ec2Error. */
type Ec2Action = (vpc: AwsVpc, params: Ec2Params) => XmlMembers

const modifyNetworkInterfaceAttribute: Ec2Action = (vpc, params) => {
  const eni = vpc.eni(params.need('NetworkInterfaceId', 'networkInterfaceId'))
  eni.sourceDestCheck = params.bool('SourceDestCheck.Value', 'sourceDestCheck')
  return { return: true }
}

const modifyInstanceAttribute: Ec2Action = (vpc, params) => {
  const instance = vpc.instance(params.need('InstanceId', 'instanceId'))
  const value = params.bool('SourceDestCheck.Value', 'sourceDestCheck')
  if (instance.enis.length > 1) {
    const text = `There are multiple interfaces attached to instance '${instance.id}'. Please specify an interface ID for the operation instead.`
    throw new Ec2Error('InvalidInstanceID', text)
  }
  instance.sourceDestCheck = value
  return { return: true }
}

const ACTIONS: Readonly<Record<string, Ec2Action>> = {
  CreateRoute: createRoute,
  DeleteRoute: deleteRoute,
  DescribeInstances: describeInstances,
  DescribeNetworkInterfaces: describeNetworkInterfaces,
  DescribeRouteTables: describeRouteTables,
  DescribeSubnets: describeSubnets,
  ModifyInstanceAttribute: modifyInstanceAttribute,
  ModifyNetworkInterfaceAttribute: modifyNetworkInterfaceAttribute,
  ReplaceRoute: replaceRoute,
}

const allows = (role: readonly string[], action: string): boolean =>
  role.some(pattern => pattern === '*' || pattern === 'ec2:*' || pattern === `ec2:${action}`)

/** What the caller may do. Throws AuthFailure, UnauthorizedOperation. */
const authorize = (vpc: AwsVpc, address: string, action: string): void => {
  const role = vpc.instanceAt(address)?.role ?? null
  if (role === null) throw new Ec2Error('AuthFailure', 'AWS was not able to validate the provided access credentials')
  if (!allows(role, action))
    throw new Ec2Error('UnauthorizedOperation', 'You are not authorized to perform this operation.')
}

const HEADERS = ['Content-Type: text/xml;charset=UTF-8', 'Server: AmazonEC2']
const PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'

const answer = (vpc: AwsVpc, params: Ec2Params, from: string, requestId: string): string => {
  const name = params.get('Action')
  if (name === null) throw new Ec2Error('MissingAction', 'The request is missing an action or a required parameter')
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name]! : null
  if (action === null) throw new Ec2Error('InvalidAction', `The action ${name} is not valid for this web service.`)
  authorize(vpc, from, name)
  return xmlElement(`${name}Response`, { requestId, ...action(vpc, params) }, 0, ` xmlns="${NAMESPACE}"`)
}

/** Answers a request to the API. */
export const ec2Answer = (vpc: AwsVpc, request: HttpRequest): HttpResponse => {
  const query = request.method === 'POST' ? request.text : request.path.slice(request.path.indexOf('?') + 1)
  const requestId = uuid(vpc.rng)
  try {
    const body = answer(vpc, new Params(formOf(query)), request.from.address, requestId)
    return { headers: HEADERS, body: `${PROLOG}${body.trimEnd()}` }
  } catch (e) {
    if (!(e instanceof Ec2Error)) throw e
    const error = xmlElement('Error', { Code: e.awsCode, Message: e.message }).replace(/\n */g, '')
    const body = `${PROLOG}<Response><Errors>${error}</Errors><RequestID>${requestId}</RequestID></Response>`
    return { status: e.status, headers: HEADERS, body }
  }
}
