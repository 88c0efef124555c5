/**
 * State files: the ending of the name decides what is masked and whether the order of lines counts.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { canonState, compareState } from './state-files.js'

const test = suite('conformance/state-files')

interface Case {
  readonly name: string
  readonly file: string
  readonly recorded: string
  readonly actual: string
  readonly equal: boolean
}

const CT = 'tcp      6 119 TIME_WAIT src=10.0.1.2 dst=10.0.2.2 sport=4000 dport=80 src=10.0.2.2 dst=10.0.2.1 [ASSURED]'

const CASES: readonly Case[] = [
  {
    name: 'conntrack: time left, use and id are masked, the order does not count',
    file: 'r.conntrack',
    recorded: `${CT} mark=0 use=1 id=123\nudp      17 29 src=10.0.0.1\n`,
    actual: `udp      17 3 src=10.0.0.1\n${CT.replace('119', '7')} mark=0 use=2 id=9\n`,
    equal: true,
  },
  {
    name: 'conntrack: the mark is compared',
    file: 'r.conntrack',
    recorded: `${CT} mark=0 use=1`,
    actual: `${CT} mark=1 use=1`,
    equal: false,
  },
  {
    name: 'conntrack: the state is compared',
    file: 'r.conntrack',
    recorded: CT,
    actual: CT.replace('TIME_WAIT', 'CLOSE'),
    equal: false,
  },
  {
    name: 'neigh: ages, probes and references are masked, the order does not count',
    file: 'h1.neigh',
    recorded:
      '10.0.0.3 dev eth0 FAILED\n10.0.0.2 dev eth0 lladdr 02:00:00:00:02:01 ref 1 used 1/2/3 probes 4 REACHABLE',
    actual:
      '10.0.0.2 dev eth0 lladdr 02:00:00:00:02:01 used 10/20/30 probes 1 REACHABLE \n10.0.0.3 dev eth0 FAILED\n\n',
    equal: true,
  },
  {
    name: 'neigh: the state is compared',
    file: 'h1.neigh',
    recorded: '10.0.0.2 dev eth0 lladdr 02:00:00:00:02:01 REACHABLE',
    actual: '10.0.0.2 dev eth0 lladdr 02:00:00:00:02:01 STALE',
    equal: false,
  },
  {
    name: 'fdb: ages are masked, the order does not count',
    file: 'sw.fdb',
    recorded: '02:00:00:00:01:01 dev p1 used 1/1 master br0\n02:00:00:00:02:01 dev p2 master br0',
    actual: '02:00:00:00:02:01 dev p2 master br0\n02:00:00:00:01:01 dev p1 used 0/7 master br0',
    equal: true,
  },
  {
    name: 'macs: the ageing timer at the end of the line is masked',
    file: 'sw.macs',
    recorded: '  1\t02:00:00:00:01:01\tno\t\t   0.52',
    actual: '  1\t02:00:00:00:01:01\tno\t\t   0.04',
    equal: true,
  },
  {
    name: 'macs: whether the address is local is compared',
    file: 'sw.macs',
    recorded: '  1\t02:00:00:00:01:01\tno\t\t   0.52',
    actual: '  1\t02:00:00:00:01:01\tyes\t\t   0.52',
    equal: false,
  },
  {
    name: 'route: lifetimes are masked',
    file: 'h1.route',
    recorded: '10.0.2.0/24 via 10.0.0.1 dev eth0 cache expires 595sec age 3sec',
    actual: '10.0.2.0/24 via 10.0.0.1 dev eth0 cache expires 1sec age 4sec',
    equal: true,
  },
  {
    name: 'route: the order counts',
    file: 'h1.route',
    recorded: 'default via 10.0.0.1 dev eth0\n10.0.0.0/24 dev eth0',
    actual: '10.0.0.0/24 dev eth0\ndefault via 10.0.0.1 dev eth0',
    equal: false,
  },
  {
    name: 'addr: lifetimes in seconds are masked',
    file: 'h1.addr',
    recorded: '       valid_lft 30sec preferred_lft 20sec',
    actual: '       valid_lft 29sec preferred_lft 19sec',
    equal: true,
  },
  {
    name: 'addr: forever is not a number of seconds',
    file: 'h1.addr',
    recorded: '       valid_lft forever preferred_lft forever',
    actual: '       valid_lft 29sec preferred_lft forever',
    equal: false,
  },
  {
    name: 'ping: times are masked',
    file: 'h1.ping',
    recorded:
      '16 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.051 ms\n2 packets transmitted, 2 received, time 204ms\nrtt min/avg/max/mdev = 1/2/3/4 ms',
    actual:
      '16 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=7 ms\n2 packets transmitted, 2 received, time 1ms\nrtt min/avg/max/mdev = 9/9/9/9 ms, pipe 2',
    equal: true,
  },
  {
    name: 'ping: counts are compared',
    file: 'h1.ping',
    recorded: '2 packets transmitted, 2 received, time 204ms',
    actual: '2 packets transmitted, 1 received, time 204ms',
    equal: false,
  },
  {
    name: 'iptables: comment lines are left out',
    file: 'r.iptables',
    recorded: '# Generated on Monday\n*filter\n:INPUT ACCEPT [1:84]\nCOMMIT\n',
    actual: '*filter\n:INPUT ACCEPT [1:84]\nCOMMIT\n# Completed on Tuesday\n',
    equal: true,
  },
  {
    name: 'iptables: counters are compared',
    file: 'r.iptables',
    recorded: ':INPUT ACCEPT [1:84]',
    actual: ':INPUT ACCEPT [2:168]',
    equal: false,
  },
  {
    name: 'any other ending: nothing is masked but blanks at the end',
    file: 's1-udp.recv',
    recorded: 'hello used 1/2/3  \n\n',
    actual: 'hello used 1/2/3',
    equal: true,
  },
  {
    name: 'any other ending: ages are text like any other',
    file: 's1-udp.recv',
    recorded: 'hello used 1/2/3',
    actual: 'hello used 1/2/4',
    equal: false,
  },
]

for (const { name, file, recorded, actual, equal } of CASES) {
  test(name, () => {
    assert.is(compareState(file, recorded, actual).equal, equal)
    assert.is(compareState(file, actual, recorded).equal, equal)
  })
}

test('a file that the run did not leave is not equal, even to an empty one', () => {
  assert.not(compareState('h1.route', '', null).equal)
  assert.ok(compareState('h1.route', '', '\n').equal)
})

test('the diff keeps the lines of both sides in order', () => {
  const { diff } = compareState('h1.route', 'a\nb\nc', 'a\nx\nc\nd')
  assert.equal(
    diff.map(line => line.side + line.text),
    [' a', '-b', '+x', ' c', '+d'],
  )
})

test('every column covered is counted', () => {
  const { masks } = canonState('r.conntrack', `${CT} mark=0 use=1\n${CT} mark=0 use=1`)
  assert.equal(masks, ['ct-timeout', 'ct-use', 'ct-timeout', 'ct-use'])
})

test.run()
