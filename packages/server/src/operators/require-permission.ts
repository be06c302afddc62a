import { type Permission, isPermitted } from '@sanad/protocol/domain/permissions'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Doer } from '../platform/operation-desk.ts'

/**
 * Of an operation that needs a permission which depends on what it asks for, besides that of its declaration.
 *
 * @throws SanadError `operator.permission-missing`
 */
export function requirePermissionFor({ role }: Doer, permission: Permission): void {
  if (!isPermitted(role, permission)) throw new SanadError('operator.permission-missing')
}
