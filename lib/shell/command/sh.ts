/**
 * `sh` and `bash`: a shell on a host: `ip netns exec h1 sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'`. The script that starts it
 * executes it, see shell-on-host.ts.
 *
 * @see dash(1), bash(1)
 */
import type { Command } from '../../app/command.js'
import { unsupported } from './args.js'
import { netnsOf } from './netns-of.js'

const shell = (name: string): Command => ({
  name,
  run: (ctx, argv) => {
    netnsOf(ctx, name)
    if (ctx.becomeShell === undefined) throw unsupported(name, name, 'a shell that a script starts')
    return ctx.becomeShell(ctx, argv, null)
  },
})

/** By their names and by their paths. */
export const shellCommands: readonly Command[] = [
  'sh',
  'bash',
  '/bin/sh',
  '/bin/bash',
  '/usr/bin/sh',
  '/usr/bin/bash',
].map(shell)
