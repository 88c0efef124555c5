/**
 * Captures: frames of a device or of the whole world as Linux taps them, filters in tcpdump's language, and the pcap and
 * pcapng file formats.
 * @module
 */
export * from './filter.js'
export * from './pcap.js'
export * from './pcapng.js'
export { type PcapngReadOptions, readPcapng } from './pcapng-reader.js'
export {
  type PcapngInterfaceInit,
  type PcapngPacketInit,
  type PcapngStatisticsInit,
  PcapngWriter,
  type PcapngWriterOptions,
} from './pcapng-writer.js'
export * from './read-capture.js'
export * from './tap.js'
export { CaptureAll, captureAll, type CaptureAllOptions } from './tap-all.js'
