import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const SECRET_FIELDS = [
  'streamKey',
  'key',
  'keys',
  'token',
  'flvToken',
  'password',
  'secret',
  'authorization',
  'cookie',
  '["set-cookie"]',
];

/**
 * A pino logger, one JSON object a line, to standard output unless told otherwise. Fields that are named like a
 * secret are removed, at the top and one and two levels below it (`req.headers.authorization`).
 */
export function createLogger(
  { name, level }: { name: string; level: (typeof LOG_LEVELS)[number] },
  destination?: DestinationStream,
): Logger {
  const below = (parents: string) =>
    SECRET_FIELDS.map((field) => (parents && !field.startsWith('[') ? `${parents}.${field}` : `${parents}${field}`));
  const options = { name, level, redact: { paths: [...below(''), ...below('*'), ...below('*.*')], remove: true } };
  return destination ? pino(options, destination) : pino(options);
}
