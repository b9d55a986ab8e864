export interface NginxLogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** What went wrong, without anything that a client sent. */
  readonly message: string;
}

/** `2026/11/21 09:18:00 [error] 21999#21999: *7 message, client: 192.0.2.1, server: 0.0.0.0:1936` (src/core/ngx_log.c). */
const LINE = /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d|nginx:) \[([a-z]{1,6})\] (?:\d+#\d+: )?(.*)$/;
/** The level of what keeps nginx from starting, such as a wrong directive: no client has a part in that. */
const AT_THE_START = 'emerg';
const MAX_CHARACTERS = 400;

const LEVELS: Readonly<Record<string, NginxLogLine['level']>> = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warn: 'warn',
};

/**
 * A line of nginx's error log for ours. nginx and nginx-rtmp put the names that clients send, keys among them, between
 * quotes, and a name may hold quotes itself: so nothing from the first quote on is kept.
 */
export function readNginxLog(line: string): NginxLogLine {
  const [, level = '', said = line] = LINE.exec(line) ?? [];
  const message = level === AT_THE_START ? said : said.replace(/['"].*$/, '(…)');
  return { level: LEVELS[level] ?? 'error', message: message.slice(0, MAX_CHARACTERS) };
}
