import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const GO_WANTED = [1, 26];

/** What the choice of a cluster depends on: the caller's words, and what this machine can do. */
export function lookAround({ missing, ownKubeconfig, env = process.env }) {
  return {
    kubeconfig: env.KUBECONFIG === ownKubeconfig ? undefined : env.KUBECONFIG || undefined,
    images: env.SHOWRUNNER_IMAGES || undefined,
    hasKubectl: isOnPath('kubectl', env),
    hasHelm: isOnPath('helm', env),
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    hasApt: isOnPath('apt-get', env),
    go: spawnSync('go', ['version'], { encoding: 'utf8' })
      .stdout?.match(/go(\d+)\.(\d+)/)
      ?.slice(1)
      .map(Number),
    missing,
  };
}

/**
 * The cluster that the stories run on: `{ cluster: 'named' }` is the caller's, by KUBECONFIG; `{ cluster: 'own' }` the one of
 * tests/cluster; `{ cluster: 'none', why }` says what is wanting. `missing` names the steps of tests/cluster/build.sh still to be done.
 */
export function whichCluster({ kubeconfig, images, hasKubectl, hasHelm, platform, isRoot, hasApt, go, missing }) {
  const none = (why) => ({ cluster: 'none', why });
  if (kubeconfig) {
    if (!images) {
      return none(
        `KUBECONFIG names a cluster (${kubeconfig}), but SHOWRUNNER_IMAGES does not say which registry it finds the images in`,
      );
    }
    if (!hasKubectl) return none('KUBECONFIG names a cluster, but there is no kubectl to reach it with');
    if (!hasHelm) return none('KUBECONFIG names a cluster, but there is no helm to install the chart with');
    return { cluster: 'named' };
  }
  const otherwise = 'set KUBECONFIG and SHOWRUNNER_IMAGES to run them on a cluster of yours';
  if (platform !== 'linux') return none(`a cluster of our own needs Linux; ${otherwise}`);
  if (!isRoot) return none(`a cluster of our own needs root; ${otherwise}`);
  if (missing.includes('packages') && !hasApt) {
    return none(`a cluster of our own is made of Debian's packages, and there is no apt-get; ${otherwise}`);
  }
  const isGoNeeded = missing.some((step) => step !== 'packages' && step !== 'images');
  if (isGoNeeded && !isGoNewEnough(go)) {
    return none(
      `a cluster of our own is built with Go ${GO_WANTED.join('.')} or newer, and here is ${go ? `Go ${go.join('.')}` : 'none'}; ${otherwise}`,
    );
  }
  return { cluster: 'own' };
}

/** What a run of the stories comes to where there is no cluster: with CI=true somebody counts on them. `why` is whichCluster's. */
export function withoutCluster({ why, env = process.env }) {
  return env.CI === 'true'
    ? { outcome: 'failed', sentence: `The stories on a cluster cannot run: ${why}.` }
    : { outcome: 'skipped', sentence: `The stories on a cluster are skipped: ${why}.` };
}

const isGoNewEnough = (go) => go !== undefined && (go[0] - GO_WANTED[0] || go[1] - GO_WANTED[1]) >= 0;

function isOnPath(program, env) {
  return (env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
