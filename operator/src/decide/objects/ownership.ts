import type { ObservedObject } from './observed-object.ts';

/**
 * Whose an object is: the resource's own (also where a restored backup lost its owner), a former resource's of the same name, or
 * somebody else's, which is never touched.
 */
export function ownershipOf(object: ObservedObject, resourceUid: string | undefined): 'own' | 'former' | 'foreign' {
  if (!object.managed) return 'foreign';
  return object.ownerUid === undefined || object.ownerUid === resourceUid ? 'own' : 'former';
}
