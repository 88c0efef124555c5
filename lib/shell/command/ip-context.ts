/**
 * What the objects of `ip` and `bridge` share: the namespace, the options in front of the object, and their output.
 */
import type { NetDevice } from '../../core/netdev.js'
import type { Netns } from '../../core/netns.js'
import type { World } from '../../core/world.js'
import { Printer, type PrintOptions } from '../../report/printer.js'
import { linkInfo } from '../../rtnl/link.js'
import type { CommandContext } from '../../app/command.js'
import { invalidArgument, noDevice, unsupported } from './args.js'

/** Address family of `-4`, `-6`, `-0` or `-family`; `unspec` when none was given. */
export type Family = 'unspec' | 'inet' | 'inet6' | 'link'

/** Options in front of the object. */
export interface ToolOptions extends PrintOptions {
  readonly family: Family
  /** `-force`: go on with the next line of a batch. */
  readonly force: boolean
  /** `-all`, of `ip netns`. */
  readonly all: boolean
  /** `-compressvlans`: VLANs that follow one another as a range. */
  readonly compressVlans: boolean
}

/** Environment of one command of `ip` or `bridge`. */
export class IpContext {
  readonly command: CommandContext
  readonly options: ToolOptions
  readonly #netns: Netns | null
  /** Name of the tool, for messages. */
  readonly tool: string

  constructor(command: CommandContext, tool: string, netns: Netns | null, options: ToolOptions) {
    this.command = command
    this.tool = tool
    this.#netns = netns
    this.options = options
  }

  get world(): World {
    return this.command.world
  }

  /** The namespace that the command works in. Throws `EGRAMMAR` when there is none: netloom has no root namespace. */
  get netns(): Netns {
    if (this.#netns === null)
      throw unsupported(this.tool, this.tool, `${this.tool} -n NS ...: every host is a namespace`)
    return this.#netns
  }

  /** The namespace, or null outside any. */
  get netnsOrNull(): Netns | null {
    return this.#netns
  }

  /** A printer with the options of this command. */
  printer(): Printer {
    return new Printer(this.options)
  }

  /** Prints what `write` writes, as one document; returns exit status 0. */
  print(write: (p: Printer) => void): number {
    const p = this.printer()
    write(p)
    this.command.out(p.finish())
    return 0
  }

  /** Prints a JSON array, or lines, of what `write` writes. */
  printList(write: (p: Printer) => void): number {
    return this.print(p => {
      p.openArray()
      write(p)
      p.closeArray()
    })
  }

  /** The device called `name`, or null. The tool asks the kernel for it, which settles a change of its carrier. */
  findDevice(name: string): NetDevice | null {
    const dev = this.netns.devByName(name)
    if (dev !== null) this.askFor(dev)
    return dev
  }

  /** Asks the kernel for a device, as the tools do for its index or its name (RTM_GETLINK). */
  askFor(dev: NetDevice | null): void {
    if (dev !== null) linkInfo(dev)
  }

  /** The device called `name`; leaves with `Cannot find device "X"`, exit status 1. */
  device(name: string): NetDevice {
    return this.findDevice(name) ?? noDevice(name)
  }

  /** The device called `name` as a master; leaves with `Device does not exist`, exit status 255. */
  masterDevice(name: string): NetDevice {
    return this.findDevice(name) ?? invalidArgument('Device does not exist\n', name)
  }
}
