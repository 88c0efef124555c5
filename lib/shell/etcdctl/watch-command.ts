/**
 * etcdctl watch: prints events until it is ended.
 *
 * Left out: the interactive mode, and commands that are executed for events.
 *
 * @see etcd etcdctl/ctlv3/command/watch_command.go
 */
import { encodeUtf8 } from '../../wire/utf8.js'
import type { KeyRange } from '../../etcd/clientv3.js'
import { unsupported } from '../command/args.js'
import { badArgs, type CtlCommand, CtlExit, EXIT_INTERRUPTED } from './ctl-command.js'

export const watchCommand: CtlCommand = {
  name: 'watch',
  flags: [
    { name: 'interactive', type: 'bool', value: 'false', short: 'i' },
    { name: 'prefix', type: 'bool', value: 'false' },
    { name: 'rev', type: 'int64', value: '0' },
    { name: 'prev-kv', type: 'bool', value: 'false' },
  ],
  prepare(flags) {
    if (flags.isSet('interactive')) throw unsupported('etcdctl watch', '-i', 'one watch on the command line')
    const [key, end] = flags.args
    if (key === undefined) return badArgs('bad number of arguments')
    if (flags.args.length > 2) throw unsupported('etcdctl watch', flags.args[2]!, 'a key and perhaps a range_end')
    const prefix = flags.isSet('prefix')
    if (end !== undefined && prefix) badArgs('`range_end` and `--prefix` are mutually exclusive')
    const range: KeyRange = end === undefined ? { prefix } : { rangeEnd: encodeUtf8(end) }
    return function* ({ client, process, printer }) {
      const watch = client.watch(encodeUtf8(key), {
        ...range,
        rev: flags.number('rev'),
        prevKv: flags.isSet('prev-kv'),
      })
      for (;;) {
        const response = yield* watch.responses.recv()
        if (response === null) throw new CtlExit(EXIT_INTERRUPTED, 'watch is canceled by the server')
        if (response.canceled) process.stderr += `watch was canceled (${response.error?.message ?? '<nil>'})\n`
        const isProgress = response.events.length === 0 && !response.canceled
        if (isProgress) process.stdout += `progress notify: ${response.header.revision}\n`
        process.stdout += printer.watch(response)
      }
    }
  },
}
