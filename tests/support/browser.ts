import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

export type { Page } from 'playwright-core';

/** Debian's Chromium, quiet: it must ask nobody but the product, and play without a click. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  '--mute-audio',
];

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
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
  close(): Promise<void>;
}

const OWN_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

export async function startBrowser(): Promise<StoryBrowser> {
  const browser: Browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  const contexts = new Set<BrowserContext>();
  const foreign: string[] = [];
  const errors: string[] = [];
  return {
    foreign,
    errors,
    open: async (url, options = {}) => {
      const context = await browser.newContext({
        viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
      });
      contexts.add(context);
      await context.route(
        (asked) => asked.protocol.startsWith('http') && !OWN_HOSTS.has(asked.hostname),
        async (route) => {
          foreign.push(route.request().url());
          await route.abort();
        },
      );
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
      await Promise.all([...contexts].map((context) => context.close()));
      await browser.close();
    },
  };
}
