/**
 * Files as tools name them: a plain name is a file of the script's directory, a path one of the host that the tool runs on,
 * /proc/sys and /sys/class/net among them.
 */
import type { CommandContext } from '../../app/command.js'
import { octetText } from '../../app/octet-text.js'
import { isPlainName, PLAIN_NAME_RULE } from '../../app/working-directory.js'
import { sysctlDevice, sysctlName } from '../../core/sysctl.js'
import { isLinuxSysctl } from '../../core/sysctl-linux.js'
import { type Errno, NetloomError, strerror } from '../../errors.js'
import { type FileSystem, fsOf } from '../../fs/file-system.js'
import { isNetSysfs, listNetSysfs, readNetSysfs } from '../../rtnl/net-sysfs.js'
import { unsupported } from '../command/args.js'
import { netnsOf } from '../command/netns-of.js'

const PROC_SYS = '/proc/sys/'
const isKey = (path: string): boolean => path.startsWith(PROC_SYS)

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
    if (!this.isLocal(path)) return this.#readHost(path)
    return this.#ctx.cwd!.read(path) ?? this.#missing(path)
  }

  /** Names in a directory of the host. Throws ENOENT, ENOTDIR. */
  names(path: string): string[] {
    if (this.isLocal(path)) this.#missing(path)
    const fs = this.host
    return isNetSysfs(path) ? listNetSysfs(this.#ctx.netns!, path) : fs.readdir(path)
  }

  /** What a path of the host names; null for nothing. */
  kind(path: string): 'file' | 'directory' | null {
    if (this.isLocal(path)) return this.hasLocal(path) ? 'file' : null
    if (isKey(path)) return this.#keyKind(path)
    if (!isNetSysfs(path)) return this.host.stat(path)?.kind ?? null
    try {
      this.names(path)
      return 'directory'
    } catch {
      return null
    }
  }

  /** Replaces what a file holds, or adds to it. */
  write(path: string, octets: Uint8Array, appends: boolean): void {
    if (!this.isLocal(path)) {
      if (isKey(path)) {
        this.#setKey(path, octetText(octets))
        return
      }
      const fs = this.#hostOf(path)
      if (appends) fs.appendFile(path, octets)
      else fs.writeFile(path, octets)
      return
    }
    if (!isPlainName(path)) throw unsupported(this.#tool, path, PLAIN_NAME_RULE)
    if (!appends) this.#ctx.cwd!.write(path, '')
    this.#ctx.cwd!.append(path, octetText(octets))
  }

  /** Opens a file of the host for writing, and returns what writes to it. Both throw what {@link write} throws. */
  open(path: string, appends: boolean): (octets: Uint8Array) => void {
    if (!isKey(path)) {
      this.write(path, new Uint8Array(0), appends)
      return octets => this.write(path, octets, true)
    }
    if (this.#keyKind(path) === null) this.#setKey(path, '')
    return octets => this.write(path, octets, true)
  }

  /** Removes a file of the script's directory. Throws ENOENT. */
  removeLocal(path: string): void {
    if (!this.#ctx.cwd!.remove(path)) this.#missing(path)
  }

  /** True when there is a file of the script's directory. */
  hasLocal(path: string): boolean {
    return this.#ctx.cwd!.read(path) !== null
  }

  /** A file of the host, or what its kernel shows as one. */
  #readHost(path: string): string {
    const fs = this.#hostOf(path)
    const { netns } = this.#ctx
    if (isNetSysfs(path)) return readNetSysfs(netns!, path)
    if (isKey(path)) return `${this.#key(path, () => netns!.sysctl.get(path.slice(PROC_SYS.length)))}\n`
    return octetText(fs.readFile(path))
  }

  #keyKind(path: string): 'file' | 'directory' | null {
    const name = path.slice(PROC_SYS.length).replace(/\/+$/, '').replaceAll('/', '.')
    const names = this.#ctx.netns!.sysctl.list().map(entry => entry.name)
    if (names.includes(name)) return 'file'
    return names.some(one => one.startsWith(`${name}.`)) ? 'directory' : null
  }

  #setKey(path: string, text: string): void {
    this.#hostOf(path)
    this.#key(path, () => this.#ctx.netns!.sysctl.set(path.slice(PROC_SYS.length), text.trim()))
  }

  /** Gives errors of a key the words of the file that it is. */
  #key<T>(path: string, act: () => T): T {
    try {
      return act()
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      const key = sysctlName(path.slice(PROC_SYS.length))
      const devices = this.#ctx.netns!.devices.map(dev => sysctlDevice(dev.name))
      if (e.code === 'EOPNOTSUPP' || (e.code === 'ENOENT' && isLinuxSysctl(key, ['all', 'default', ...devices])))
        throw unsupported(this.#tool, path, 'the keys of sysctl -a')
      throw new NetloomError(e.code, strerror(e.code as Errno), { path })
    }
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
