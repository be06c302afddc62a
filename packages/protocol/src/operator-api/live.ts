/**
 * The live stream, `GET /api/v1/live`, as Server-Sent Events. It carries ids only: a client that is told reads again,
 * with the permissions they have.
 */
export type LiveMessage =
  | { readonly event: 'device'; readonly data: { readonly deviceId: string } }
  /** More changed than is worth naming, or messages were missed: read everything on the screen again. */
  | { readonly event: 'resync'; readonly data: Record<string, never> }
