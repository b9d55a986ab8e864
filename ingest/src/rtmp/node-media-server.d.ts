/** The parts of node-media-server 4.4.3 that are used here; the package ships no types and has no `exports` map. */
declare module 'node-media-server/src/protocol/rtmp.js' {
  export default class Rtmp {
    /** 0 to 2 while the handshake runs, 3 after it. */
    handshakeState: number;
    /** Bytes per chunk that we send, as announced by `setChunkSize`. */
    outChunkSize: number;
    objectEncoding: number;
    /** Number of the message stream that was created last. */
    streams: number;
    onOutputCallback: (bytes: Buffer) => void;
    /** Runs the handshake, then hands what follows it to `chunkRead`. */
    parserData(bytes: Buffer): string | null;
    chunkRead(data: Buffer, start: number, length: number): string | null;
    sendACK(bytesRead: number): void;
    sendWindowACK(bytes: number): void;
    setPeerBandwidth(bytes: number, limitType: number): void;
    setChunkSize(bytes: number): void;
    /** A user control message with one 32-bit value. */
    sendStreamStatus(event: number, value: number): void;
    sendInvokeMessage(streamId: number, command: Record<string, unknown>): void;
    sendStatusMessage(streamId: number, level: 'status' | 'error', code: string, description: string): void;
    respondConnect(transaction: number): void;
    respondCreateStream(transaction: number): void;
  }
}

declare module 'node-media-server/src/protocol/amf.js' {
  /** Throws, or answers with other types than named, where the bytes are malformed. */
  export function decodeAmf0Cmd(bytes: Buffer): Record<string, unknown>;
}
