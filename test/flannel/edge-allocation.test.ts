/**
 * Which subnets are handed out: as recorded, and by chance over many starts.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EdgeLab, withBackend } from './edge-lab.js'
import { assertTranscript } from './edge-transcript.js'

const test = suite('flannel/edge-allocation')

const CANDIDATES = 100
const SUBNETS = '/coreos.com/network/subnets'

/** Which one of 10.244.0.0/16 a host has, by its subnet file. */
const numberOf = (lab: EdgeLab, host: string): number =>
  Number(/^FLANNEL_SUBNET=10\.244\.(\d+)\.1\/24$/m.exec(lab.env(host) ?? '')![1])

/** The subnets themselves are drawn, and the recorded dump of the store breaks off. */
const withoutDrawn = (text: string): string =>
  text
    .replace(/^(subnets in order: )(.*)$/m, (_, before: string, list: string) => before + list.split(',').length)
    .replace(/^(FLANNEL_SUBNET=10\.244)\.\d+(\.1\/24)$/m, '$1.<n>$2')
    .replace(/^\{\n[\s\S]*? \.\.\.\n/m, '')

test('twelve fresh hosts are served as recorded, each from the first hundred that are free', () => {
  const lab = new EdgeLab({ hosts: 4 })
  lab.config(withBackend('alloc'))
  const got: number[] = []
  let host = ''
  for (let i = 0; i < 12; i++) {
    host = lab.hosts[i % 4]!
    if (lab.daemons.has(host)) lab.stop(host)
    lab.removeEnv(host)
    lab.start(host, { options: [`-public-ip=192.0.2.${i + 1}`] })
    got.push(numberOf(lab, host))
  }
  let text =
    '# which subnets are handed out (v0.20.2, alloc backend): 12 fresh hosts/leases in 10.244.0.0/16, SubnetLen 24; then 4 hosts in a network with three subnets\n'
  text += `subnets in order: [${got.map(n => `'10.244.${n}.1/24'`).join(', ')}]\n`
  text += `subnet.env of the last: ${lab.env(host)}`
  for (const name of lab.hosts) lab.stop(name)
  assertTranscript('random-allocation', text + lab.logs(['h1']), withoutDrawn)
  assert.is(new Set(got).size, got.length)
  for (const [i, n] of got.entries()) assert.ok(n >= 1 && n <= CANDIDATES + i, `${n} after ${i}`)
})

/** Subnets that so many fresh starts of one host get. */
const draws = (lab: EdgeLab, count: number): number[] =>
  Array.from({ length: count }, () => {
    lab.removeEnv('h1')
    const { process } = lab.start('h1', { noWait: true })
    lab.sleep(0.1)
    process.killHard()
    const n = numberOf(lab, 'h1')
    lab.store.delete(`${SUBNETS}/10.244.${n}.0-24`)
    return n
  })

test('each of the first hundred free subnets is as likely as the others, and the hundred slides over those that are taken', () => {
  const lab = new EdgeLab({ seed: 7 })
  lab.config(withBackend('alloc'))
  const fresh = draws(lab, 120)
  assert.ok(fresh.every(n => n >= 1 && n <= CANDIDATES), `${fresh}`)
  // Of 100, 120 draws leave out 30 on average, with a deviation of 3.
  const distinct = new Set(fresh).size
  assert.ok(distinct > 58 && distinct < 82, `${distinct} distinct ones`)
  const mean = fresh.reduce((sum, n) => sum + n, 0) / fresh.length
  assert.ok(Math.abs(mean - 50.5) < 4 * (29 / Math.sqrt(120)), `mean ${mean}`)
  // All but each third of the first 90 are taken: 30 are free there, and 70 behind.
  for (let n = 1; n <= 90; n++)
    if (n % 3 !== 0) lab.put(`${SUBNETS}/10.244.${n}.0-24`, `{"PublicIP":"192.0.2.${n}"}`)
  const slid = draws(lab, 60)
  assert.ok(slid.every(n => (n > 90 && n <= 160) || (n <= 90 && n % 3 === 0)), `${slid}`)
  assert.ok(Math.max(...slid) > 140 && Math.min(...slid) <= 90, `${slid}`)
})

test.run()
