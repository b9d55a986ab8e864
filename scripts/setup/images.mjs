import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf } from './hash-of.mjs';
import { ownCluster, withOwnCluster } from './own-cluster.mjs';
import { fail, say } from './say.mjs';

/** What each image is made of, beside what all of them are (the arrows between the folders are in eslint.config.js). */
const FOLDERS = { operator: ['operator'], ingest: ['ingest'], transcoder: ['transcoder'], web: ['web'] };
const COMMON = [
  ...['Dockerfile', '.dockerignore', '.npmrc', 'package.json', 'package-lock.json', 'tsconfig.json'],
  ...['scripts/bundle.mjs', 'scripts/image-app.sh', 'scripts/image-root.sh', 'crds', 'service-kit'],
];
const LEFT_OUT = /^(?:node_modules|dist|README\.md|.*\.test\.ts)$/;

/** Images of other sources that are kept: of branches to go back to, and of other checkouts whose stories may run just now. */
const KEPT_PER_COMPONENT = 24;
/** Steps of builds that are kept for the next one to begin at. */
const KEPT_STEPS = 400;

/** Names of the images of this checkout's sources, by component: `localhost/showrunner-operator:5f2c…`. */
export function imagesOf(root) {
  const isLeftOut = (name) => LEFT_OUT.test(name);
  const common = hashOf(root, COMMON, { isLeftOut });
  return Object.fromEntries(
    Object.entries(FOLDERS).map(([component, folders]) => {
      const tag = `${common.slice(0, 8)}${hashOf(root, folders, { isLeftOut }).slice(0, 8)}`;
      return [component, `localhost/showrunner-${component}:${tag}`];
    }),
  );
}

/** Builds the images that this checkout's sources have changed and gives them to the own cluster, which has no registry. */
export function images(root) {
  const wanted = imagesOf(root);
  const present = new Set(ctr(['images', 'ls', '-q']).split('\n'));
  const missing = Object.entries(wanted).filter(([, image]) => !present.has(image));
  if (missing.length === 0) return wanted;
  assertOverlay();
  for (const [component, image] of missing) {
    if (!isBuilt(image)) build(root, component, image);
    handOver(image);
  }
  dropOldImages(present);
  return wanted;
}

const store = ['--root', join(ownCluster.home, 'buildah'), '--runroot', join(ownCluster.home, 'run', 'buildah')];
const storeArgs = (args) => [...store, '--storage-driver', 'overlay', ...args];
const buildah = (args, options) =>
  spawnSync('buildah', storeArgs(args), withOwnCluster({ maxBuffer: 2 ** 26, ...options }));

function ctr(args) {
  const run = spawnSync('ctr', args, withOwnCluster());
  if (run.status !== 0) fail(`ctr ${args.join(' ')}: ${run.stderr}`);
  return run.stdout;
}

/** buildah's other way to store images, `vfs`, copies the whole root for each step of a build. */
function assertOverlay() {
  const info = buildah(['info', '--format', '{{.store.GraphDriverName}}']);
  if (info.stdout?.trim() !== 'overlay')
    fail(`buildah must store images by overlay in ${ownCluster.home}: ${info.stderr}`);
}

const isBuilt = (image) => buildah(['inspect', '--type', 'image', '--format', '{{.FromImageID}}', image]).status === 0;

function build(root, component, image) {
  say(`Building the image ${image}`);
  const debian = join(ownCluster.home, 'images', 'debian.tar');
  if (!isBuilt('localhost/debian:12') && buildah(['pull', '-q', `docker-archive:${debian}`]).status !== 0) {
    fail(`${debian} is no image that buildah reads.`);
  }
  // Whom this machine trusts, say its proxy, the build may trust too.
  const trust = '/etc/ssl/certs/ca-certificates.crt';
  const run = buildah([
    ...['build', '--isolation', 'chroot', '--layers', '--target', component, '--tag', image],
    ...(existsSync(trust) ? ['--volume', `${trust}:${trust}:ro`] : []),
    ...['--build-arg', 'BASE=localhost/debian:12', root],
  ]);
  if (run.status !== 0) fail(`The image ${image} cannot be built:\n${`${run.stdout}${run.stderr}`.slice(-4_000)}`);
}

/** From buildah to containerd. */
function handOver(image) {
  const archive = join(ownCluster.home, `hand-over-${process.pid}.tar`);
  const push = buildah(['push', '-q', image, `docker-archive:${archive}:${image}`]);
  if (push.status !== 0) fail(`buildah does not write ${image} to ${archive}: ${push.stderr}`);
  ctr(['images', 'import', archive]);
  rmSync(archive);
}

function dropOldImages(present) {
  const listed = JSON.parse(buildah(['images', '--json', '--all']).stdout);
  for (const component of Object.keys(FOLDERS)) {
    const prefix = `localhost/showrunner-${component}:`;
    const ours = listed
      .flatMap(({ names, createdatraw }) => (names ?? []).map((name) => ({ name, at: createdatraw })))
      .filter(({ name }) => name.startsWith(prefix))
      .sort((a, b) => (a.at < b.at ? 1 : -1));
    for (const { name } of ours.slice(KEPT_PER_COMPONENT)) {
      buildah(['rmi', name]);
      if (present.has(name)) ctr(['images', 'rm', name]);
    }
  }
  if (listed.length > KEPT_STEPS) buildah(['rmi', '--prune']);
}
