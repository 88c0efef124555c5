/**
 * Files as tools name them: a plain name is a file of the script's directory, a path one of the host that the tool runs on.
 */
import type { CommandContext } from '../../app/command.js'
import { octetText } from '../../app/octet-text.js'
import { isPlainName, PLAIN_NAME_RULE } from '../../app/working-directory.js'
import { NetloomError, strerror } from '../../errors.js'
import { type FileSystem, fsOf } from '../../fs/file-system.js'
import { unsupported } from '../command/args.js'
import { netnsOf } from '../command/netns-of.js'

/** The files that a tool reads and writes. */
export class ToolFiles {
  readonly #ctx: CommandContext
  readonly #tool: string

  constructor(ctx: CommandContext, tool: string) {
    this.#ctx = ctx
    this.#tool = tool
  }

  /** Files of the host that the tool runs on. Throws `EGRAMMAR` outside of a namespace. */
  get host(): FileSystem {
    return fsOf(netnsOf(this.#ctx, this.#tool))
  }

  /** True for a file of the script's directory. */
  isLocal(path: string): boolean {
    return this.#ctx.cwd !== undefined && !path.startsWith('/')
  }

  /** What a file holds, `-` for standard input. Throws ENOENT, EISDIR, ENOTDIR. */
  read(path: string): string {
    if (path === '-') return octetText(this.#ctx.stdin ?? new Uint8Array(0))
    if (!this.isLocal(path)) return octetText(this.#hostOf(path).readFile(path))
    return this.#ctx.cwd!.read(path) ?? this.#missing(path)
  }

  /** Replaces what a file holds, or adds to it. */
  write(path: string, octets: Uint8Array, appends: boolean): void {
    if (!this.isLocal(path)) {
      const fs = this.#hostOf(path)
      if (appends) fs.appendFile(path, octets)
      else fs.writeFile(path, octets)
      return
    }
    if (!isPlainName(path)) throw unsupported(this.#tool, path, PLAIN_NAME_RULE)
    if (!appends) this.#ctx.cwd!.write(path, '')
    this.#ctx.cwd!.append(path, octetText(octets))
  }

  /** Removes a file of the script's directory. Throws ENOENT. */
  removeLocal(path: string): void {
    if (!this.#ctx.cwd!.remove(path)) this.#missing(path)
  }

  /** True when there is a file of the script's directory. */
  hasLocal(path: string): boolean {
    return this.#ctx.cwd!.read(path) !== null
  }

  #hostOf(path: string): FileSystem {
    if (this.#ctx.netns === null)
      throw unsupported(
        this.#tool,
        path,
        `ip netns exec NS ${this.#tool} ${path}, as a path is a file of a host, or ${PLAIN_NAME_RULE}`,
      )
    return this.host
  }

  #missing(path: string): never {
    throw new NetloomError('ENOENT', `${path}: ${strerror('ENOENT')}`, { path })
  }
}
