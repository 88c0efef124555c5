/**
 * Payloads that are lines of text (HTTP, SMTP, FTP, RTSP, SIP, SSH): their first line, as tcpdump prints it.
 * @see tcpdump util-print.c
 */

import type { Printer } from './printer.js'

const HTTP_METHODS =
  'GET PUT COPY HEAD LOCK MOVE POLL POST BCOPY BMOVE MKCOL TRACE LABEL MERGE DELETE SEARCH UNLOCK REPORT UPDATE NOTIFY ' +
  'BDELETE CONNECT OPTIONS CHECKIN PROPFIND CHECKOUT CCM_POST SUBSCRIBE PROPPATCH BPROPFIND BPROPPATCH UNCHECKOUT ' +
  'MKACTIVITY MKWORKSPACE UNSUBSCRIBE RPC_CONNECT VERSION-CONTROL BASELINE-CONTROL'
const RTSP_METHODS = 'OPTIONS DESCRIBE ANNOUNCE SETUP PLAY PAUSE TEARDOWN GET_PARAMETER SET_PARAMETER REDIRECT RECORD'
const SIP_METHODS =
  'ACK BYE CANCEL DO INFO INVITE MESSAGE NOTIFY OPTIONS PRACK QAUTH REFER REGISTER SPRACK SUBSCRIBE UPDATE PUBLISH'

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** A protocol of text lines: its name, and the first words of requests (null: every payload is printed). */
export interface TextProtocol {
  readonly name: string
  readonly methods: ReadonlySet<string> | null
}

/** HTTP. */
export const HTTP: TextProtocol = { name: 'http', methods: words(HTTP_METHODS) }
/** RTSP. */
export const RTSP: TextProtocol = { name: 'rtsp', methods: words(RTSP_METHODS) }
/** SIP. */
export const SIP: TextProtocol = { name: 'sip', methods: words(SIP_METHODS) }
/** SMTP. */
export const SMTP: TextProtocol = { name: 'smtp', methods: null }
/** FTP. */
export const FTP: TextProtocol = { name: 'ftp', methods: null }
/** WHOIS. */
export const WHOIS: TextProtocol = { name: 'whois', methods: null }

const MAX_TOKEN = 128
const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32

const isPrintable = (c: number): boolean => c >= SPACE && c < 127
const isSpace = (c: number): boolean => c === SPACE || c === TAB || c === CR || c === LF

/** The word at `o` before `end`, and the offset of the next word of the line; null when there is none. */
const wordAt = (p: Printer, o: number, end: number): { word: string; next: number } | null => {
  let word = ''
  let i = o
  for (; i < end && p.has(i, 1) && !isSpace(p.b[i]!); i++) {
    if (!isPrintable(p.b[i]!) || word.length > MAX_TOKEN - 2) return null
    word += String.fromCharCode(p.b[i]!)
  }
  if (word === '' || (i < end && !p.has(i, 1))) return null
  while (i < end && p.has(i, 1) && (p.b[i] === SPACE || p.b[i] === TAB)) i++
  return { word, next: i }
}

const isMessage = (p: Printer, o: number, end: number, methods: ReadonlySet<string>): boolean => {
  const first = wordAt(p, o, end)
  if (first === null) return false
  if (methods.has(first.word.toUpperCase())) return true
  const second = wordAt(p, first.next, end)
  return second !== null && /^\d{3}$/.test(second.word)
}

/** Prints the line at `o`; returns the offset of the next line, or -1 when no text line ended there. */
const printLine = (p: Printer, prefix: string, o: number, end: number): number => {
  let line = ''
  for (let i = o; i < end; i++) {
    const c = p.u8(i)
    const isCrLf = c === CR && i + 1 < end && p.u8(i + 1) === LF
    if (c === LF || isCrLf) {
      p.print(prefix + line)
      return i + (isCrLf ? 2 : 1)
    }
    if (!isPrintable(c) && c !== TAB) return -1
    line += String.fromCharCode(c)
  }
  p.print(prefix + line)
  p.printTruncated()
  return -1
}

/** Prints `length` octets of a text protocol at `o`: its name and the first line, or all lines when verbose. */
export const printText = (p: Printer, o: number, length: number, protocol: TextProtocol): void => {
  p.protocol = protocol.name
  const end = o + length
  const isShown = protocol.methods === null || isMessage(p, o, end, protocol.methods)
  p.print(protocol.name.toUpperCase())
  if (!isShown) return
  if (p.verbose === 0) {
    printLine(p, ': ', o, end)
    return
  }
  p.print(`, length: ${length}`)
  let at = o
  while (at >= 0 && at < end) at = printLine(p, '\n\t', at, end)
}

/** Prints the version line of SSH at `o`; anything else of SSH has no text. */
export const printSsh = (p: Printer, o: number, length: number): void => {
  p.protocol = 'ssh'
  const prefix = 'SSH-'
  for (let i = 0; i < prefix.length; i++) if (p.u8(o + i) !== prefix.charCodeAt(i)) return
  let line = prefix
  for (let i = o + prefix.length; i < o + length; i++) {
    const c = p.u8(i)
    if (c === LF || (c === CR && i + 1 < o + length && p.u8(i + 1) === LF)) {
      p.print(`: SSH: ${line}`)
      return
    }
    if (!isPrintable(c)) return
    line += String.fromCharCode(c)
  }
}
