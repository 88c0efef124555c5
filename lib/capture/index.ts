/**
 * Captures: frames of a device as Linux taps them, filters in tcpdump's language, and the pcap file format.
 * @module
 */
export * from './filter.js'
export * from './pcap.js'
export * from './tap.js'
