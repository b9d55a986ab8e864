const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Words are English, so dates are written the English way; times of day are 24 hours. */
const LOCALE = 'en-GB';

/** A length of time in the two largest units: "40 s", "12 min", "1 h 12 min", "2 d 3 h". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return `${s} s`;
  if (s < HOUR) return `${Math.floor(s / MINUTE)} min`;
  const [large, small, largeName, smallName] = s < DAY ? [HOUR, MINUTE, 'h', 'min'] : [DAY, HOUR, 'd', 'h'];
  const rest = Math.floor((s % large) / small);
  return `${Math.floor(s / large)} ${largeName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`;
}

/** Time left on a clock: "0:09", "12:05", "1:02:03"; days in words before it. */
export function countdown(seconds: number): string {
  const s = Math.max(0, Math.ceil(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const days = Math.floor(s / DAY);
  const hours = Math.floor((s % DAY) / HOUR);
  const minutes = Math.floor((s % HOUR) / MINUTE);
  const clock = hours > 0 || days > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  const lead = days > 0 ? `${days} ${days === 1 ? 'day' : 'days'} ` : '';
  return `${lead}${clock}:${two(s % MINUTE)}`;
}

/** A planned moment: "today 20:00", "tomorrow 09:30", "Friday 20:00", "12 March 20:00". Both in Unix ms. */
export function moment(at: number, now: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString(LOCALE, { hour: '2-digit', minute: '2-digit' });
  const days = Math.round((startOfDay(date) - startOfDay(new Date(now))) / (DAY * 1000));
  if (days === 0) return `today ${time}`;
  if (days === 1) return `tomorrow ${time}`;
  if (days === -1) return `yesterday ${time}`;
  if (days > 1 && days < 7) return `${date.toLocaleDateString(LOCALE, { weekday: 'long' })} ${time}`;
  const otherYear = date.getFullYear() !== new Date(now).getFullYear();
  const day = date.toLocaleDateString(LOCALE, {
    day: 'numeric',
    month: 'long',
    ...(otherYear ? { year: 'numeric' } : {}),
  });
  return `${day} ${time}`;
}

/** "just now", "12 min ago", "2 d 3 h ago". */
export function ago(seconds: number): string {
  return seconds < MINUTE ? 'just now' : `${duration(seconds)} ago`;
}

/** How far behind the world a picture is: "0.8 s", "12 s". */
export function behind(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds);
}

/** Where a picture is, for those who cannot see the seek bar: "Live", "12 seconds behind live". Whole seconds. */
export function behindLive(seconds: number): string {
  if (seconds === 0) return 'Live';
  const plural = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`;
  if (seconds < MINUTE) return `${plural(seconds, 'second')} behind live`;
  const rest = seconds % MINUTE;
  const minutes = plural(Math.floor(seconds / MINUTE), 'minute');
  return `${minutes}${rest === 0 ? '' : ` ${plural(rest, 'second')}`} behind live`;
}

function startOfDay(date: Date): number {
  // At noon, so that days of 23 and 25 hours count as one.
  return new Date(date.getFullYear(), date.getMonth(), date.getDate(), 12).getTime();
}
