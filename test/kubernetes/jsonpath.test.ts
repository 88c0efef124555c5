/**
 * Templates of `kubectl -o jsonpath=`, those of the cheat sheet among them.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, flannel } from '../../lib/index.js'

const test = suite('kubernetes/jsonpath')

const get = (template: string, ...names: readonly string[]): string => {
  const cluster = flannel(createWorld({ seed: 1 }), { nodes: 2, subnetManager: 'kube' })
  return cluster.kubectl('get', 'nodes', ...names, '-o', `jsonpath=${template}`)
}

for (const [template, text] of [
  ['{.items[*].metadata.name}', 'h1 h2'],
  ['{.items[*].spec.podCIDR}', '10.244.0.0/24 10.244.1.0/24'],
  ['{.items[-1:].metadata.name}', 'h2'],
  ['{.items[0].spec.podCIDRs}', '["10.244.0.0/24"]'],
  ['{range .items[*]}{.metadata.name}{"\\t"}{.spec.podCIDR}{"\\n"}{end}', 'h1\t10.244.0.0/24\nh2\t10.244.1.0/24\n'],
  ['{.items[*].status.addresses[?(@.type=="InternalIP")].address}', '192.168.0.11 192.168.0.12'],
  ['{.items[0].metadata.annotations.flannel\\.alpha\\.coreos\\.com/public-ip}', '192.168.0.11'],
  ["first: {.items[0].metadata.labels['kubernetes\\.io/hostname', ]}", null],
  ["{.items[0].metadata.labels['kubernetes.io/hostname']}!", 'h1!'],
  ['{.items[9].metadata.name}{.nothing.there}', ''],
] as const)
  test(`a template of a list: ${template}`, () => {
    if (text === null) assert.throws(() => get(template), /error parsing jsonpath .*: netloom has \*/)
    else assert.is(get(template), text)
  })

test('a template of one object starts from it', () => {
  assert.is(get('{.spec.podCIDR}', 'h2'), '10.244.1.0/24')
})

test('a template that is not one is refused before anything is asked', () => {
  assert.throws(() => get('{.items'), /error: error parsing jsonpath {.items, unclosed action/)
  assert.throws(() => get('{end}'), /error: error parsing jsonpath {end}, not in range, nothing to end/)
  assert.throws(() => get('{range .items[*]}'), /unterminated range/)
  assert.throws(() => get('{.items..name}'), /not a path that netloom reads/)
})

test.run()
