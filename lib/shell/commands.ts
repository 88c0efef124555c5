/**
 * The table of commands: what `ip netns exec NS` can run. A new command is one file in command/ and one line here.
 */
import { type Command, commandOf } from '../app/command.js'
import { cnitoolCommand } from '../cni/cnitool.js'
import { arpingCommand } from './command/arping.js'
import { brctlCommand } from './command/brctl.js'
import { bridgeCommand } from './command/bridge.js'
import { conntrackCommand } from './command/conntrack.js'
import { curlCommand } from './command/curl.js'
import { etcdCommand } from './command/etcd.js'
import { etcdctlCommand } from './command/etcdctl.js'
import { ethtoolCommand } from './command/ethtool.js'
import { flanneldCommand } from './command/flanneld.js'
import { ifconfigCommand } from './command/ifconfig.js'
import { iptablesCommand } from './command/iptables.js'
import { iptablesRestoreCommand } from './command/iptables-restore.js'
import { iptablesSaveCommand } from './command/iptables-save.js'
import { makeIpCommand } from './command/ip.js'
import { kubeApiserverCommand, kubeControllerManagerCommand } from './command/kube-components.js'
import { kubectlCommand } from './command/kubectl.js'
import { ncCommand } from './command/nc.js'
import { pingCommand } from './command/ping.js'
import { shellCommands } from './command/sh.js'
import { ssCommand } from './command/ss.js'
import { pgrepCommand, pkillCommand } from './command/pkill.js'
import { sysctlCommand } from './command/sysctl.js'
import { tcCommand } from './command/tc.js'
import { tcpdumpCommand } from './command/tcpdump.js'
import { catCommand } from './coreutils/cat.js'
import { cutCommand } from './coreutils/cut.js'
import { makeEnvCommand } from './coreutils/env.js'
import { grepCommand } from './coreutils/grep.js'
import { headCommand, tailCommand } from './coreutils/head.js'
import { lsCommand } from './coreutils/ls.js'
import { mkdirCommand } from './coreutils/mkdir.js'
import { rmCommand } from './coreutils/rm.js'
import { seqCommand } from './coreutils/seq.js'
import { teeCommand } from './coreutils/tee.js'
import { makeTimeoutCommand } from './coreutils/timeout.js'
import { wcCommand } from './coreutils/wc.js'

/** All commands, in the order in which messages name them. */
export const COMMANDS: readonly Command[] = [
  makeIpCommand(commandOf),
  bridgeCommand,
  pingCommand,
  arpingCommand,
  ncCommand,
  curlCommand,
  ssCommand,
  tcpdumpCommand,
  sysctlCommand,
  conntrackCommand,
  ethtoolCommand,
  brctlCommand,
  ifconfigCommand,
  tcCommand,
  iptablesCommand,
  iptablesSaveCommand,
  iptablesRestoreCommand,
  flanneldCommand,
  catCommand,
  lsCommand,
  mkdirCommand,
  rmCommand,
  teeCommand,
  grepCommand,
  headCommand,
  tailCommand,
  wcCommand,
  cutCommand,
  seqCommand,
  makeEnvCommand(commandOf),
  makeTimeoutCommand(commandOf),
  kubeApiserverCommand,
  kubeControllerManagerCommand,
  kubectlCommand,
  pkillCommand,
  pgrepCommand,
  etcdCommand,
  etcdctlCommand,
  cnitoolCommand,
  ...shellCommands,
]
