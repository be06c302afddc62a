/** What a policy can be given to; the narrowest counts. */
export const POLICY_SCOPES = ['fleet', 'model', 'group', 'device'] as const
export type PolicyScope = (typeof POLICY_SCOPES)[number]
