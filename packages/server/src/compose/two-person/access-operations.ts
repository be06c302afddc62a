import type { ChangeRole, NewOperator } from '@sanad/protocol/operator-api/operators'
import type { TwoPersonRules } from '@sanad/protocol/operator-api/proposals'
import { SanadError } from '@sanad/protocol/text/problems'
import { foldName } from '../../operators/guess-ledger.ts'
import { type OperatorRow, readOperator } from '../../operators/account-rows.ts'
import type { ProposedInput } from '../../operators/proposals/proposal-tables.ts'
import type { Radius, TwoPersonOperation } from '../../operators/proposals/two-person-operation.ts'
import { readTwoPersonRules } from '../../operators/proposals/two-person-rules.ts'
import type { Database } from '../../platform/database.ts'
import { NO_DEVICES, change, differences } from './radius.ts'

/** Who gets in, and as what; and the rules for two people themselves. */

const operatorId = ({ params }: ProposedInput): string =>
  (params as { readonly operatorId: string }).operatorId

const common = {
  kindOf: () => 'operator-access',
  permissions: () => ['operator:manage'],
} as const satisfies Partial<TwoPersonOperation>

/** An account that is there. */
function onAccount(
  database: Database,
  tell: (row: OperatorRow, input: ProposedInput) => Pick<Radius, 'effects' | 'changes'>,
): TwoPersonOperation {
  return {
    ...common,
    target: (input) => `operator:${operatorId(input)}`,
    concerns: operatorId,
    async readRadius(input) {
      const row = await readOperator(database, operatorId(input))
      return { ...NO_DEVICES, subject: row.name, ...tell(row, input) }
    },
  }
}

export const inviteOperation = (database: Database): TwoPersonOperation => ({
  ...common,
  handsOutLink: true,
  target: ({ body }) => `operator-name:${foldName((body as NewOperator).name)}`,
  async readRadius({ body }) {
    const { name, role } = body as NewOperator
    const known = await database
      .selectFrom('operator')
      .select('operator_id')
      .where('name_key', '=', foldName(name))
      .executeTakeFirst()
    if (known !== undefined) throw new SanadError('operator.duplicate')
    return {
      ...NO_DEVICES,
      subject: name,
      effects: [{ effect: 'account-gets-in', devices: null, when: 'at-once' }],
      changes: [change('role', null, role)],
    }
  },
})

export const changeRoleOperation = (database: Database): TwoPersonOperation => ({
  ...onAccount(database, (row, { body }) => ({
    effects: [{ effect: 'account-changes-role', devices: null, when: 'next-request' }],
    changes: [change('role', row.role, (body as ChangeRole).role)],
  })),
  // Saying what is so already changes nothing.
  async kindOf(input) {
    const { role } = await readOperator(database, operatorId(input))
    return role === (input.body as ChangeRole).role ? undefined : 'operator-access'
  },
})

export const resetOperation = (database: Database): TwoPersonOperation => ({
  ...onAccount(database, (row) => {
    if (row.state === 'disabled') throw new SanadError('operator.is-disabled')
    return {
      effects: [{ effect: 'account-is-reset', devices: null, when: 'at-once' }],
      changes: [change('role', row.role, row.role)],
    }
  }),
  handsOutLink: true,
})

export const enableOperation = (database: Database): TwoPersonOperation => ({
  ...onAccount(database, (row) => ({
    effects: [{ effect: 'account-gets-in', devices: null, when: 'at-once' }],
    changes: [change('state', row.state, 'active'), change('role', row.role, row.role)],
  })),
  async kindOf(input) {
    const { state } = await readOperator(database, operatorId(input))
    return state === 'active' ? undefined : 'operator-access'
  },
})

export const rulesOperation = (database: Database): TwoPersonOperation => ({
  kindOf: () => 'two-person-rules',
  permissions: () => ['two-person-rules:manage'],
  target: () => 'two-person-rules',
  async readRadius({ body }) {
    const rules = body as TwoPersonRules
    const now = await readTwoPersonRules(database)
    return {
      ...NO_DEVICES,
      subject: null,
      effects: [{ effect: 'rules-change', devices: null, when: 'next-proposal' }],
      changes: [
        ...differences(['kinds', 'validHours', 'delayMinutes'], inOrder(now), inOrder(rules)),
      ],
    }
  },
})

const inOrder = ({ kinds, ...rules }: TwoPersonRules): TwoPersonRules => ({
  ...rules,
  kinds: kinds.toSorted(),
})
