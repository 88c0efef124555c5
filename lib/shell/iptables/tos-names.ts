/**
 * Names of values of TOS.
 *
 * @see iptables extensions/tos_values.c
 */

/** Values and names. */
export const TOS_NAMES: readonly (readonly [number, string])[] = [
  [0x10, 'Minimize-Delay'],
  [0x08, 'Maximize-Throughput'],
  [0x04, 'Maximize-Reliability'],
  [0x02, 'Minimize-Cost'],
  [0x00, 'Normal-Service'],
]

/** The names as the help lists them, each line behind `indent`. */
export const tosNamesHelp = (indent: string): string =>
  TOS_NAMES.map(
    ([value, name]) => `${indent}(0x${value.toString(16).padStart(2, '0')}) ${`${value}`.padStart(2)} ${name}\n`,
  ).join('')

/** Name of a value, where one is printed for it, or null (tos_try_print_symbolic). */
export const tosName = (value: number, mask: number): string | null =>
  mask === 0x3f ? (TOS_NAMES.find(([v]) => v === value)?.[1] ?? null) : null
