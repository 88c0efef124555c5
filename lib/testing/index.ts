/**
 * Assertions for tests of networks.
 * @module
 */
export { VERSION } from '../lab/version.js'
