/** Reports of groups: RFC 1112, RFC 2236, RFC 3376, and what Linux makes of them. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HostLab } from './lab.js'
import { addr, internetChecksum } from './octets.js'

const test = suite('ip/igmp')

const QUERIER = '10.0.0.1'
const GROUPS = ['239.1.1.1', '239.1.1.2']
const ROUTER_ALERT = [0x94, 4, 0, 0]

const igmp = (octets: readonly number[]): number[] => {
  const m = [...octets]
  const sum = internetChecksum(m)
  m[2] = sum >> 8
  m[3] = sum & 255
  return m
}

const query = (lab: HostLab, octets: readonly number[], to = '224.0.0.1'): void =>
  lab.ip(
    QUERIER,
    to,
    2,
    igmp(octets),
    { ttl: 1, options: ROUTER_ALERT },
    `01:00:5e:${addr(to)
      .slice(1)
      .map(n => (n & 127).toString(16).padStart(2, '0'))
      .join(':')}`,
  )

/** A version 3 query: response time in 1/10 s, group, robustness, interval in seconds, number of sources. */
const v3 = (code: number, group = '0.0.0.0', { qrv = 2, qqic = 125, nsrcs = 0 } = {}): number[] => [
  0x11,
  code,
  0,
  0,
  ...addr(group),
  qrv,
  qqic,
  0,
  nsrcs,
  ...(nsrcs === 0 ? [] : addr('10.9.9.9')),
]
const v2 = (code: number, group = '0.0.0.0'): number[] => [0x11, code, 0, 0, ...addr(group)]

interface Heard {
  readonly time: number
  readonly to: string
  readonly what: string
}

/** What t reported since the last call: `v3 4:239.1.1.1 ...` with record types, `16 239.1.1.1`. Checks the headers. */
const heard = (lab: HostLab): Heard[] =>
  lab
    .sent()
    .filter(f => f.bytes[12] === 8 && f.bytes[13] === 0 && f.bytes[23] === 2)
    .map(({ time, bytes }) => {
      const p = bytes.subarray(14)
      assert.equal([p[0], p[1], p[6], p[8], ...p.subarray(20, 24)], [0x46, 0xc0, 0x40, 1, ...ROUTER_ALERT])
      assert.is(internetChecksum(p, 24), 0)
      const dotted = (o: number): string => [...p.subarray(o, o + 4)].join('.')
      const records = Array.from({ length: (p[30]! << 8) | p[31]! }, (_, i) => `${p[32 + 8 * i]}:${dotted(36 + 8 * i)}`)
      const what = p[24] === 0x22 ? `v3 ${records.join(' ')}` : `${p[24]!.toString(16)} ${dotted(28)}`
      return { time: time / 1e9, to: dotted(16), what }
    })

const whats = (lab: HostLab): string[] => heard(lab).map(h => h.what)

/** A host that has joined the groups and has said so. */
const member = (...groups: string[]): HostLab => {
  const lab = new HostLab()
  for (const group of groups) lab.sh(`ip -n t addr add ${group}/32 dev eth0 autojoin`)
  lab.run(5)
  lab.sent()
  return lab
}

test('a group is reported twice on joining and twice on leaving, the second time within a second (RFC 3376 5.1)', () => {
  const lab = new HostLab()
  for (const [command, record] of [
    ['add 239.1.1.1/32 dev eth0 autojoin', 'v3 4:239.1.1.1'],
    ['del 239.1.1.1/32 dev eth0', 'v3 3:239.1.1.1'],
  ]) {
    const start = lab.now
    lab.sh(`ip -n t addr ${command}`)
    lab.run(5)
    const reports = heard(lab)
    assert.equal(
      reports.map(r => [r.to, r.what]),
      [
        ['224.0.0.22', record],
        ['224.0.0.22', record],
      ],
    )
    assert.ok(reports[0]!.time - start < 0.03)
    assert.ok(reports[1]!.time - reports[0]!.time < 1.05)
  }
})

test('joined and left groups stand in one report, the left ones first, in each the last one first', () => {
  const lab = member('239.1.1.1', '239.1.1.2')
  lab.sh(`ip -n t addr add 239.1.1.3/32 dev eth0 autojoin
    ip -n t addr del 239.1.1.1/32 dev eth0
    ip -n t addr del 239.1.1.2/32 dev eth0
    ip -n t addr add 239.1.1.4/32 dev eth0 autojoin`)
  lab.run(5)
  assert.ok(whats(lab).includes('v3 3:239.1.1.2 3:239.1.1.1 4:239.1.1.4 4:239.1.1.3'))
})

test('all hosts are a group that nobody reports; link-local ones are reported unless told otherwise', () => {
  const lab = member()
  query(lab, v3(10))
  lab.run(2)
  assert.equal(whats(lab), [])
  lab.sh('ip -n t addr add 224.0.0.77/32 dev eth0 autojoin')
  lab.run(2)
  assert.equal(whats(lab), ['v3 4:224.0.0.77', 'v3 4:224.0.0.77'])
  lab.sh(`ip netns exec t sysctl -qw net.ipv4.igmp_link_local_mcast_reports=0
    ip -n t addr add 224.0.0.78/32 dev eth0 autojoin`)
  lab.run(2)
  assert.equal(whats(lab), [])
})

test('a general query is answered for all groups within its response time (RFC 3376 5.2)', () => {
  const lab = member(...GROUPS)
  for (const [code, most] of [
    [10, 1],
    [100, 10],
  ] as const) {
    const start = lab.now
    query(lab, v3(code))
    lab.run(12)
    const [report, ...others] = heard(lab)
    assert.is(report!.what, 'v3 2:239.1.1.2 2:239.1.1.1')
    assert.ok(report!.time - start <= most * 1.05 + 0.02)
    assert.equal(others, [])
  }
})

test('a query for a group is answered for that group; for another, and with sources for all, not at all', () => {
  const lab = member(...GROUPS)
  query(lab, v3(10, '239.1.1.1'), '239.1.1.1')
  lab.run(2)
  assert.equal(whats(lab), ['v3 2:239.1.1.1'])
  query(lab, v3(10, '239.9.9.9'))
  query(lab, v3(10, '0.0.0.0', { nsrcs: 1 }))
  query(lab, v2(10).slice(0, 7))
  query(lab, [...v2(10), 0, 0, 0])
  lab.run(2)
  assert.equal(whats(lab), [])
})

test('a query that comes while an answer is due does not put it off', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const lab = new HostLab(undefined, seed)
    lab.sh('ip -n t addr add 239.1.1.1/32 dev eth0 autojoin')
    lab.run(5)
    lab.sent()
    const start = lab.now
    for (let i = 0; i < 110; i++) {
      query(lab, v3(100, '239.1.1.1'), '239.1.1.1')
      lab.run(0.1)
    }
    assert.ok(heard(lab)[0]!.time - start <= 10.5, `seed ${seed}`)
  }
})

test("robustness and interval are the querier's: a group joined after it is reported as often as it says", () => {
  const lab = member()
  query(lab, v3(10, '0.0.0.0', { qrv: 4 }))
  lab.run(2)
  lab.sh('ip -n t addr add 239.1.1.1/32 dev eth0 autojoin')
  lab.run(8)
  assert.is(whats(lab).length, 4)
  query(lab, v3(10, '0.0.0.0', { qrv: 0 }))
  lab.run(2)
  lab.sent()
  lab.sh('ip -n t addr del 239.1.1.1/32 dev eth0')
  lab.run(8)
  assert.is(whats(lab).length, 2)
})

test('a querier of version 2 is answered with its reports, to the group itself, and leaving goes to all routers (RFC 2236)', () => {
  const lab = member(...GROUPS)
  query(lab, v2(20))
  lab.run(3)
  const reports = heard(lab)
  assert.equal(reports.map(r => r.what).sort(), ['16 239.1.1.1', '16 239.1.1.2'])
  for (const r of reports) assert.is(r.to, r.what.slice(3))
  lab.sh('ip -n t addr add 239.1.1.3/32 dev eth0 autojoin')
  lab.run(11)
  assert.equal(whats(lab), ['16 239.1.1.3', '16 239.1.1.3'])
  lab.sh('ip -n t addr del 239.1.1.3/32 dev eth0')
  lab.run(2)
  assert.equal(
    heard(lab).map(r => [r.to, r.what]),
    [['224.0.0.2', '17 239.1.1.3']],
  )
})

test('what another host has reported needs no second report, nor a leave message (RFC 2236 3)', () => {
  const lab = member('239.1.1.1')
  query(lab, v2(50))
  lab.ip('10.0.0.9', '239.1.1.1', 2, igmp([0x16, 0, 0, 0, ...addr('239.1.1.1')]), { ttl: 1 }, '01:00:5e:01:01:01')
  lab.run(6)
  lab.sh('ip -n t addr del 239.1.1.1/32 dev eth0')
  lab.run(3)
  assert.equal(whats(lab), [])
})

test('a querier of version 1 gets reports of version 1, and nobody hears of leaving (RFC 1112)', () => {
  const lab = member('239.1.1.1')
  query(lab, v2(0))
  lab.run(11)
  assert.equal(whats(lab), ['12 239.1.1.1'])
  lab.sh('ip -n t addr del 239.1.1.1/32 dev eth0')
  lab.run(3)
  assert.equal(whats(lab), [])
})

test('the older version is forgotten 260 s after its last query', () => {
  const lab = member('239.1.1.1')
  query(lab, v2(10))
  lab.run(262)
  lab.sent()
  query(lab, v3(10))
  lab.run(2)
  assert.equal(whats(lab), ['v3 2:239.1.1.1'])
})

test("reports with a wrong checksum or to another host's MAC are not heard", () => {
  const lab = member('239.1.1.1')
  lab.ip(
    QUERIER,
    '224.0.0.1',
    2,
    igmp(v3(10)).map((b, i) => (i === 3 ? b ^ 1 : b)),
    { ttl: 1 },
    '01:00:5e:00:00:01',
  )
  lab.ip(QUERIER, '239.1.1.1', 2, igmp(v3(10)), { ttl: 1 }, '02:00:00:00:00:99')
  lab.run(2)
  assert.equal(whats(lab), [])
})

test('many groups need several reports, none longer than the MTU', () => {
  const lab = new HostLab('ip -n t addr add 10.0.0.2/24 dev eth0\nip -n t link set eth0 mtu 100')
  for (let i = 1; i <= 20; i++) lab.sh(`ip -n t addr add 239.1.1.${i}/32 dev eth0 autojoin`)
  lab.run(5)
  lab.sent()
  query(lab, v3(10))
  lab.run(2)
  const sizes = heard(lab).map(r => r.what.split(' ').length - 1)
  assert.equal(sizes, [8, 8, 4])
})

test.run()
