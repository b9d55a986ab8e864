import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { images, imagesOf } from './images.mjs';
import {
  buildControlPrograms,
  isOwnClusterUp,
  missingSteps,
  ownCluster,
  startOwnCluster,
  stopOwnCluster,
} from './own-cluster.mjs';
import { fail, say } from './say.mjs';
import { lookAround, whichCluster } from './which-cluster.mjs';

/** The cluster that the stories run on, or why there is none: see whichCluster. */
export function chooseCluster(root) {
  return whichCluster(lookAround({ missing: missingSteps(root), ownKubeconfig: ownCluster.kubeconfig }));
}

/**
 * Has the chosen cluster run, with this checkout's images on it. Returns how to reach it:
 *
 * - `kubeconfig`: path of a file
 * - `bin`: folder of kubectl, helm, helm3 and ctr, where they are not the caller's own
 * - `auditLog`: path of what its API server writes of who asked for what, where it is the own one
 * - `images`: a reference per component
 * - `isOwn`: whether its parts may be killed
 * - `isStarted`: whether it was started here, so that who started it may stop it
 */
export function startCluster(root) {
  const choice = chooseCluster(root);
  if (choice.cluster === 'none') fail(`There is no cluster: ${choice.why}.`);
  if (choice.cluster === 'named') {
    say(
      `The cluster is the one of KUBECONFIG=${process.env.KUBECONFIG}; stories that stop its parts, fill it or read its audit log are left out`,
    );
    return { kubeconfig: process.env.KUBECONFIG, images: imagesInRegistry(root), isOwn: false, isStarted: false };
  }
  const isStarted = !isOwnClusterUp();
  startOwnCluster(root);
  const { kubeconfig, bin, auditLog } = ownCluster;
  return { kubeconfig, bin, auditLog, images: images(root), isOwn: true, isStarted };
}

/** The folder of etcd, kube-apiserver and kubectl, which are built first where they are missing. */
export function controlPrograms(root) {
  const { cluster, why } = whichCluster({
    ...lookAround({ missing: missingSteps(root), ownKubeconfig: ownCluster.kubeconfig }),
    // Whatever cluster the caller has.
    kubeconfig: undefined,
  });
  if (cluster === 'none') fail(`There is no API server to be had: ${why}.`);
  buildControlPrograms(root);
  return ownCluster.bin;
}

/** Stops the own cluster. */
export const stopCluster = stopOwnCluster;

/** SHOWRUNNER_IMAGES=registry.example/me holds showrunner-operator and the others, tagged with the version of package.json. */
function imagesInRegistry(root) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const components = Object.keys(imagesOf(root));
  return Object.fromEntries(
    components.map((component) => [component, `${process.env.SHOWRUNNER_IMAGES}/showrunner-${component}:${version}`]),
  );
}
