/**
 * Options of nc, and what hears of its doings.
 *
 * @see nc(1)
 */
import type { Netns } from '../core/netns.js'
import type { NetloomError } from '../errors.js'
import { parseIpv4 } from '../wire/ip.js'
import type { Process } from './process.js'

/** Options of nc. */
export interface NcOptions {
  /** TCP, nc's own default; without it UDP (`-u`). */
  readonly tcp?: boolean
  /** Wait for a connection or a datagram instead of beginning (`-l`). */
  readonly listen?: boolean
  /** TCP: take the next connection when one has ended. UDP: take datagrams of any sender and go on for ever (`-k`). */
  readonly keepOpen?: boolean
  /** Local address (`-s`), int32 or text. */
  readonly source?: number | string
  /** Local port (`-p`); drawn when absent. */
  readonly port?: number
  /** Where a client sends to, int32 or text. */
  readonly destination?: number | string
  /** Ports that a client goes through; without {@link zeroIo} the next one follows when a connection has ended. */
  readonly ports?: readonly number[]
  /** Standard input; empty by default. */
  readonly stdin?: Uint8Array
  /** Standard input is /dev/null rather than a pipe whose writer has ended; false. */
  readonly isStdinNull?: boolean
  /** Do not read standard input (`-d`). */
  readonly ignoreStdin?: boolean
  /** End after this many seconds in which nothing happened (`-w`); also how long a connection may take to be made. */
  readonly timeoutSec?: number
  /** End this many seconds after both directions have ended (`-q`); 0 or more implies {@link shutdownOnEof}. */
  readonly quitSec?: number
  /** Stop sending at the end of standard input (`-N`). */
  readonly shutdownOnEof?: boolean
  /** Write line by line, with this many seconds after each (`-i`). */
  readonly intervalSec?: number
  /** Send CRLF where the input has LF alone (`-C`). */
  readonly crlf?: boolean
  /** Allow broadcast (`-b`). */
  readonly broadcast?: boolean
  /** Say what happens; over UDP also send test datagrams first (`-v`). */
  readonly verbose?: boolean
  /** Exchange no data (`-z`). */
  readonly zeroIo?: boolean
  /** Reads from the network before it ends (`-W`). */
  readonly receiveLimit?: number
  /** Time to live (`-M`). */
  readonly ttl?: number
  /** Drop TCP segments whose time to live is smaller (`-m`). */
  readonly minTtl?: number
  /** Type of service (`-T`). */
  readonly tos?: number
  /** SO_RCVBUF in octets (`-I`). */
  readonly rcvbuf?: number
  /** SO_SNDBUF in octets (`-O`). */
  readonly sndbuf?: number
}

/** A running nc. */
export interface Nc {
  readonly process: Process
  readonly netns: Netns
  readonly options: NcOptions
}

/** Hears what nc would write. Addresses are int32. */
export interface NcOutput {
  /** Octets from the network, for standard output. */
  data?(nc: Nc, octets: Uint8Array): void
  /** A server is bound. */
  bound?(nc: Nc, address: number, port: number): void
  /** A server has a connection, or its first datagram and talks to this sender from now on. */
  received?(nc: Nc, address: number, port: number): void
  /** A client is connected; over UDP its test datagrams were not refused. */
  connected?(nc: Nc, address: number, port: number): void
  /** A client could not connect. */
  connectFailed?(nc: Nc, address: number, port: number, error: NetloomError): void
  /** A client's connection was not made within {@link NcOptions.timeoutSec}. */
  connectTimedOut?(nc: Nc, address: number, port: number): void
}

/** An address of the options as int32. */
export const ncAddress = (address: number | string): number =>
  typeof address === 'string' ? parseIpv4(address) : address | 0
