import { pushTestPicture, readPlayer, startBrowser, startShowrunner } from '../support/index.ts';
import { setTimeout as sleep } from 'node:timers/promises';
const p = await startShowrunner(); const b = await startBrowser();
const pub = pushTestPicture(p.publishUrl(), { width: 640, height: 360 });
await sleep(2000);
const page = await b.open(p.watchUrl);
for (let i=0;i<4;i++){ await sleep(1500); console.log(await readPlayer(page), b.errors, await page.evaluate(`document.querySelector('.player')?.innerHTML.slice(0,600)`)); }
await b.close(); await pub.kill(); await p.stop();
