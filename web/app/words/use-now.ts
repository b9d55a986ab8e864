import { onScopeDispose, readonly, ref, type Ref } from 'vue';

/** The time in Unix ms, told anew each second. */
export function useNow(): Readonly<Ref<number>> {
  const now = ref(Date.now());
  const timer = setInterval(() => (now.value = Date.now()), 1000);
  onScopeDispose(() => clearInterval(timer));
  return readonly(now);
}
