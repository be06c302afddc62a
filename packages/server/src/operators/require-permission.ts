import { type Permission, isPermitted } from '@sanad/protocol/domain/permissions'
import { SanadError } from '@sanad/protocol/text/problems'
import type { FastifyRequest } from 'fastify'
import { operatorOf } from './operator-door.ts'

/**
 * Of a request that needs a permission which depends on what it asks for, besides that of its route.
 *
 * @returns the operator’s id
 * @throws SanadError `operator.permission-missing`
 */
export function requirePermissionFor(request: FastifyRequest, permission: Permission): string {
  const { operatorId, role } = operatorOf(request)
  if (!isPermitted(role, permission)) throw new SanadError('operator.permission-missing')
  return operatorId
}
