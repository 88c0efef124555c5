/**
 * flanneld's start as recorded: bad configurations, a store that is down, no subnet left, a public address of its own.
 */
import { suite } from 'uvu'
import { EdgeLab, withBackend } from './edge-lab.js'
import { assertTranscript, recordedTranscript } from './edge-transcript.js'

const test = suite('flannel/edge-start')

const LEFT_OUT =
  /CLI flags|no certificate|Installing signal|Created subnet|Determining|Using interface|Defaulting ext|iptables|masking|FORWARD/
const DEVICES = ['flannel.0', 'flannel.1', 'flannel.70000', 'flannel.16777216', 'flannel0']

/** Title and text of each configuration that was tried; null for none. */
const configurations = (): [string, string | null][] =>
  [...recordedTranscript('invalid-config-v0.20.2').matchAll(/^== (.*)\nconfig: (.*)$/gm)].map(
    ([, title = '', text = '']) => [title, text === 'None' ? null : text],
  )

/** Tries one configuration for 1.6 s. */
const tryConfiguration = (lab: EdgeLab, title: string, text: string | null): string => {
  lab.deleteAll('/coreos.com/network')
  if (text !== null) lab.config(text)
  lab.removeEnv('h1')
  const from = lab.position()
  const { process } = lab.start('h1', { noWait: true })
  lab.sleep(1.6)
  const status = process.exitStatus ?? 'None'
  lab.x('h1', 'iptables -t nat -F')
  const lines = lab
    .log('h1', from)
    .split('\n')
    .filter(line => line !== '' && !LEFT_OUT.test(line))
  if (process.exitStatus === null) lab.stop('h1')
  for (const dev of DEVICES) lab.x('h1', `ip link del ${dev}`)
  const env = lab.env('h1')
  return (
    `== ${title}\nconfig: ${text ?? 'None'}\nexit code after 1.6 s: ${status} (None = still running)\n` +
    `${lines.slice(0, 9).join('\n')}\n${env === null ? '' : `subnet.env: ${env.replaceAll('\n', ' ')}\n`}`
  )
}

test('each configuration that is wrong, or nearly so, is judged as recorded', () => {
  const lab = new EdgeLab()
  const tried = configurations().map(([title, text]) => tryConfiguration(lab, title, text))
  assertTranscript(
    'invalid-config-v0.20.2',
    `# flanneld v0.20.2: one host, one configuration at a time, about 1.6 s each\n${tried.join('')}`,
  )
})

test('a store that is down is waited for in silence', () => {
  const lab = new EdgeLab()
  lab.config(withBackend('vxlan'))
  lab.store.kill()
  const { process } = lab.start('h1', { noWait: true })
  lab.sleep(4)
  let text = `# v0.20.2: flanneld started while etcd is down, etcd comes 4 s later\n${lab.logs()}`
  const from = lab.position()
  lab.restartStore()
  lab.sleep(4)
  text += `--- after etcd came\n${lab.logs(['h1'], from)}running: ${process.exitStatus ?? 'None'}\n`
  assertTranscript('etcd-down-at-start', text)
})

test('the fourth host of a network with three subnets is refused', () => {
  const lab = new EdgeLab({ hosts: 4 })
  lab.config({ Network: '10.5.0.0/24', SubnetLen: 26, Backend: { Type: 'alloc' } })
  let text = '# Network 10.5.0.0/24, SubnetLen 26: subnets .64 .128 .192 only; fourth host\n'
  for (const host of lab.hosts) {
    const from = lab.position()
    const { process } = lab.start(host, { noWait: host === 'h4' })
    if (host === 'h4') lab.sleep(1.5)
    text += host === 'h4' ? `h4 exit code: ${process.exitStatus}\n` : `${host} ${lab.envDict(host)}\n`
    text += lab.logs([host], from)
  }
  assertTranscript('exhausted', text + lab.keys())
})

test("host-gw refuses a public address that is not the interface's", () => {
  const lab = new EdgeLab()
  lab.config(withBackend('host-gw'))
  const { process } = lab.start('h1', { options: ['-public-ip=203.0.113.77'], noWait: true })
  lab.sleep(1.2)
  const title = '# v0.20.2 host-gw with -public-ip different from the interface address\n'
  assertTranscript('host-gw-public-ip', `${title}exit code ${process.exitStatus}\n${lab.logs()}`)
})

test("vxlan writes the public address into the lease, and uses the interface's for its device", () => {
  const lab = new EdgeLab()
  lab.config(withBackend('vxlan'))
  lab.start('h1', { options: ['-public-ip=203.0.113.77'] })
  const title =
    '# v0.20.2 vxlan with -public-ip different from the interface address (NAT): lease has the public one, device local is the interface one\n'
  assertTranscript('vxlan-public-ip', title + lab.logs() + lab.state('h1') + lab.keys())
})

test.run()
