/**
 * The live stream, `GET /api/v1/live`, as Server-Sent Events. It carries ids only: whoever is told reads anew,
 * with the permissions they have.
 */
export type LiveMessage =
  | { readonly event: 'device'; readonly data: { readonly deviceId: string } }
  /** More changed than is worth naming, or messages were missed: read everything on the screen anew. */
  | { readonly event: 'resync'; readonly data: Record<string, never> }
