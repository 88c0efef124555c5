/**
 * Names of the users and groups that every Debian has; others go by their number.
 *
 * @see base-passwd passwd.master, group.master
 */
import { type NameTable, nameTable } from './names.js'

/** Users. */
export const USERS: NameTable = nameTable({
  0: 'root',
  1: 'daemon',
  2: 'bin',
  3: 'sys',
  4: 'sync',
  5: 'games',
  6: 'man',
  7: 'lp',
  8: 'mail',
  9: 'news',
  10: 'uucp',
  13: 'proxy',
  33: 'www-data',
  34: 'backup',
  38: 'list',
  39: 'irc',
  65534: 'nobody',
})

/** Groups. */
export const GROUPS: NameTable = nameTable({
  0: 'root',
  1: 'daemon',
  2: 'bin',
  3: 'sys',
  4: 'adm',
  5: 'tty',
  6: 'disk',
  7: 'lp',
  8: 'mail',
  9: 'news',
  10: 'uucp',
  12: 'man',
  13: 'proxy',
  15: 'kmem',
  20: 'dialout',
  27: 'sudo',
  33: 'www-data',
  100: 'users',
  65534: 'nogroup',
})
