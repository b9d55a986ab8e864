export * from './child-names.ts';
export * from './common.ts';
export { durationMs } from './duration.ts';
export * from './live-stream.ts';
export * from './namespace-terminating.ts';
export * from './parse.ts';
export type { PodSpec } from './pods.ts';
export { pathText, problemSentence, ruleOfIssue } from './problem.ts';
export * from './secret.ts';
