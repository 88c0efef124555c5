/**
 * The udp backend when the other host's daemon is gone and its lease is still there, as recorded: what goes out, what comes
 * back, and how the daemon finds its lease again.
 */
import { suite } from 'uvu'
import { EdgeLab, withBackend } from './edge-lab.js'
import { assertTranscript } from './edge-transcript.js'

const test = suite('flannel/edge-udp')

const PING = ['ping', '-e', '4660', '-c', '1', '-s', '8', '-W', '1', '10.244.2.2']
const NC = ['nc', '-u', '-s', '10.244.1.2', '-p', '40000', '-w', '1', '10.244.2.2', '5000']

/** IP ids are drawn, and the time of an answer is measured. */
const masked = (text: string): string =>
  text.replace(/, id \d+, offset/g, ', id <n>, offset').replace(/time(=| )[\d.]+ ?ms/g, 'time$1<t>ms')

test('datagrams to a daemon that is gone meet a closed port, and nobody says so to the pod', () => {
  const lab = new EdgeLab({ hosts: 2 })
  lab.config(withBackend('udp'))
  lab.start('h1', { options: ['-v=6'], subnet: '10.244.1.1/24' })
  lab.start('h2', { subnet: '10.244.2.1/24' })
  lab.sleep(0.5)
  lab.pod('h1', 'a1', 2)
  lab.pod('h2', 'b1', 2)
  lab.x('a1', PING)
  lab.stop('h2', 'SIGKILL')
  lab.sleep(0.3)
  const from = lab.position()
  for (const ns of ['und', 'out', 'etcd', 'h1', 'h2', 'a1', 'b1']) lab.x(ns, 'ip neigh flush all')
  const captures = (
    [
      ['a1', 'eth0', ''],
      ['h1', 'flannel0', ''],
      ['h1', 'eth0', 'not host 192.168.99.2'],
    ] as const
  ).map(([ns, dev, filter]) => {
    const argv = ['tcpdump', '-nn', '-v', '-t', '-l', '-i', dev, ...filter.split(' ').filter(word => word !== '')]
    return [`${ns}-${dev}`, lab.shell.background(ns, argv)] as const
  })
  lab.sleep(0.1)
  let text = '# v0.20.2 udp: flanneld of h2 killed, its lease still there: what h1 and its pod see\n'
  text += `$ [a1] ${PING.join(' ')}\n${lab.x('a1', PING)}`
  text += `$ printf 'hello' | [a1] ${NC.join(' ')}\n`
  text += lab.shell.run('a1', NC, new TextEncoder().encode('hello')).output
  lab.sleep(0.6)
  for (const [name, running] of captures) {
    lab.shell.end(running)
    const lines = running.output.split('\n').filter(line => !/^tcpdump: |packets? (captured|received|dropped)/.test(line))
    text += `--- ${name}\n${lines.join('\n')}\n`
  }
  text += `${lab.logs(['h1'], from)}${lab.state('h2')}=== flanneld of h2 starts again: found by public IP\n`
  lab.start('h2')
  lab.sleep(0.5)
  assertTranscript('udp-peer-down', text + lab.x('a1', PING), masked)
})

test.run()
