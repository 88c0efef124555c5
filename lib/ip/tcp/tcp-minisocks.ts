/**
 * Requests on their way to a connection.
 *
 * @see net/ipv4/tcp_minisocks.c
 */
