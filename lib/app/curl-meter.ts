/**
 * curl's progress meter.
 *
 * @see lib/progress.c of curl 7.88 progress_meter, max5data, time2str
 */
import type { CurlResult } from './curl-transfer.js'

/** Headings of the meter. */
export const METER_HEAD: string =
  '  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n' +
  '                                 Dload  Upload   Total   Spent    Left  Speed\n'

const UNKNOWN_TIME = '--:--:--'

/** Five digits at most, with a letter for powers of 1024. */
const max5data = (octets: number): string => {
  if (octets < 100_000) return String(octets).padStart(5)
  const kib = octets / 1024
  if (kib < 10_000) return `${String(Math.floor(kib)).padStart(4)}k`
  const mib = kib / 1024
  if (mib < 100) return `${String(Math.floor(mib)).padStart(2)}.${Math.floor((mib * 10) % 10)}M`
  if (mib < 10_000) return `${String(Math.floor(mib)).padStart(4)}M`
  const gib = mib / 1024
  return gib < 100
    ? `${String(Math.floor(gib)).padStart(2)}.${Math.floor((gib * 10) % 10)}G`
    : `${String(Math.floor(gib)).padStart(4)}G`
}

const timeText = (seconds: number): string => {
  if (seconds <= 0) return UNKNOWN_TIME
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${String(Math.floor(seconds / 3600)).padStart(2)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

const line = (total: number, got: number, speed: number, spent: number, left: number, current: number): string => {
  const percent = total === 0 ? 0 : Math.floor((got * 100) / total)
  const share = String(percent).padStart(3)
  return (
    `\r${share} ${max5data(total)}  ${share} ${max5data(got)}    0     0  ${max5data(speed)}      0 ` +
    `${timeText(left)} ${timeText(spent)} ${UNKNOWN_TIME} ${max5data(current)}`
  )
}

/** The meter before anything has happened. */
export const METER_START: string = line(0, 0, 0, 0, 0, 0)

/** The meter at the end of a transfer. */
export const curlMeter = ({ downloaded, totalNs }: CurlResult): string => {
  const speed = Math.floor((downloaded * 1_000_000) / Math.max(1, Math.floor(totalNs / 1000)))
  const spent = Math.floor(totalNs / 1_000_000_000)
  return line(downloaded, downloaded, speed, spent, spent, speed)
}
