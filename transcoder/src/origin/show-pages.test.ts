import { expect, it } from 'vitest';
import type { Rendition } from '../packager/rendition.ts';
import { RenditionPages } from './show-pages.ts';
import type { WaitingRoom } from './waiting-room.ts';

it('renders and compresses a playlist once for each change, and gives everybody the same bytes', () => {
  const window = { version: 1 };
  let renders = 0;
  const pages = new RenditionPages({ window } as Rendition, {} as WaitingRoom, (skip) => {
    renders += 1;
    return `#EXTM3U ${window.version} ${skip} ${renders}\n`.repeat(100);
  });
  const bodies = (gzip: boolean) =>
    Array.from({ length: 50 }, () => pages.playlist({ skip: false, gzip, maxAgeS: 1 }).body[0]);

  const [plain, zipped] = [new Set(bodies(false)), new Set(bodies(true))];
  expect([plain.size, zipped.size, renders]).toEqual([1, 1, 1]);
  pages.playlist({ skip: true, gzip: true, maxAgeS: 1 });
  expect(renders).toBe(2);

  window.version = 2;
  const [later] = new Set(bodies(false));
  expect([plain.has(later), renders]).toEqual([false, 3]);
  expect(later?.toString()).toMatch(/^#EXTM3U 2 false 3\n/);
});
