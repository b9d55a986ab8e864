export { HttpFlvSource, type HttpFlvSourceOptions } from './http-flv-source.ts';
export { encodeLinkMark, isLinkMark, type LinkMark } from './link-mark.ts';
export type { LinkState } from './linked-show.ts';
