/**
 * For stories that claim how soon something is seen. On a machine that others share it may be the machine that stood still, so
 * that they are told once more before they count as failed: what the product does too late, it does too late twice.
 */
export const IN_REAL_TIME = { retry: 1 } as const;
