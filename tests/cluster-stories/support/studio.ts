import { setTimeout as sleep } from 'node:timers/promises';
import {
  eventually,
  followLive,
  pushTestPicture,
  startBrowser,
  type HlsReader,
  type Page,
  type PictureOptions,
  type Publisher,
  type ReaderOptions,
  type StoryBrowser,
} from '../../support/index.ts';
import type { Cluster } from './cluster.ts';
import { installPlatform, type Platform } from './platform.ts';
import type { Tenant } from './tenant.ts';

/** A platform, and who publishes and watches on it. */
export interface Studio {
  readonly platform: Platform;
  /** Applies a LiveStream and publishes a test picture to it; resolves once it is Live. */
  goOnAir(name: string, options?: OnAirOptions): Promise<OnAir>;
  /** Opens the page of a LiveStream in Chromium. */
  watch(name: string, tenant?: Tenant): Promise<Page>;
  /** Reads a show that is on air, as a player without a picture. */
  follow(name: string, options?: ReaderOptions, tenant?: Tenant): Promise<HlsReader>;
  /** Ends all that was begun here, and takes the platform away. */
  close(): Promise<void>;
}

export interface OnAirOptions {
  readonly spec?: object;
  readonly picture?: PictureOptions;
  /** The first one where none is named. */
  readonly tenant?: Tenant;
}

/** A show, and who publishes it. */
export interface OnAir {
  readonly publisher: Publisher;
  /** Waits until the publisher was let go, and has it come back as OBS does: again and again, until it is let in. */
  comeBack(timeoutMs?: number): Promise<void>;
}

/** As OBS waits. */
const RECONNECT_MS = 2_000;
/** A publisher that is refused ends sooner. */
const LET_IN_MS = 3_000;

/** Installs the chart for the stories of a file, with values beside the usual ones. */
export async function openStudio(
  cluster: Cluster,
  story: string,
  { values = {}, tenants = 1 }: { readonly values?: object; readonly tenants?: number } = {},
): Promise<Studio> {
  const platform = await installPlatform(cluster, story, values, tenants);
  const closers: (() => Promise<unknown>)[] = [];
  let browser: Promise<StoryBrowser> | undefined;

  const openBrowser = async () => {
    const opened = await startBrowser('no-user-gesture-required', new URL(platform.webUrl).hostname);
    closers.push(() => opened.close());
    return opened;
  };
  return {
    platform,
    async goOnAir(name, { spec = {}, picture = {}, tenant = platform } = {}) {
      await tenant.apply(name, spec);
      await tenant.untilReady(name);
      const url = await tenant.publishUrl(name);
      let publisher = pushTestPicture(url, picture);
      closers.push(() => publisher.stop());
      await tenant.untilPhase(name, 'Live');
      return {
        get publisher() {
          return publisher;
        },
        async comeBack(timeoutMs = 40_000) {
          await publisher.exited;
          await eventually(
            'the publisher to be let in again',
            async () => {
              publisher = pushTestPicture(url, picture);
              const refused = await Promise.race([publisher.exited, sleep(LET_IN_MS)]);
              if (refused) throw new Error(publisher.stderr().slice(-300));
              return true;
            },
            { timeoutMs, everyMs: RECONNECT_MS },
          );
        },
      };
    },
    async watch(name, tenant = platform) {
      const opened = await (browser ??= openBrowser());
      return opened.open(tenant.watchUrl(name));
    },
    async follow(name, options = {}, tenant = platform) {
      const reader = await followLive(tenant.playlistUrl(name), options);
      closers.push(() => reader.stop());
      return reader;
    },
    async close() {
      for (const close of closers.splice(0).reverse()) await close();
      await platform.uninstall();
    },
  };
}
