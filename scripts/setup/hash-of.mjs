import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** SHA-256, in hex, over the names and contents of files and of the files in folders, given by their paths below `root`. */
export function hashOf(root, paths, { isLeftOut = () => false } = {}) {
  const hash = createHash('sha256');
  const visit = (path) => {
    const absolute = join(root, path);
    if (!statSync(absolute).isDirectory()) {
      hash.update(`${path}\0`).update(readFileSync(absolute));
      return;
    }
    for (const name of readdirSync(absolute).sort()) {
      if (!isLeftOut(name)) visit(join(path, name));
    }
  };
  paths.forEach(visit);
  return hash.digest('hex');
}
