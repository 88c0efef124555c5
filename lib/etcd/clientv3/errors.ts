/**
 * Errors as a client's calls return them.
 *
 * @see etcd client/v3/client.go toErr, api/v3rpc/rpctypes/error.go Error
 */
import { grpcErrorText } from '../../grpc/grpc-status.js'
import { EtcdError, isEtcdText } from '../rpctypes.js'

/** The error of a status: what etcd says stands for itself, anything else is told as gRPC's. */
export const clientError = (code: number, message: string): EtcdError =>
  new EtcdError(code, isEtcdText(message) ? message : grpcErrorText(code, message))
