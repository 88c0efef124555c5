/**
 * Names of the annotations by which flannel's hosts tell each other of themselves.
 *
 * @see flannel subnet/kube/annotations.go
 */
import { SubnetError } from '../subnet.js'

/** Keys of a node's annotations. */
export interface Annotations {
  readonly subnetKubeManaged: string
  readonly backendData: string
  readonly backendType: string
  readonly backendPublicIp: string
  readonly backendPublicIpOverwrite: string
}

const FORM = /(?:[a-z0-9_-]+\.)+[a-z0-9_-]+\/(?:[a-z0-9_-]+-)?$/

/** The keys with this prefix: `flannel.alpha.coreos.com`, or `example.com/a`. Throws a SubnetError for another form. */
export const newAnnotations = (given: string): Annotations => {
  const slashes = given.split('/').length - 1
  if (slashes > 1) throw new SubnetError('subnet/kube: prefix can contain at most single slash')
  const withSlash = slashes === 0 ? `${given}/` : given
  const prefix = /[/-]$/.test(withSlash) ? withSlash : `${withSlash}-`
  if (!FORM.test(prefix)) throw new SubnetError('subnet/kube: prefix must be in a format: fqdn/[0-9a-z-_]*')
  return {
    subnetKubeManaged: `${prefix}kube-subnet-manager`,
    backendData: `${prefix}backend-data`,
    backendType: `${prefix}backend-type`,
    backendPublicIp: `${prefix}public-ip`,
    backendPublicIpOverwrite: `${prefix}public-ip-overwrite`,
  }
}
