import { isPermitted } from '@sanad/protocol/domain/permissions'
import { type CommandToGive, permissionForCommand } from '@sanad/protocol/operator-api/commands'
import { SanadError } from '@sanad/protocol/text/problems'
import type { FastifyRequest } from 'fastify'
import { operatorOf } from '../operators/operator-door.ts'

/** @returns the operator’s id. @throws SanadError `operator.permission-missing` */
export function requirePermissionFor(request: FastifyRequest, command: CommandToGive): string {
  const { operatorId, role } = operatorOf(request)
  if (!isPermitted(role, permissionForCommand(command)))
    throw new SanadError('operator.permission-missing')
  return operatorId
}
