/**
 * What the subnet manager on Kubernetes finds around it: the API server, the node that it runs on, the network configuration.
 *
 * @see flannel subnet/kube/kube.go NewSubnetManager; k8s.io/client-go tools/clientcmd/client_config.go
 */
import { errnoText, isErrnoError } from '../../../app/go-error.js'
import { NetworkError } from '../../../app/go-net.js'
import type { Klog } from '../../../app/klog.js'
import { octetText } from '../../../app/octet-text.js'
import type { Process } from '../../../app/process.js'
import type { Thread } from '../../../app/thread.js'
import { NetloomError } from '../../../errors.js'
import { fsOf } from '../../../fs/file-system.js'
import { ApiError } from '../../../kubernetes/apimachinery/status.js'
import type { KubeClient } from '../../../kubernetes/client/client.js'
import { kubeconfigServer, type ServerAddress, serverOf } from '../../../kubernetes/client/kubeconfig.js'
import { type FlannelConfig, parseConfig } from '../config.js'
import { SubnetError } from '../subnet.js'

/** What the subnet manager needs, by flanneld's flags. */
export interface KubeSubnetOptions {
  readonly kubeApiUrl: string
  readonly kubeconfigFile: string
  readonly kubeAnnotationPrefix: string
  readonly netConfigPath: string
  readonly setNodeNetworkUnavailable: boolean
  /** Environment of the program: NODE_NAME, or POD_NAME and POD_NAMESPACE. */
  readonly env: Readonly<Record<string, string>>
}

/** Throws a SubnetError. */
export const refuse = (text: string): never => {
  throw new SubnetError(text)
}

/** Text of an error of the API, the network, flannel or the host. Throws what is none. */
export const messageOf = (e: unknown): string => {
  if (e instanceof ApiError || e instanceof NetworkError || e instanceof SubnetError || e instanceof NetloomError)
    return e.message
  throw e
}

/**
 * The API server that the flags name, else the one that pods are told of.
 *
 * DIFFERS: in a pod the real client speaks TLS with the service account's token; here it speaks plain HTTP without.
 */
export const serverFor = (
  process: Process,
  { kubeApiUrl, kubeconfigFile, env }: KubeSubnetOptions,
  log: Klog,
): ServerAddress => {
  try {
    if (kubeApiUrl !== '') return serverOf(kubeApiUrl)
    if (kubeconfigFile !== '') return kubeconfigServer(fsOf(process.netns), kubeconfigFile)
  } catch (e) {
    return refuse(`fail to create kubernetes config: ${messageOf(e)}`)
  }
  const text = 'Neither --kubeconfig nor --master was specified.  Using the inClusterConfig.  This might not work.'
  log.warning('client_config.go:617', text)
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = env
  if (host !== '' && port !== '') return serverOf(`http://${host}:${port}`)
  const why =
    'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined'
  log.warning('client_config.go:622', `error creating inClusterConfig, falling back to default config: ${why}`)
  return refuse(
    'fail to create kubernetes config: invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable',
  )
}

/** Name of the node that the program runs on: given, or that of its pod. */
export function* nodeNameOf(client: KubeClient, env: Readonly<Record<string, string>>): Thread<string> {
  const { NODE_NAME: name = '', POD_NAME: pod = '', POD_NAMESPACE: namespace = '' } = env
  if (name !== '') return name
  if (pod === '' || namespace === '') return refuse('env variables POD_NAME and POD_NAMESPACE must be set')
  try {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}`
    const got = (yield* client.send({ method: 'GET', path, about: `get pods ${pod}` })) as {
      spec?: { nodeName?: string }
    }
    const nodeName = got.spec?.nodeName ?? ''
    return nodeName === '' ? refuse(`node name not present in pod spec '${namespace}/${pod}'`) : nodeName
  } catch (e) {
    if (e instanceof SubnetError) throw e
    return refuse(`error retrieving pod spec for '${namespace}/${pod}': ${messageOf(e)}`)
  }
}

/** The network configuration of a file. Throws a SubnetError. */
export const readNetConf = (process: Process, path: string): FlannelConfig => {
  let text: string
  try {
    text = octetText(fsOf(process.netns).readFile(path))
  } catch (e) {
    const call = isErrnoError(e, 'EISDIR') ? 'read' : 'open'
    return refuse(`failed to read net conf: ${call} ${path}: ${errnoText(e)}`)
  }
  try {
    return parseConfig(text)
  } catch (e) {
    return refuse(`error parsing subnet config: ${messageOf(e)}`)
  }
}
