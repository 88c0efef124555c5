/**
 * `iptables-save -c` of a recorded cluster's host in the form in which it is compared.
 *
 * Counters stand only where no packet to or from the store can be in them: not at policies, and not at rules of the
 * built-in chains that every packet of the host meets.
 */

const COUNTER = /\[\d+:\d+\]/
const BUILT_IN = /^(?:\[\d+:\d+\] )?-A (INPUT|OUTPUT|PREROUTING|POSTROUTING) /

const ruleLine = (line: string): string => {
  if (line.startsWith(':')) return line.replace(COUNTER, '[*]')
  const hasAddress = / -[sd] /.test(line)
  return BUILT_IN.test(line) && !hasAddress ? line.replace(COUNTER, '[*]') : line
}

/** A table that holds nothing of its own: built-in chains that accept. */
const isEmptyTable = (lines: readonly string[]): boolean => lines.every(line => /^:\S+ ACCEPT /.test(line))

/** Tables in the order of their names, without those that hold nothing. */
export const iptablesLines = (text: string): string[] => {
  const tables = new Map<string, string[]>()
  let table = '(none)'
  for (const raw of text.split('\n')) {
    const line = raw.trimEnd()
    if (line === '' || line === 'COMMIT' || line.startsWith('#')) continue
    if (line.startsWith('*')) {
      table = line
      tables.set(table, [])
    } else tables.set(table, [...(tables.get(table) ?? []), ruleLine(line)])
  }
  return [...tables]
    .filter(([, lines]) => !isEmptyTable(lines))
    .sort(([x], [y]) => (x < y ? -1 : 1))
    .flatMap(([name, lines]) => [name, ...lines])
}
