/** `npm run screenshots`: the pictures of the README, taken of the running product with its demo on air. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startBrowser, startShowrunner } from './support/index.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const IMAGES = join(ROOT, 'docs/images');
const SETTLE_MS = 12_000;

const PICTURES = [
  { name: 'watch', path: '/watch/default/live', width: 1440, height: 900, colorScheme: 'dark' },
  { name: 'watch-phone', path: '/watch/default/live', width: 375, height: 740, colorScheme: 'light' },
  { name: 'home', path: '/', width: 1440, height: 900, colorScheme: 'dark' },
] as const;

mkdirSync(IMAGES, { recursive: true });
const showrunner = await startShowrunner();
const demo = spawn(process.execPath, [join(ROOT, 'standalone/src/main.ts'), 'demo'], {
  env: {
    ...process.env,
    SHOWRUNNER_DATA: showrunner.data,
    SHOWRUNNER_HTTP_PORT: String(showrunner.httpPort),
    SHOWRUNNER_RTMP_PORT: String(showrunner.rtmpPort),
  },
  stdio: 'ignore',
});
const browser = await startBrowser();
try {
  for (const { name, path, width, height, colorScheme } of PICTURES) {
    const page = await browser.open(`${showrunner.http}${path}`, { width, height });
    await page.emulateMedia({ colorScheme });
    await delay(SETTLE_MS);
    await page.mouse.move(width / 2, 110); // the player shows its controls
    await page.mouse.move(width / 2, 120);
    await delay(500);
    await page.screenshot({ path: join(IMAGES, `${name}.png`) });
    await page.close();
  }
} finally {
  demo.kill('SIGINT');
  await browser.close();
  await showrunner.stop();
}
