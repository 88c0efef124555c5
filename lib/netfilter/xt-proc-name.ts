/**
 * Names of tables of matches, which are files below /proc/net.
 *
 * @see net/netfilter/x_tables.c xt_check_proc_name
 */
import { xtRefuse } from './x-tables.js'

/** Refuses a name that cannot be that of a file. */
export const checkProcName = (match: string, name: string): void => {
  if (name === '' || name === '.' || name === '..' || name.includes('/'))
    xtRefuse('EINVAL', match, `bad name "${name}"`)
}
