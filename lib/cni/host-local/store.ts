/**
 * What host-local remembers: for each network a directory with one file for each address that is given out, which says to
 * whom; the address that was given out last; and a lock.
 *
 * The lock is there as a file only: no other program of the host runs between its taking and its release.
 *
 * @see plugins v0.9.1 plugins/ipam/host-local/backend/disk/backend.go
 */
import { octetText } from '../../app/octet-text.js'
import { octetsOf } from '../../app/text.js'
import type { FileSystem } from '../../fs/file-system.js'
import { formatIpv4, isIpv4Text, parseIpv4 } from '../../wire/ip.js'
import { GoError, isErrnoError, pathCall } from '../../app/go-error.js'

const DEFAULT_DATA_DIR = '/var/lib/cni/networks'
const LAST_IP_PREFIX = 'last_reserved_ip.'
const LINE_BREAK = '\r\n'

/** Makes a directory and those above it; an error tells the path that is none (os.MkdirAll). */
export const mkdirAll = (fs: FileSystem, path: string): void => {
  const names = path.split('/').filter(name => name !== '')
  for (let n = 1; n <= names.length; n++) {
    const part = `/${names.slice(0, n).join('/')}`
    if (fs.stat(part)?.kind === 'file') throw new GoError(`mkdir ${part}: not a directory`)
    pathCall('mkdir', part, () => fs.mkdir(part, { recursive: true }))
  }
}

/** The directory of one network. */
export class Store {
  readonly #fs: FileSystem
  readonly #dir: string

  /** Throws GoError where the directory cannot be made. */
  constructor(fs: FileSystem, network: string, dataDir: string) {
    this.#fs = fs
    this.#dir = `${dataDir === '' ? DEFAULT_DATA_DIR : dataDir.replace(/\/+$/, '')}/${network}`
    mkdirAll(fs, this.#dir)
    const lock = `${this.#dir}/lock`
    if (!fs.exists(lock)) fs.writeFile(lock, new Uint8Array(0))
  }

  /** Gives an address out; false when somebody has it. */
  reserve(id: string, ifName: string, ip: number, rangeId: number): boolean {
    const text = formatIpv4(ip)
    const path = `${this.#dir}/${text}`
    if (this.#fs.exists(path)) return false
    this.#fs.writeFile(path, octetsOf(id.trim() + LINE_BREAK + ifName))
    this.#fs.writeFile(`${this.#dir}/${LAST_IP_PREFIX}${rangeId}`, octetsOf(text))
    return true
  }

  /** The address that was given out last; null when there is none. */
  lastReservedIp(rangeId: number): number | null {
    try {
      const text = octetText(this.#fs.readFile(`${this.#dir}/${LAST_IP_PREFIX}${rangeId}`))
      return isIpv4Text(text) ? parseIpv4(text) : null
    } catch (e) {
      if (isErrnoError(e, 'ENOENT')) return null
      throw e
    }
  }

  /** Addresses that a device of a container has. */
  getById(id: string, ifName: string): number[] {
    const mine = [id.trim() + LINE_BREAK + ifName, id.trim()]
    const names = this.#files().filter(path => mine.includes(this.#content(path)))
    return names
      .map(path => path.slice(path.lastIndexOf('/') + 1))
      .filter(isIpv4Text)
      .map(parseIpv4)
  }

  /** Has a device of a container an address? Files of old versions name the container alone. */
  findById(id: string, ifName: string): boolean {
    const contents = this.#files().map(path => this.#content(path))
    return contents.includes(id.trim() + LINE_BREAK + ifName) || contents.includes(id.trim())
  }

  /** Takes the addresses of a device of a container back. */
  releaseById(id: string, ifName: string): void {
    if (!this.#release(id.trim() + LINE_BREAK + ifName)) this.#release(id.trim())
  }

  #release(content: string): boolean {
    const found = this.#files().filter(path => this.#content(path) === content)
    for (const path of found) this.#fs.unlink(path)
    return found.length > 0
  }

  #content(path: string): string {
    return octetText(this.#fs.readFile(path)).trim()
  }

  /** All files in the directory and below it. */
  #files(dir: string = this.#dir): string[] {
    return this.#fs.readdir(dir).flatMap(name => {
      const path = `${dir}/${name}`
      return this.#fs.stat(path)?.kind === 'directory' ? this.#files(path) : [path]
    })
  }
}
