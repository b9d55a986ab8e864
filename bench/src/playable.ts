import { eventually, httpGet, parseMaster, parseMedia, type TcpRelay } from '@showrunner/tests/support';

/** Whether there is a whole thing that a player could decode: an independent part or a segment, with its init section. */
export async function playable(playlistUrl: string): Promise<boolean> {
  const answer = await httpGet(playlistUrl);
  if (answer.status !== 200) return false;
  const text = answer.body.toString();
  if (text.includes('#EXT-X-STREAM-INF')) {
    const uri = parseMaster(text).variants[0]?.uri;
    return uri !== undefined && playable(new URL(uri, playlistUrl).href);
  }
  const segment = parseMedia(text).segments.find(({ uri, parts }) => uri !== undefined || parts[0]?.independent);
  const media = segment?.parts[0]?.uri ?? segment?.uri;
  if (!segment || media === undefined) return false;
  const wanted = segment.map ? [segment.map.uri, media] : [media];
  const answers = await Promise.all(wanted.map((uri) => httpGet(new URL(uri, playlistUrl).href)));
  return answers.every(({ status, body }) => status === 200 && body.length > 0);
}

/** When the client's publish command passed the relay, by `performance.now()`. */
export async function publishedAt(relay: TcpRelay): Promise<number> {
  return eventually('the publish command', () => (hasSent(relay, 'publish') ? performance.now() : undefined), {
    everyMs: 1,
  });
}

/** Whether a text was among the first that the clients of a relay sent. */
export function hasSent(relay: TcpRelay, text: string): boolean {
  return Buffer.concat(relay.sent).includes(text);
}
