/**
 * Options and texts of the match `socket`.
 *
 * @see iptables extensions/libxt_socket.c
 */
import {
  XT_SOCKET_NOWILDCARD,
  XT_SOCKET_RESTORESKMARK,
  XT_SOCKET_TRANSPARENT,
  type XtSocketInfo,
} from '../../../netfilter/match/socket.js'
import { extension, type XtablesExtension } from '../xtables.js'

const HELP = `socket match options:
  --nowildcard     Do not ignore LISTEN sockets bound on INADDR_ANY
  --transparent    Ignore non-transparent sockets
  --restore-skmark Set the packet mark to the socket mark if
                   the socket matches and transparent / 
                   nowildcard conditions are satisfied

`

/** In the order in which they are printed. */
const FLAGS: readonly (readonly [string, number])[] = [
  ['transparent', XT_SOCKET_TRANSPARENT],
  ['nowildcard', XT_SOCKET_NOWILDCARD],
  ['restore-skmark', XT_SOCKET_RESTORESKMARK],
]

const save = ({ flags }: XtSocketInfo): string =>
  FLAGS.filter(([, bit]) => flags & bit)
    .map(([name]) => ` --${name}`)
    .join('')

/** The extension. */
export const socketExtension: XtablesExtension = extension<XtSocketInfo>({
  name: 'socket',
  help: HELP,
  options: FLAGS.map(([name]) => ({ name, id: name, type: 'none' })),
  init: { flags: 0 },
  parse: ({ option }, { flags }) => ({ flags: flags | FLAGS.find(([name]) => name === option.id)![1] }),
  print: info => ` socket${save(info)}`,
  save,
})
