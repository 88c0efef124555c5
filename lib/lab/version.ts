/**
 * The library's version, for messages that a user copies into a report.
 */

/** Version of netloom; a test keeps it equal to package.json. */
export const VERSION = '0.1.0'
