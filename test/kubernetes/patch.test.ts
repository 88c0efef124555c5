/**
 * Patches by the examples of their standards: RFC 7386 appendix A, RFC 6902 appendix A, and the examples of Kubernetes'
 * documentation for strategic merge patches.
 *
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NODE } from '../../lib/kubernetes/api/node.js'
import type { JsonObject, JsonValue } from '../../lib/kubernetes/apimachinery/json.js'
import {
  createMergePatch,
  jsonPatch,
  mergePatch,
  strategicMergePatch,
} from '../../lib/kubernetes/apimachinery/patch.js'
import { field, listOf, mergedList, STRING, struct } from '../../lib/kubernetes/apimachinery/schema.js'

const test = suite('kubernetes/patch')

const RFC_7386: readonly [JsonValue, JsonValue, JsonValue][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]

test('merge patches (RFC 7386 appendix A)', () => {
  for (const [target, patch, result] of RFC_7386) assert.equal(mergePatch(target, patch), result, JSON.stringify(patch))
})

test('a created merge patch makes the one of the other', () => {
  const from: JsonObject = { a: { x: '1', y: '2' }, b: [1], c: 'd' }
  const to: JsonObject = { a: { x: '1', z: '3' }, b: [1, 2], e: 'f' }
  const patch = createMergePatch(from, to)
  assert.equal(patch, { a: { y: null, z: '3' }, b: [1, 2], c: null, e: 'f' })
  assert.equal(mergePatch(from, patch), to)
  assert.is(createMergePatch(from, from), null)
})

const RFC_6902: readonly [string, JsonValue, JsonValue[], JsonValue | null][] = [
  ['A.1', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
  ['A.2', { foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }], { foo: ['bar', 'qux', 'baz'] }],
  ['A.3', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
  ['A.4', { foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
  ['A.5', { baz: 'qux', foo: 'bar' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo', foo: 'bar' }],
  [
    'A.6',
    { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
    [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
    { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
  ],
  [
    'A.7',
    { foo: ['all', 'grass', 'cows', 'eat'] },
    [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
    { foo: ['all', 'cows', 'eat', 'grass'] },
  ],
  [
    'A.8',
    { baz: 'qux', foo: ['a', 2, 'c'] },
    [
      { op: 'test', path: '/baz', value: 'qux' },
      { op: 'test', path: '/foo/1', value: 2 },
    ],
    { baz: 'qux', foo: ['a', 2, 'c'] },
  ],
  ['A.9', { baz: 'qux' }, [{ op: 'test', path: '/baz', value: 'bar' }], null],
  [
    'A.10',
    { foo: 'bar' },
    [{ op: 'add', path: '/child', value: { grandchild: {} } }],
    { foo: 'bar', child: { grandchild: {} } },
  ],
  ['A.11', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux', xyz: 123 }], { foo: 'bar', baz: 'qux' }],
  ['A.12', { foo: 'bar' }, [{ op: 'add', path: '/baz/bat', value: 'qux' }], null],
  ['A.14', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
  ['A.15', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: '10' }], null],
  ['A.16', { foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }], { foo: ['bar', ['abc', 'def']] }],
]

test('JSON patches (RFC 6902 appendix A)', () => {
  for (const [name, target, patch, result] of RFC_6902) {
    if (result === null) assert.throws(() => jsonPatch(target, patch), undefined, name)
    else assert.equal(jsonPatch(target, patch), result, name)
  }
})

const CONTAINERS = struct('PodSpec', [
  field('containers', mergedList(struct('Container', [field('name', STRING), field('image', STRING)]), 'name')),
  field('tolerations', listOf(struct('Toleration', [field('key', STRING)]))),
  field('finalizers', mergedList(STRING, null)),
])

const NGINX = { name: 'nginx', image: 'nginx-1.0' }
const LOG = { name: 'log-tailer', image: 'log-tailer-1.0' }

test('strategic merge patches: lists by their keys, others whole (the documentation’s examples)', () => {
  const merge = (target: JsonObject, patch: JsonObject): JsonValue => strategicMergePatch(CONTAINERS, target, patch)
  assert.equal(merge({ containers: [NGINX] }, { containers: [LOG] }), { containers: [NGINX, LOG] })
  assert.equal(merge({ containers: [NGINX, LOG] }, { containers: [{ name: 'nginx', image: 'nginx-2.0' }] }), {
    containers: [{ name: 'nginx', image: 'nginx-2.0' }, LOG],
  })
  assert.equal(merge({ containers: [NGINX, LOG] }, { containers: [{ $patch: 'delete', name: 'log-tailer' }] }), {
    containers: [NGINX],
  })
  assert.equal(
    merge({ containers: [NGINX, LOG] }, { containers: [{ name: 'x', image: 'y' }, { $patch: 'replace' }] }),
    {
      containers: [{ name: 'x', image: 'y' }],
    },
  )
  assert.equal(merge({ tolerations: [{ key: 'a' }] }, { tolerations: [{ key: 'b' }] }), { tolerations: [{ key: 'b' }] })
  assert.equal(merge({ finalizers: ['a', 'b'] }, { finalizers: ['b', 'c'] }), { finalizers: ['a', 'b', 'c'] })
  assert.equal(merge({ finalizers: ['a', 'b', 'c'] }, { '$deleteFromPrimitiveList/finalizers': ['b'] }), {
    finalizers: ['a', 'c'],
  })
  assert.equal(
    merge(
      { containers: [NGINX, LOG] },
      {
        '$setElementOrder/containers': [{ name: 'sidecar' }, { name: 'nginx' }, { name: 'log-tailer' }],
        containers: [{ name: 'sidecar', image: 's' }],
      },
    ),
    { containers: [{ name: 'sidecar', image: 's' }, NGINX, LOG] },
  )
  assert.throws(
    () => merge({ containers: [NGINX] }, { containers: [{ image: 'x' }] }),
    /does not contain declared merge key: name/,
  )
})

test('conditions of a node are merged by their type', () => {
  const node = { status: { conditions: [{ type: 'Ready', status: 'True' }] } }
  const condition = { type: 'NetworkUnavailable', status: 'False' }
  const first = strategicMergePatch(NODE, node, { status: { conditions: [condition] } })
  const second = strategicMergePatch(NODE, first, { status: { conditions: [{ ...condition, reason: 'FlannelIsUp' }] } })
  assert.equal(second, {
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { ...condition, reason: 'FlannelIsUp' },
      ],
    },
  })
})

test.run()
