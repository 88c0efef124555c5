/**
 * What flanneld reuses at its start, as recorded: the subnet file, a lease for its public address, the device.
 */
import { suite } from 'uvu'
import { type DaemonStart, EdgeLab, withBackend } from './edge-lab.js'
import { assertTranscript } from './edge-transcript.js'

const test = suite('flannel/edge-reuse')

const SUBNETS = '/coreos.com/network/subnets'

/** One start of h1: what it logs, writes and leaves. It is stopped then. */
const start = (
  lab: EdgeLab,
  title: string,
  { before = () => {}, ...how }: DaemonStart & { before?: () => void },
): string => {
  const from = lab.position()
  before()
  lab.start('h1', how)
  const text = `===== ${title}\n${lab.logs(['h1'], from)}subnet.env: ${lab.envDict('h1')}\n${lab.state('h1')}`
  lab.stop('h1')
  return text
}

test('the subnet file, the lease of the public address and the device are reused as recorded', () => {
  const lab = new EdgeLab({ hosts: 2 })
  lab.config(withBackend('vxlan'))
  const clean = (): void => lab.deleteAll(SUBNETS)
  let text = '# v0.20.2 vxlan: what is reused at start\n'
  text += start(lab, 'fresh start with previous subnet 10.244.7.0/24 in subnet.env, no lease in etcd', {
    subnet: '10.244.7.1/24',
  })
  text += start(lab, 'subnet.env says 10.244.8.0/24 but etcd has a lease for this public IP on 10.244.7.0/24', {
    subnet: '10.244.8.1/24',
  })
  text += start(lab, 'no lease in etcd, subnet.env 10.244.9.0/24: device flannel.1 exists with 10.244.7.0', {
    before: clean,
    subnet: '10.244.9.1/24',
  })
  text += start(lab, 'lease of another host already on the subnet that subnet.env names', {
    before: () => {
      clean()
      lab.put(
        `${SUBNETS}/10.244.9.0-24`,
        '{"PublicIP":"192.168.99.12","BackendType":"vxlan","BackendData":{"VtepMAC":"02:11:22:33:44:55"}}',
      )
    },
    subnet: '10.244.9.1/24',
  })
  text += start(lab, 'subnet.env with a subnet outside of the network', { before: clean, subnet: '10.9.9.1/24' })
  text += start(lab, 'reservation: key without TTL for this public IP', {
    before: () => {
      clean()
      lab.put(`${SUBNETS}/10.244.40.0-24`, '{"PublicIP":"192.168.99.11"}')
    },
  })
  text += lab.keys()
  text += start(lab, 'Port 4789 now: the existing flannel.1 (8472) is incompatible', {
    before: () => {
      clean()
      lab.config(withBackend('vxlan', { VNI: 1, Port: 4789 }))
    },
    subnet: '10.244.9.1/24',
  })
  const network = { Network: '10.50.0.0/16', Backend: { Type: 'vxlan' } }
  text += start(lab, 'lease in etcd not within a new Network: deleted, new one (Network 10.50.0.0/16)', {
    before: () => lab.config(network),
  })
  text += `${lab.x('h1', 'iptables-save')}\n${lab.keys()}===== a junk key under subnets\n`
  lab.put(`${SUBNETS}/junk`, 'x')
  lab.put(`${SUBNETS}/10.50.77.0-24`, 'not json')
  lab.config(network)
  const from = lab.position()
  const { process } = lab.start('h2')
  lab.sleep(0.5)
  lab.put(`${SUBNETS}/junk2`, 'x')
  lab.sleep(2.2)
  text += `${lab.logs(['h2'], from)}h2 running: ${process.exitStatus ?? 'None'}\n`
  assertTranscript('subnet-env-and-device-reuse', text)
})

test.run()
