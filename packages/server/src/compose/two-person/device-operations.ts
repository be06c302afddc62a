import type { Permission } from '@sanad/protocol/domain/permissions'
import type { TwoPersonKind } from '@sanad/protocol/domain/proposals'
import {
  type BulkActPreviewBody,
  type DeviceSelection,
  type NewBulkAct,
  permissionsForBulkAct,
} from '@sanad/protocol/operator-api/bulk-acts'
import { type NewCampaign, permissionForCampaign } from '@sanad/protocol/operator-api/campaigns'
import {
  type CommandToGive,
  type NewCommandOrder,
  permissionForCommand,
} from '@sanad/protocol/operator-api/commands'
import { previewBulkAct } from '../../bulk/bulk-preview.ts'
import { digestRequest } from '../../platform/request-digest.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import type { ProposedInput } from '../../operators/proposals/proposal-tables.ts'
import type { Radius, TwoPersonOperation } from '../../operators/proposals/two-person-operation.ts'
import { change } from './radius.ts'

/** What ends the trust in many devices, or sets their clocks back: acts, campaigns and commands. */

export interface DeviceParts {
  readonly database: Database
  readonly clock: Clock
}

// The schema of the operation checked each body; the types of those with a command are written by hand.
const bulkAct = ({ body }: ProposedInput) => body as NewBulkAct
const campaign = ({ body }: ProposedInput) => body as NewCampaign
const order = ({ body }: ProposedInput) => body as NewCommandOrder

/** One device is a visit; from two on it is a programme. */
const isMany = (selection: DeviceSelection): boolean =>
  'filter' in selection || selection.deviceIds.length > 1

function kindOfCommand({ type, body }: CommandToGive, many: boolean): TwoPersonKind | undefined {
  if (type === 'deregister') return many ? 'bulk-end-of-trust' : undefined
  // A clock set back takes expired certificates for valid, and so does that of one device.
  if (type === 'synchronise-time' && 'mode' in body && body.mode === 'reset') return 'clock-reset'
  return undefined
}

function kindOfAct({ act, command, selection }: NewBulkAct): TwoPersonKind | undefined {
  if (command !== undefined) return kindOfCommand(command, isMany(selection))
  return (act === 'deregister' || act === 'block') && isMany(selection)
    ? 'bulk-end-of-trust'
    : undefined
}

/** Whom an act would touch, told as far as the act itself can foresee it. */
async function readRadius(
  { database, clock }: DeviceParts,
  asked: BulkActPreviewBody,
  kind: TwoPersonKind | undefined,
  subject: string | null,
): Promise<Radius> {
  const preview = await previewBulkAct(database, clock, asked)
  const left = preview.devices - preview.willChange
  const isReset = kind === 'clock-reset'
  return {
    devices: preview.devices,
    connected: preview.connected,
    subject,
    effects: [
      {
        effect: isReset ? 'clock-set-back' : 'devices-stop',
        devices: preview.willChange,
        when: isReset ? 'next-contact' : 'while-worked-off',
      },
      ...(left === 0
        ? []
        : [{ effect: 'devices-left' as const, devices: left, when: 'while-worked-off' as const }]),
    ],
    changes: [],
  }
}

const target = (name: string, input: ProposedInput): string =>
  `${name}:${digestRequest({ body: input.body }).toString('hex')}`

export function bulkActOperation(parts: DeviceParts): TwoPersonOperation {
  return {
    async kindOf(input) {
      const { bulkActId } = bulkAct(input)
      // What was ordered is answered with how far it is, as often as it is asked.
      const known = await parts.database
        .selectFrom('bulk_act')
        .select('bulk_act_id')
        .where('bulk_act_id', '=', bulkActId)
        .executeTakeFirst()
      return known === undefined ? kindOfAct(bulkAct(input)) : undefined
    },
    permissions: (input) => ['bulk-act:order', ...permissionsForBulkAct(bulkAct(input))],
    target: (input) => target('bulk-act', input),
    readRadius(input) {
      const { bulkActId: _id, note: _note, ...asked } = bulkAct(input)
      return readRadius(parts, asked, kindOfAct(bulkAct(input)), asked.act)
    },
  }
}

const forCommand = (command: CommandToGive): readonly Permission[] => [
  'command:send',
  permissionForCommand(command),
]

export function campaignOperation(parts: DeviceParts): TwoPersonOperation {
  // A campaign to rotate keys ends no trust.
  const kindOf = (input: ProposedInput) => {
    const { command, deviceIds } = campaign(input)
    return command === undefined ? undefined : kindOfCommand(command, deviceIds?.length !== 1)
  }
  return {
    kindOf,
    permissions: (input) => ['command:send', permissionForCampaign(campaign(input))],
    target: (input) => target('campaign', input),
    async readRadius(input) {
      const { filter, deviceIds, name, isContinuing = false } = campaign(input)
      const selection = deviceIds === undefined ? { filter: filter ?? {} } : { deviceIds }
      // A campaign has no bound on its devices, and de-registering them none either.
      const asked = { act: 'deregister', reason: 'policy', selection } as const
      const radius = await readRadius(parts, asked, kindOf(input), name)
      return isContinuing ? { ...radius, changes: [change('isContinuing', null, 'true')] } : radius
    },
  }
}

export function commandOperation(parts: DeviceParts): TwoPersonOperation {
  const kindOf = (input: ProposedInput) => {
    const { command, deviceIds } = order(input)
    return kindOfCommand(command, deviceIds.length > 1)
  }
  return {
    kindOf,
    permissions: (input) => forCommand(order(input).command),
    target: (input) => target('command', input),
    readRadius(input) {
      const { command, deviceIds } = order(input)
      const asked = { act: 'send-command', command, selection: { deviceIds } } as const
      return readRadius(parts, asked, kindOf(input), command.type)
    },
  }
}
