import { createRouter, createWebHistory } from 'vue-router';
import HomePage from './pages/home-page.vue';
import LostPage from './pages/lost-page.vue';

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', name: 'home', component: HomePage, meta: { title: 'Live now' } },
    {
      path: '/watch/:namespace/:name',
      name: 'watch',
      component: () => import('./pages/watch-page.vue'),
      props: true,
    },
    { path: '/:rest(.*)*', name: 'lost', component: LostPage, meta: { title: 'Nothing here' } },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

router.afterEach(({ meta }) => {
  if (typeof meta['title'] === 'string') document.title = `${meta['title']} · Showrunner`;
});
