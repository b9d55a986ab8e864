export { frontDoorConfigSchema } from './config.ts';
export { createFrontDoorPod, type FrontDoorPod, type FrontDoorPodOptions } from './front-door-pod.ts';
