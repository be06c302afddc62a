/**
 * Who may do what, as one closed table.
 *
 * Every operator route declares one permission from here; a route without one stops the server at start.
 */

export const ROLES = [
  'administrator',
  'security-officer',
  'operator',
  'technician',
  'auditor',
] as const
export type Role = (typeof ROLES)[number]

const EVERYONE: readonly Role[] = ROLES
const FLEET: readonly Role[] = ['administrator', 'security-officer', 'operator']
const GUARDS: readonly Role[] = ['administrator', 'security-officer']

/** The auditor stands only in rows that read; a test holds us to it. */
export const PERMISSIONS = {
  'device:read': EVERYONE,
  'device:approve': FLEET,
  'device:suspend': FLEET,
  // Blocking and de-registration end the trust in a device; resuming one restores it.
  'device:resume': FLEET,
  'device:deregister': FLEET,
  'device:block': GUARDS,
  'device:export': [...FLEET, 'auditor'],
  'model:read': EVERYONE,
  'model:manage': FLEET,
  'ftm-provider:read': EVERYONE,
  // A new FTM root widens the circle of chips that count as genuine.
  'ftm-provider:manage': GUARDS,
  'import:read': [...FLEET, 'auditor'],
  'import:manage': FLEET,
  'registration:read': EVERYONE,
  'registration:decide': FLEET,
  'certificate:read': EVERYONE,
  // Revocation is not taken back.
  'certificate:revoke': GUARDS,
  'key:read': EVERYONE,
  'key:rotate': FLEET,
  'command:read': EVERYONE,
  // De-registration and key rotation by command need their own permissions besides.
  'command:send': FLEET,
  // A clock that is set back takes expired certificates for valid.
  'time:reset': GUARDS,
  'policy:read': EVERYONE,
  // A policy decides for how long a key is trusted.
  'policy:manage': GUARDS,
  'group:read': EVERYONE,
  'group:manage': FLEET,
  'bulk-act:read': [...FLEET, 'auditor'],
  // Each act needs its own permission besides.
  'bulk-act:order': FLEET,
  // One device de-registered in error is one visit; ten thousand are a programme that stands still.
  'bulk-act:end-trust': GUARDS,
  'finding:read': EVERYONE,
  'finding:suppress': FLEET,
  'event:read': [...FLEET, 'auditor'],
  'access-log:read': [...GUARDS, 'auditor'],
  'server:read': EVERYONE,
  'operator:read': [...GUARDS, 'auditor'],
  'operator:manage': ['administrator'],
  'proposal:read': [...FLEET, 'auditor'],
  // The operation itself needs its own permission besides.
  'proposal:confirm': GUARDS,
  // Which operations need two people; a change of it needs two.
  'two-person-rules:manage': GUARDS,
  // It decides where the record is sent to.
  'webhook:manage': ['administrator'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof PERMISSIONS

/**
 * What a route may declare: a permission; `signed-in` for what belongs to oneself, such as one’s own session;
 * `anyone` for the sign-in itself.
 */
export type RouteAccess = Permission | 'signed-in' | 'anyone'

export function isPermitted(role: Role, permission: Permission): boolean {
  const roles: readonly Role[] = PERMISSIONS[permission]
  return roles.includes(role)
}

export function isRouteAccess(text: unknown): text is RouteAccess {
  if (text === 'signed-in' || text === 'anyone') return true
  return typeof text === 'string' && Object.hasOwn(PERMISSIONS, text)
}

export function permissionsOf(role: Role): Permission[] {
  // Object.keys widens to string; the table is closed, so each key is a permission.
  return (Object.keys(PERMISSIONS) as Permission[]).filter((name) => isPermitted(role, name))
}
