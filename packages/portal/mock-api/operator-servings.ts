import type { OperatorView } from '@sanad/protocol/operator-api/operators'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { SanadError } from '@sanad/protocol/text/problems'
import { iso, uuidOf } from './fleet.ts'
import { pageOf } from './pages.ts'
import type { MockServings } from './servings.ts'
import type { World } from './world.ts'

const byLink = () => ({
  credential: 'link' as const,
  credentialEndsAt: iso(Date.now() + 24 * HOUR_MS),
})

/** @throws SanadError `operator.last-administrator` */
function change(world: World, operatorId: string, to: Partial<OperatorView>): OperatorView {
  if (world.operators.find(operatorId).name === 'Aster Bekele')
    throw new SanadError('operator.last-administrator')
  return world.operators.change(operatorId, to)
}

export const OPERATOR_SERVINGS = {
  listOperators: ({ world }) => ({ items: [...world.operators.list] }),
  inviteOperator: ({ world, body: { name, role } }) => {
    if (world.operators.list.some((each) => each.name.toLowerCase() === name.toLowerCase()))
      throw new SanadError('operator.duplicate')
    const operator: OperatorView = {
      operatorId: uuidOf(name),
      name,
      role,
      state: 'active',
      ...byLink(),
      createdAt: iso(Date.now()),
      lastSignedInAt: null,
    }
    world.operators.list = [...world.operators.list, operator]
    return world.operators.invite(operator)
  },
  resetOperator: ({ world, params: { operatorId } }) =>
    world.operators.invite(world.operators.change(operatorId, byLink())),
  changeOperatorRole: ({ world, params, body: { role } }) =>
    change(world, params.operatorId, { role }),
  disableOperator: ({ world, params }) => change(world, params.operatorId, { state: 'disabled' }),
  enableOperator: ({ world, params }) =>
    world.operators.change(params.operatorId, { state: 'active' }),
  listOperatorSessions: ({ world }) => ({
    items: world.operators.sessions.map((each) => ({ ...each, isCurrent: false })),
  }),
  endOperatorSessions: ({ world }) => ({ ended: world.operators.keepSessions(() => false) }),
  endOperatorSession: ({ world, params }) => {
    world.operators.keepSessions(({ sessionId }) => sessionId !== params.sessionId)
    return undefined
  },
  readInvitation: ({ world, body }) => world.operators.invited(body.token),
  acceptInvitation: ({ world, body }) => world.operators.accept(body.token, body.password),
  listAccessLog: ({ world, query }) => {
    const { operatorId, outcome, address } = query
    const rows = world.operators.accessLog.filter(
      (each) =>
        (operatorId ?? each.operatorId) === each.operatorId &&
        (outcome ?? each.outcome) === each.outcome &&
        (address ?? each.address) === each.address,
    )
    return pageOf(rows, ({ entryId }) => String(entryId), query)
  },
} satisfies MockServings
