/**
 * Where a machine of Google Cloud finds the services of its network.
 */

/** Address of the metadata server. */
export const METADATA_ADDRESS = '169.254.169.254'
/** One of the addresses of private.googleapis.com. */
export const API_ADDRESS = '199.36.153.8'
/** Where an API client expects Compute Engine. */
export const API_NAME = 'www.googleapis.com'
/** What a client's scope must be to make and delete routes. */
export const COMPUTE_SCOPE = 'https://www.googleapis.com/auth/compute'
