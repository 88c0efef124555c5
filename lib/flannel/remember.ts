/**
 * Remembering what texts mean: all daemons of a cluster read the same leases again and again.
 */

/** Texts that are remembered; more than a cluster has leases. */
const MOST = 4096

/**
 * The same as `parse`, which is called once for a text as long as it is remembered: what it returns must never be changed. What
 * it throws it throws each time.
 */
export const remembering = <T>(parse: (text: string) => T): ((text: string) => T) => {
  const known = new Map<string, T>()
  return text => {
    const before = known.get(text)
    if (before !== undefined) return before
    const value = parse(text)
    if (known.size >= MOST) known.clear()
    known.set(text, value)
    return value
  }
}
