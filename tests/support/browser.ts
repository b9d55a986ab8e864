import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

export type { Page } from 'playwright-core';

/** Debian's Chromium, built to draw into memory alone: it starts in a second less than the one with windows. */
const EXECUTABLE = '/usr/bin/chromium-headless-shell';
/** Quiet: it must ask nobody but the product. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--mute-audio',
];

/** What a viewer's laptop shows. */
export const LAPTOP = { width: 1280, height: 800 } as const;
/** Enough for the page and all of a test picture: without a graphics card each point that a video covers costs time. */
const SMALL = { width: 640, height: 480 } as const;

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  /** A screen that is touched. */
  readonly touch?: boolean;
  /** Script that runs in the page before its own. */
  readonly initScript?: string;
}

/** A browser whose pages may speak to this machine only. */
export interface StoryBrowser {
  /** A page in a context of its own. */
  open(url: string, options?: PageOptions): Promise<Page>;
  /** URLs of other hosts that pages asked for; each was refused. */
  readonly foreign: readonly string[];
  /** Errors that pages threw or logged. */
  readonly errors: readonly string[];
  /** Closes all pages: one that nobody looks at any more takes a processor from those that come after it. */
  closePages(): Promise<void>;
  close(): Promise<void>;
}

const OWN_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Chromium, which plays with sound without being asked, or only after the viewer has done something. `host`: one that its pages
 * may speak to beside this machine.
 */
export async function startBrowser(
  autoplay: 'no-user-gesture-required' | 'document-user-activation-required' = 'no-user-gesture-required',
  host?: string,
): Promise<StoryBrowser> {
  const known = host === undefined ? OWN_HOSTS : [...OWN_HOSTS, host];
  // Not by intercepting: each part of a show would go through this process then.
  const rules = ['MAP * ~NOTFOUND', ...known.map((each) => `EXCLUDE ${each}`)].join(', ');
  const args = [...ARGS, `--autoplay-policy=${autoplay}`, `--host-resolver-rules=${rules}`];
  const browser: Browser = await chromium.launch({ executablePath: EXECUTABLE, args });
  const contexts = new Set<BrowserContext>();
  const foreign: string[] = [];
  const errors: string[] = [];
  async function closePages(): Promise<void> {
    const open = [...contexts];
    contexts.clear();
    await Promise.all(open.map((context) => context.close()));
  }
  return {
    closePages,
    foreign,
    errors,
    open: async (url, options = {}) => {
      const context = await browser.newContext({
        viewport: { width: options.width ?? SMALL.width, height: options.height ?? SMALL.height },
        hasTouch: options.touch === true,
      });
      contexts.add(context);
      context.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol.startsWith('http') && !known.includes(hostname)) foreign.push(request.url());
      });
      if (options.initScript !== undefined) await context.addInitScript({ content: options.initScript });
      const page = await context.newPage();
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
      });
      await page.goto(url, { waitUntil: 'domcontentloaded' });
      return page;
    },
    close: async () => {
      await closePages();
      await browser.close();
    },
  };
}
