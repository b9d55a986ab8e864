/** The sentence for a port that RTMP may not have. `cause` is what the system said. */
export function listenError(
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
  protocol: 'RTMP' | 'RTMPS' = 'RTMP',
): Error {
  const why = error.code === 'EADDRINUSE' ? 'another program uses it' : error.message;
  return new Error(`${protocol} cannot listen on port ${port} of ${host}: ${why}.`, { cause: error });
}
