/**
 * Sent with every answer. The page loads nothing from another host but media, where these have one of their own
 * (`mediaOrigin`). They come through MediaSource (`blob:`), or through the browser's own player; the player's worker comes
 * from a blob.
 *
 * No Cross-Origin-Opener-Policy: browsers ignore it where the page came over plain HTTP from elsewhere than their own machine, and
 * log an error for each load. Behind an Ingress nothing that is trusted here tells whether they came over TLS, and there is no
 * sign-in that another window could be after.
 */
export function securityHeaders(mediaOrigin: string | undefined): Record<string, string> {
  const media = mediaOrigin === undefined ? '' : ` ${mediaOrigin}`;
  return {
    'content-security-policy': [
      "default-src 'self'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "font-src 'self'",
      `media-src 'self' blob:${media}`,
      "worker-src 'self' blob:",
      `connect-src 'self'${media}`,
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'self'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), picture-in-picture=(self), fullscreen=(self)',
  };
}
