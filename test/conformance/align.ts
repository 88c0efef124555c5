/**
 * A longest common subsequence of two lists: which frames or lines of a recording are in another run, in order.
 *
 * On a tie the recording's element is left out first, so the figures are the same on every machine.
 */

/** Above this product of the two lengths, elements are compared place by place. */
const MOST_CELLS = 4_000_000

/** Index in the recorded list and index in the actual list of an element that is in both. */
export type Pair = readonly [recorded: number, actual: number]

/** Numbers for keys: the same for the same text, and one of its own for each null. */
const intern = (keys: readonly (string | null)[], known: Map<string, number>, nulls: { next: number }): Int32Array =>
  Int32Array.from(keys, key => {
    if (key === null) return nulls.next--
    const number = known.get(key) ?? known.size
    known.set(key, number)
    return number
  })

const placeByPlace = (recorded: Int32Array, actual: Int32Array): Pair[] => {
  const pairs: Pair[] = []
  recorded.forEach((key, at) => {
    if (at < actual.length && actual[at] === key) pairs.push([at, at])
  })
  return pairs
}

/** Length of the longest common subsequence of the tails from (i, j), at `i * (actual.length + 1) + j`. */
const tailLengths = (recorded: Int32Array, actual: Int32Array): Uint32Array => {
  const width = actual.length + 1
  const lengths = new Uint32Array((recorded.length + 1) * width)
  for (let i = recorded.length - 1; i >= 0; i--) {
    for (let j = actual.length - 1; j >= 0; j--) {
      const at = i * width + j
      const skip = Math.max(lengths[at + width]!, lengths[at + 1]!)
      lengths[at] = recorded[i] === actual[j] ? lengths[at + width + 1]! + 1 : skip
    }
  }
  return lengths
}

/** Pairs of equal elements, ascending in both lists; a null key is equal to nothing. */
export const align = (recorded: readonly (string | null)[], actual: readonly (string | null)[]): Pair[] => {
  const known = new Map<string, number>()
  const nulls = { next: -1 }
  const left = intern(recorded, known, nulls)
  const right = intern(actual, known, nulls)
  if (left.length * right.length > MOST_CELLS) return placeByPlace(left, right)
  let same = 0
  while (same < left.length && same < right.length && left[same] === right[same]) same++
  const pairs: Pair[] = Array.from({ length: same }, (_, at): Pair => [at, at])
  const leftRest = left.subarray(same)
  const rightRest = right.subarray(same)
  const lengths = tailLengths(leftRest, rightRest)
  const width = rightRest.length + 1
  let i = 0
  let j = 0
  while (i < leftRest.length && j < rightRest.length) {
    if (leftRest[i] === rightRest[j]) pairs.push([same + i++, same + j++])
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++
    else j++
  }
  return pairs
}
