import type { DoorContext } from '../door.ts';
import type { NginxSockets } from './nginx-config.ts';
import type { NginxPublisher } from './nginx-publisher.ts';

/** What a publisher needs of the server around it. */
export interface NginxContext extends DoorContext {
  readonly sockets: NginxSockets;
  /** Has nginx hang up on who publishes under this name. */
  readonly drop: (streamName: string) => void;
  /** The publisher is gone. Called once. */
  readonly ended: (publisher: NginxPublisher) => void;
}
