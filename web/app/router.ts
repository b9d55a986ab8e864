import { createRouter, createWebHistory, START_LOCATION } from 'vue-router';
import HomePage from './pages/home-page.vue';
import LostPage from './pages/lost-page.vue';

/** Names as Kubernetes has them (RFC 1123 label, but for a dash at its end); nothing else can be a stream. */
const LABEL = '[a-z0-9][a-z0-9-]{0,62}';

export const router = createRouter({
  history: createWebHistory(),
  sensitive: true,
  routes: [
    { path: '/', name: 'home', component: HomePage, meta: { title: 'Live now' } },
    {
      path: `/watch/:namespace(${LABEL})/:name(${LABEL})`,
      name: 'watch',
      component: () => import('./pages/watch-page.vue'),
      props: true,
    },
    { path: '/:rest(.*)*', name: 'lost', component: LostPage, meta: { title: 'Nothing here' } },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

router.afterEach((to, from, failure) => {
  if (typeof to.meta['title'] === 'string') document.title = `${to.meta['title']} · Showrunner`;
  // Readers and keyboards go on from the new page's beginning, as after a load.
  if (!failure && from !== START_LOCATION && to.path !== from.path) document.getElementById('main')?.focus();
});

// An open page outlives an upgrade, but the files that it would fetch next do not; a load brings the new ones.
router.onError((_error, to, from) => {
  if (from !== START_LOCATION) location.assign(to.fullPath);
});
