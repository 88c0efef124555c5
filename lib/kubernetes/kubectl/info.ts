/**
 * `kubectl version` and `kubectl api-resources`.
 *
 * @see kubectl pkg/cmd/version, apiresources
 */
import { KUBERNETES_VERSION } from '../apiserver/discovery.js'
import { type KubectlCommand, resourcesOf } from './command.js'
import { flag } from './flags.js'
import { TabWriter } from './printer.js'

/** `kubectl version`. */
export const versionCommand: KubectlCommand = {
  name: 'version',
  flags: [flag('client', 'bool')],
  *run({ client, out }, _args, flags) {
    const own = `Client Version: ${KUBERNETES_VERSION}\nKustomize Version: v5.5.0\n`
    out(own)
    if (flags.is('client')) return 0
    const info = (yield* client.send({ method: 'GET', path: '/version', query: { timeout: '32s' } })) as {
      gitVersion?: string
    }
    out(`Server Version: ${info.gitVersion ?? ''}\n`)
    return 0
  },
}

/** `kubectl api-resources`. */
export const apiResourcesCommand: KubectlCommand = {
  name: 'api-resources',
  flags: [],
  *run(kubectl) {
    const rows = (yield* resourcesOf(kubectl)).map(r => [
      r.resource,
      r.shortNames.join(','),
      'v1',
      String(r.isNamespaced),
      r.kind,
    ])
    kubectl.out(new TabWriter().write([['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND'], ...rows]))
    return 0
  },
}
