/** The user of all images. */
const USER = 65_532;

/** What Pod Security Standard `restricted` demands of a pod, and no token or address of anything it does not need. */
export const RESTRICTED_POD = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: USER,
    runAsGroup: USER,
    // Mounted Secrets belong to this group.
    fsGroup: USER,
    seccompProfile: { type: 'RuntimeDefault' },
  },
} as const;

/** The same for each of its containers. */
export const RESTRICTED_CONTAINER = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const;

/** Readable by the owner and the group alone. */
export const SECRET_MODE = 0o440;
