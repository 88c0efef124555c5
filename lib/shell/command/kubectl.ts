/**
 * `kubectl` of Kubernetes 1.32, for nodes: get, create, delete, annotate, label, patch, cordon, uncordon, version,
 * api-resources. What it does stands in lib/kubernetes/kubectl/.
 *
 * @see kubectl(1)
 */
import type { Command } from '../../app/command.js'
import { kubectl } from '../../kubernetes/kubectl/kubectl.js'
import { netnsOf } from './netns-of.js'

export const kubectlCommand: Command = {
  name: 'kubectl',
  run: (ctx, argv) => kubectl(netnsOf(ctx, 'kubectl'), argv.slice(1), { stdin: ctx.stdin, env: ctx.env ?? {} }),
}
