/**
 * Columns of `ss`: each is as wide as its longest field, and what is to the right of the last one is filled up, too. Only
 * the very last field, which ends nowhere, counts for nothing.
 *
 * @see iproute2 misc/ss.c render, for output that is no terminal
 */

/** A column: its heading, what stands in front of it, and at which side its fields are filled up. */
export interface Column {
  readonly header: string
  readonly delim: string
  readonly align: 'left' | 'right'
}

/** Text of rows of fields, a line each, the heading among them; `isOff` columns are left out, with their fields. */
export const renderColumns = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  isOff: readonly boolean[],
): string => {
  const shown = columns.map((_, i) => i).filter(i => !isOff[i])
  const isHeading = (row: readonly string[]): boolean => row[0] === columns[0]!.header
  const counts = (row: readonly string[], i: number): boolean =>
    i < columns.length - 1 || row !== rows.at(-1) || isHeading(row)
  const widths = shown.map(i => Math.max(0, ...rows.filter(row => counts(row, i)).map(row => row[i]!.length)))
  const first = widths.findIndex(width => width > 0)
  const line = (row: readonly string[]): string => {
    let text = ''
    for (const [n, i] of shown.entries()) {
      if (n < first) continue
      const { align, delim } = columns[i]!
      const field = row[i]!
      if (n > first) text += delim
      text += align === 'right' ? field.padStart(widths[n]!) : field.padEnd(widths[n]!)
    }
    return `${text}\n`
  }
  return rows.map(line).join('')
}
