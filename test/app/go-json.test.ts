/**
 * Configurations, leases and keys as flannel v0.20.2 itself reads them: its answers, recorded, to some hundred texts, most of
 * them wrong.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { netText } from '../../lib/flannel/ip4-net.js'
import { parseVxlanConfig } from '../../lib/flannel/backend/vxlan/vxlan.js'
import { parseConfig } from '../../lib/flannel/subnet/config.js'
import { parseAttrs } from '../../lib/flannel/subnet/etcd/registry.js'
import { makeSubnetKey, parseSubnetKey } from '../../lib/flannel/subnet/subnet.js'
import { formatIpv4 } from '../../lib/wire/ip.js'

const test = suite('flannel/go-json')

type Row = readonly [kind: string, text: string, result: 'ok' | 'error' | 'panic', answer: string]
const ROWS = readFileSync(new URL('../data/flannel/go/answers.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Row)

/** Left out: what crashes flannel, the undocumented `Networks`, IPv6, and numbers that JavaScript's have no room for. */
const rows = (kind: string): Row[] =>
  ROWS.filter(([k, text, result]) => k === kind && result !== 'panic' && !/"(Networks|PublicIPv6)"|&|\d{19}/.test(text))

const ANSWERS: Readonly<Record<string, (text: string) => string>> = {
  config: text => {
    const c = parseConfig(text)
    const { isIpv4, subnetLen, backendType, backend } = c
    const range = `${formatIpv4(c.subnetMin)} ${formatIpv4(c.subnetMax)}`
    return `${isIpv4} ${netText(c.network)} ${subnetLen} ${range} ${backendType} ${backend}`
  },
  vxlan: text => {
    const { vni, port, gbp, learning, directRouting } = parseVxlanConfig(text)
    return `VNI=${vni} Port=${port} GBP=${gbp} Learning=${learning} DirectRouting=${directRouting}`
  },
  attrs: text => {
    const { publicIp, backendType, backendData } = parseAttrs(text)
    return `${formatIpv4(publicIp)} ${backendType} ${backendData}`
  },
  key: text => {
    const subnet = parseSubnetKey(text)
    if (subnet === null) throw new Error('')
    return `${netText(subnet)} ${makeSubnetKey(subnet)}`
  },
}

/** What is behind flannel's own words for a backend's configuration; of a lease's answer what is in front of the JSON. */
const comparable = (kind: string, text: string): string =>
  kind === 'vxlan'
    ? text.replace(/^error decoding VXLAN backend config: /, '')
    : kind === 'attrs'
      ? text.split('|')[0]!
      : text

const answer = (kind: string, text: string): [string, string] => {
  try {
    return ['ok', ANSWERS[kind]!(text)]
  } catch (e) {
    return ['error', (e as Error).message]
  }
}

for (const kind of Object.keys(ANSWERS))
  test(`${kind}: every text is read, or refused with the words, as by flannel itself`, () => {
    const all = rows(kind)
    assert.ok(all.length >= 25, `${all.length} rows`)
    const wrong = all.flatMap(([, text, result, want]) => {
      const [got, said] = answer(kind, text)
      const isEqual = got === result && comparable(kind, said) === comparable(kind, want)
      return isEqual ? [] : [`${JSON.stringify(text)}\n  flannel: ${result} ${want}\n  here:    ${got} ${said}`]
    })
    assert.is(wrong.join('\n'), '')
  })

test.run()
