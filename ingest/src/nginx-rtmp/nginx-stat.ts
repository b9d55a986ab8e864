/** What is read of nginx-rtmp's statistics. */
export interface NginxStat {
  /** Of the nginx that counted. */
  readonly pid: number;
  /** Bytes that all RTMP connections have received together. */
  readonly bytesIn: number;
  /** By the name that a stream has in nginx. */
  readonly streams: ReadonlyMap<string, NginxStreamStat>;
}

export interface NginxStreamStat {
  readonly publishing: boolean;
  /** Messages that did not fit into the queues of those who play it. */
  readonly dropped: number;
}

interface Element {
  readonly name: string;
  readonly children: Element[];
  text: string;
}

/** An opening, closing or empty tag without attributes, a declaration, or what stands between tags. */
const TOKEN = /<\?[^>]*\?>|<(\/?)([a-z_][a-z0-9_]{0,63})(\/?)>|([^<]+)/y;
const MAX_DEPTH = 12;
const MAX_ELEMENTS = 200_000;

/**
 * Reads what `rtmp_stat all` answers (ngx_rtmp_stat_module.c): elements without attributes, texts escaped, no comments. A
 * reader of that much is shorter than the binding to a parser of all XML, and refuses whatever else XML could do. Throws a
 * sentence.
 */
export function readNginxStat(document: string): NginxStat {
  const root = readElements(document);
  const rtmp = only(root, 'rtmp');
  const streams = new Map<string, NginxStreamStat>();
  for (const server of all(rtmp, 'server')) {
    for (const application of all(server, 'application')) {
      for (const live of all(application, 'live')) {
        for (const stream of all(live, 'stream')) {
          streams.set(only(stream, 'name').text, {
            publishing: all(stream, 'publishing').length > 0,
            dropped: all(stream, 'client').reduce((sum, client) => sum + count(client, 'dropped'), 0),
          });
        }
      }
    }
  }
  return { pid: count(rtmp, 'pid'), bytesIn: count(rtmp, 'bytes_in'), streams };
}

function readElements(document: string): Element {
  const root: Element = { name: '', children: [], text: '' };
  const open = [root];
  TOKEN.lastIndex = 0;
  for (let elements = 0; TOKEN.lastIndex < document.length;) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(document);
    if (!token) throw new Error(`nginx's statistics hold something unknown at character ${at}.`);
    const [, closes, name, isEmpty, text] = token;
    const inner = open.at(-1)!;
    if (text !== undefined) inner.text += text;
    else if (closes) {
      if (open.length === 1 || inner.name !== name) throw new Error(`nginx's statistics close ${name} out of turn.`);
      open.pop();
    } else if (name !== undefined) {
      const element = { name, children: [], text: '' };
      if (++elements > MAX_ELEMENTS || open.length > MAX_DEPTH) throw new Error("nginx's statistics are too large.");
      inner.children.push(element);
      if (!isEmpty) open.push(element);
    }
  }
  if (open.length > 1) throw new Error(`nginx's statistics end within ${open.at(-1)!.name}.`);
  return root;
}

function all(parent: Element, name: string): Element[] {
  return parent.children.filter((child) => child.name === name);
}

function only(parent: Element, name: string): Element {
  const [element] = all(parent, name);
  if (!element) throw new Error(`nginx's statistics have no ${name} where it belongs.`);
  return element;
}

function count(parent: Element, name: string): number {
  const { text } = only(parent, name);
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text)) throw new Error(`nginx's statistics give no number as ${name}.`);
  return value;
}
