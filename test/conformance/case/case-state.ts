/**
 * A state of a recorded cluster: what each host's tools show, section by section.
 */
import type { CaseShell } from './case-shell.js'

/** Sections of the state with everything, and of the others. */
const FULL: readonly string[] = [
  'ip -d link show',
  'ip -4 addr show',
  'ip route show table all',
  'ip neigh show',
  'bridge fdb show',
  'bridge link show',
  'iptables-save -c',
  'conntrack -L',
]
const SHORT: readonly string[] = [
  'ip -4 -br addr show',
  'ip route show',
  'ip neigh show',
  'bridge fdb show',
  'iptables-save -c',
]

/** The state with everything has this number. */
const FULL_LABEL = /^state-2-/

/** Group addresses, which every device with IPv6 or multicast has. */
const GROUP_ADDRESS = /^(33:33|01:00:5e)/

const CONF = 'rp_filter|forwarding|proxy_arp|arp_ignore|arp_announce|send_redirects|accept_redirects'
const NEIGH = 'app_solicit|ucast_solicit|mcast_solicit|base_reachable_time_ms|delay_first_probe_time'
const SYSCTLS = new RegExp(
  `^(net\\.ipv4\\.ip_forward |net\\.ipv4\\.ip_default_ttl|net\\.ipv4\\.conf\\.(all|eth0|cni0|flannel.*)\\.(${CONF}) |` +
    `net\\.bridge\\.bridge-nf-call-iptables|net\\.ipv4\\.neigh\\.(default|flannel.*)\\.(${NEIGH}) )`,
)

const keepLines = (text: string, isKept: (line: string) => boolean): string => {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return `${lines.filter(isKept).join('\n')}\n`
}

const section = (shell: CaseShell, host: string, command: string): string => {
  const text = shell.expect(host, command.split(' '))
  if (command.startsWith('bridge fdb')) return keepLines(text, line => !GROUP_ADDRESS.test(line))
  if (command.startsWith('iptables-save')) return keepLines(text, line => !line.startsWith('#'))
  return text
}

/** The text of `HOST.txt`; `subnetEnv` is null where the host has no such file. */
export const stateText = (shell: CaseShell, label: string, host: string, subnetEnv: string | null): string => {
  const isFull = FULL_LABEL.test(label)
  let text = ''
  for (const command of isFull ? FULL : SHORT) text += `### ${command}\n${section(shell, host, command)}`
  if (isFull) {
    const all = shell.expect(host, ['sysctl', '-a'])
    text += `### sysctl (selection)\n${keepLines(all, line => SYSCTLS.test(line))}`
  }
  return subnetEnv === null ? text : `${text}### subnet.env\n${subnetEnv}`
}
