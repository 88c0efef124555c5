/**
 * Puts two lists side by side, so that what is missing or too much does not shift everything behind it.
 */

/** Products of lengths up to which the best alignment is looked for. */
const MAX_CELLS = 4_000_000

/** @internal one place: what is expected and what there is, either null where the other list has nothing for it */
export type Aligned<E, A> = readonly [E | null, A | null]

/** Lengths of the longest common subsequences of the ends of both lists. */
const table = <E, A>(expected: readonly E[], actual: readonly A[], same: (e: E, a: A) => boolean): Uint32Array => {
  const width = actual.length + 1
  const cells = new Uint32Array((expected.length + 1) * width)
  for (let i = expected.length - 1; i >= 0; i--)
    for (let j = actual.length - 1; j >= 0; j--)
      cells[i * width + j] = same(expected[i]!, actual[j]!)
        ? cells[(i + 1) * width + j + 1]! + 1
        : Math.max(cells[(i + 1) * width + j]!, cells[i * width + j + 1]!)
  return cells
}

/** Pairs what is left over between two places that agree: one for one, then what one list has too many. */
const pairUp = <E, A>(expected: readonly E[], actual: readonly A[]): Aligned<E, A>[] =>
  Array.from({ length: Math.max(expected.length, actual.length) }, (_, i) => [expected[i] ?? null, actual[i] ?? null])

/** @internal both lists in order, with as many agreeing places as possible */
export const align = <E, A>(
  expected: readonly E[],
  actual: readonly A[],
  same: (e: E, a: A) => boolean,
): Aligned<E, A>[] => {
  if (expected.length * actual.length > MAX_CELLS) return pairUp(expected, actual)
  const width = actual.length + 1
  const cells = table(expected, actual, same)
  const out: Aligned<E, A>[] = []
  let from: [number, number] = [0, 0]
  let i = 0
  let j = 0
  while (i < expected.length && j < actual.length) {
    if (same(expected[i]!, actual[j]!)) {
      out.push(...pairUp(expected.slice(from[0], i), actual.slice(from[1], j)), [expected[i]!, actual[j]!])
      from = [++i, ++j]
    } else if (cells[(i + 1) * width + j]! >= cells[i * width + j + 1]!) i++
    else j++
  }
  return [...out, ...pairUp(expected.slice(from[0]), actual.slice(from[1]))]
}
