import type { ModelList } from '@sanad/protocol/operator-api/models'
import type { FtmProviderList } from '@sanad/protocol/operator-api/ftm-providers'
import type {
  DeviceCertificateList,
  DeviceList,
  DeviceView,
} from '@sanad/protocol/operator-api/devices'
import type { FindingPage } from '@sanad/protocol/operator-api/findings'
import type { GroupDetail, GroupList } from '@sanad/protocol/operator-api/groups'
import type { OperatorList } from '@sanad/protocol/operator-api/operators'
import type { ApprovalList } from '@sanad/protocol/operator-api/registration'
import type { WebhookList } from '@sanad/protocol/operator-api/webhooks'
import { screen as shown, within } from '@testing-library/react'
import userEvent, { type UserEvent } from '@testing-library/user-event'
import type { ReactElement } from 'react'
import type { Static } from 'typebox'
import { describe, expect, it, vi } from 'vitest'
import { BulkActDialog } from '../src/bulk/bulk-act-dialog.tsx'
import { CommandComposer } from '../src/commands/command-composer.tsx'
import { ActDialog } from '../src/device/act-dialog.tsx'
import { RevokeDialog } from '../src/device/revoke-dialog.tsx'
import { ApproveDeviceDialog } from '../src/devices/approve-device-dialog.tsx'
import { ResetClockDialog } from '../src/facts/reset-clock-dialog.tsx'
import { SuppressDialog } from '../src/findings/suppress-dialog.tsx'
import {
  DeleteGroupDialog,
  EmptyGroupDialog,
  FillGroupDialog,
  RenameGroupDialog,
} from '../src/groups/group-dialogs.tsx'
import { NewGroupDialog } from '../src/groups/new-group-dialog.tsx'
import { OrderRotationDialog } from '../src/keys/order-rotation-dialog.tsx'
import { AddFtmProviderDialog } from '../src/models/add-ftm-provider-dialog.tsx'
import { NewModelDialog } from '../src/models/new-model-dialog.tsx'
import { RetireDialog } from '../src/models/retire-dialog.tsx'
import { retireFtmProvider, retireModel } from '../src/models/model-queries.ts'
import { SerialFormDialog } from '../src/models/serial-form-dialog.tsx'
import { InviteDialog } from '../src/operators/invite-dialog.tsx'
import { OperatorActDialog } from '../src/operators/operator-act-dialog.tsx'
import { RoleDialog } from '../src/operators/role-dialog.tsx'
import { NewPolicyDialog } from '../src/policies/new-policy-dialog.tsx'
import { DecisionDialog } from '../src/registration/decision-dialog.tsx'
import { DeleteWebhookDialog } from '../src/webhooks/delete-webhook-dialog.tsx'
import { NewWebhookDialog } from '../src/webhooks/new-webhook-dialog.tsx'
import { openScreen } from './screen.tsx'

/** Every dialog that sends something, in every state that it can be in. */

const screen = openScreen()

interface DialogCase {
  readonly element: (onClose: () => void) => Promise<ReactElement>
  /** What a person does before the form can be sent. */
  readonly fill?: (user: UserEvent) => Promise<void>
  /** The verb on the button; of several that are spelled so the last. */
  readonly submit: string | RegExp
  readonly route: `${'POST' | 'DELETE'} ${string}`
  /** What is said of a form that is sent empty; a dialog without it has nothing that must be filled in. */
  readonly missing?: string
}

const choose = (label: string, option: string | RegExp) => async (user: UserEvent) => {
  await user.click(await shown.findByRole('combobox', { name: label }))
  await user.click(await shown.findByRole('option', { name: option }))
}

const write = (label: string, text: string) => async (user: UserEvent) => {
  const input = await shown.findByLabelText(label)
  await user.clear(input)
  await user.click(input)
  await user.paste(text)
}

const both =
  (...steps: ((user: UserEvent) => Promise<void>)[]) =>
  async (user: UserEvent) => {
    for (const step of steps) await step(user)
  }

async function readDevice(state = 'registered'): Promise<DeviceView> {
  const { items } = await screen.read<DeviceList>(`/devices?state=${state}&limit=1`)
  return screen.read(`/devices/${items[0]!.deviceId}`)
}

async function readGroup(): Promise<GroupDetail> {
  const { items } = await screen.read<GroupList>('/groups')
  return screen.read(`/groups/${items[0]!.groupId}`)
}

async function readOperator() {
  const { items } = await screen.read<OperatorList>('/operators')
  return items[0]!
}

const DIALOGS: Record<string, DialogCase> = {
  'suspend a device': {
    element: async (onClose) => (
      <ActDialog device={await readDevice()} act="suspend" onClose={onClose} />
    ),
    fill: choose('Reason', 'lost'),
    submit: 'Suspend device',
    route: 'POST /devices/:deviceId/suspend',
    missing: 'Choose a reason.',
  },
  'de-register a device': {
    element: async (onClose) => (
      <ActDialog device={await readDevice()} act="deregister" onClose={onClose} />
    ),
    fill: choose('Reason', 'end of life'),
    submit: 'De-register device',
    route: 'POST /devices/:deviceId/deregister',
    missing: 'Choose a reason.',
  },
  'revoke a certificate': {
    element: async (onClose) => {
      const device = await readDevice()
      const { items } = await screen.read<Static<typeof DeviceCertificateList>>(
        `/devices/${device.deviceId}/certificates`,
      )
      return <RevokeDialog device={device} certificate={items[0]!} onClose={onClose} />
    },
    fill: choose('Reason', 'stolen'),
    submit: 'Revoke certificate',
    route: 'POST /devices/:deviceId/certificates/:serialNumber/revoke',
    missing: 'Choose a reason.',
  },
  'set a clock back': {
    element: async (onClose) => <ResetClockDialog device={await readDevice()} onClose={onClose} />,
    fill: choose('Reason', 'repaired'),
    submit: 'Set the clock back',
    route: 'POST /devices/:deviceId/clock-reset',
    missing: 'Choose a reason.',
  },
  'approve a device': {
    element: async (onClose) => {
      const { items } = await screen.read<Static<typeof ModelList>>('/models')
      const model = items.find(({ level, state }) => level === 'L1' && state === 'approved')!
      return <ApproveDeviceDialog modelId={model.modelId} onApproved={onClose} onClose={onClose} />
    },
    fill: write('Serial number', '4420001'),
    submit: 'Approve device',
    route: 'POST /devices',
    missing: 'Enter the serial number.',
  },
  'silence a finding': {
    element: async (onClose) => {
      const { items } = await screen.read<FindingPage>('/findings')
      return <SuppressDialog finding={items[0]!} onClose={onClose} />
    },
    submit: 'Silence',
    route: 'POST /findings/:findingId/suppress',
  },
  'new group': {
    element: async (onClose) => <NewGroupDialog onClose={onClose} />,
    fill: write('Name', 'North'),
    submit: 'New group',
    route: 'POST /groups',
    missing: 'Fill in this field.',
  },
  'edit a group': {
    element: async (onClose) => <RenameGroupDialog group={await readGroup()} onClose={onClose} />,
    submit: 'Save',
    route: 'POST /groups/:groupId',
  },
  'fill a group from a file': {
    element: async (onClose) => <FillGroupDialog group={await readGroup()} onClose={onClose} />,
    fill: async (user) => {
      const file = new File(['serialNo\n4420001\n'], 'group.csv', { type: 'text/csv' })
      await user.upload(await shown.findByLabelText('File of serial numbers'), file)
    },
    submit: 'Add to the group',
    route: 'POST /groups/:groupId/fill/:bulkActId',
    missing: 'Choose a file.',
  },
  'empty a group': {
    element: async (onClose) => <EmptyGroupDialog group={await readGroup()} onClose={onClose} />,
    submit: 'Empty the group',
    route: 'POST /groups/none/devices',
  },
  'delete a group': {
    element: async (onClose) => <DeleteGroupDialog group={await readGroup()} onClose={onClose} />,
    submit: 'Delete the group',
    route: 'DELETE /groups/:groupId',
  },
  'order a rotation': {
    element: async (onClose) => <OrderRotationDialog onClose={onClose} />,
    submit: /^Order/,
    route: 'POST /rotation-orders',
  },
  'new model': {
    element: async (onClose) => <NewModelDialog onClose={onClose} />,
    fill: both(
      write('Make', 'Nadi'),
      write('Model', 'F-10'),
      write('Device provider', 'Nadi Ltd'),
      write('Device provider ID', 'NADI'),
    ),
    submit: 'Create the model',
    route: 'POST /models',
    missing: 'Fill in this field.',
  },
  'retire a model': {
    element: async (onClose) => {
      const { items } = await screen.read<Static<typeof ModelList>>('/models')
      return (
        <RetireDialog
          title="Retire?"
          note=""
          confirm="Retire the model"
          told="It is retired."
          stale={[['models']]}
          retire={(reason) => retireModel(items[0]!.modelId, reason)}
          onClose={onClose}
        />
      )
    },
    submit: 'Retire the model',
    route: 'POST /models/:modelId/retire',
  },
  'retire an FTM provider': {
    element: async (onClose) => {
      const { items } = await screen.read<Static<typeof FtmProviderList>>('/ftm-providers')
      return (
        <RetireDialog
          title="Retire?"
          note=""
          confirm="Retire the provider"
          told="It is retired."
          stale={[['ftm-providers']]}
          retire={(reason) => retireFtmProvider(items[0]!.ftmProviderId, reason)}
          onClose={onClose}
        />
      )
    },
    submit: 'Retire the provider',
    route: 'POST /ftm-providers/:ftmProviderId/retire',
  },
  'add an FTM provider': {
    element: async (onClose) => <AddFtmProviderDialog onClose={onClose} />,
    fill: both(write('Name', 'Chips Ltd'), write('Certificate (PEM)', 'MIIB')),
    submit: 'Add the provider',
    route: 'POST /ftm-providers',
    missing: 'Fill in this field.',
  },
  'form of serial numbers': {
    element: async (onClose) => {
      const { items } = await screen.read<Static<typeof ModelList>>('/models')
      return <SerialFormDialog model={items[0]!} onClose={onClose} />
    },
    fill: write('Form', 'EX#'),
    submit: /the form$/,
    route: 'POST /models/:modelId/serial-no-form',
  },
  'invite an operator': {
    element: async (onClose) => <InviteDialog onInvited={onClose} onClose={onClose} />,
    fill: both(write('Name', 'Ada'), choose('Role', 'Auditor')),
    submit: 'Invite operator',
    route: 'POST /operators',
    missing: 'Enter a name.',
  },
  'change a role': {
    element: async (onClose) => <RoleDialog operator={await readOperator()} onClose={onClose} />,
    submit: 'Change role',
    route: 'POST /operators/:operatorId/role',
  },
  'reset an operator': {
    element: async (onClose) => (
      <OperatorActDialog
        act="reset"
        operator={await readOperator()}
        onInvited={onClose}
        onClose={onClose}
      />
    ),
    submit: 'Reset',
    route: 'POST /operators/:operatorId/reset',
  },
  'disable an operator': {
    element: async (onClose) => (
      <OperatorActDialog
        act="disable"
        operator={await readOperator()}
        onInvited={onClose}
        onClose={onClose}
      />
    ),
    submit: 'Disable',
    route: 'POST /operators/:operatorId/disable',
  },
  'new policy': {
    element: async (onClose) => <NewPolicyDialog onClose={onClose} />,
    fill: write('Name', 'Border posts'),
    submit: 'Create policy',
    route: 'POST /policies',
    missing: 'Fill in this field.',
  },
  'approve a registration': {
    element: async (onClose) => {
      const { items } = await screen.read<ApprovalList>('/approvals')
      return <DecisionDialog approval={items[0]!} decision="approved" onClose={onClose} />
    },
    submit: 'Approve the device',
    route: 'POST /approvals/:requestId/decide',
  },
  'delete a webhook': {
    element: async (onClose) => {
      const { items } = await screen.read<Static<typeof WebhookList>>('/webhooks')
      return <DeleteWebhookDialog webhook={items[0]!} onClose={onClose} />
    },
    submit: 'Delete',
    route: 'DELETE /webhooks/:webhookId',
  },
  'add a webhook': {
    element: async (onClose) => <NewWebhookDialog onClose={onClose} />,
    fill: both(write('Name', 'SIEM'), write('Address', 'https://siem.example/sanad')),
    submit: 'Add webhook',
    route: 'POST /webhooks',
    missing: 'Enter a name.',
  },
  'suspend many devices': {
    element: async (onClose) => (
      <BulkActDialog
        act="suspend"
        selection={{ filter: { state: ['registered'] } }}
        onClose={onClose}
      />
    ),
    fill: both(choose('Reason', 'policy'), async () => {
      await shown.findByRole('button', { name: /^Suspend \d+ devices$/ })
    }),
    submit: /^Suspend/,
    route: 'POST /bulk-acts',
    missing: 'Choose a reason.',
  },
  'command for one device': {
    element: async (onClose) => <CommandComposer device={await readDevice()} onClose={onClose} />,
    submit: 'Send command',
    route: 'POST /commands',
  },
  'campaign of commands': {
    element: async (onClose) => <CommandComposer onClose={onClose} />,
    fill: write('Name of the campaign', 'Logs of the north'),
    submit: 'Start campaign',
    route: 'POST /campaigns',
    missing: 'Fill in this field.',
  },
}

async function open({ element, submit }: DialogCase) {
  const onClose = vi.fn<() => void>()
  const user = userEvent.setup({ delay: null })
  screen.show(await element(onClose))
  const dialog = await shown.findByRole('dialog')
  // A dialog that shows first whom it touches is busy until it knows.
  await vi.waitFor(() => {
    expect(submitButton(dialog, submit).getAttribute('aria-busy')).toBeNull()
  })
  return { user, onClose, dialog }
}

const submitButton = (dialog: HTMLElement, submit: string | RegExp): HTMLElement =>
  within(dialog).getAllByRole('button', { name: submit }).at(-1)!

/** What was sent to change something: previews are questions. */
const changes = () =>
  screen.sent.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/preview'))

describe.each(Object.entries(DIALOGS))('the dialog “%s”', (_name, dialogCase) => {
  const { fill, submit, route, missing } = dialogCase

  it('says what the server refused with its code, and stays open', async () => {
    const { user, onClose, dialog } = await open(dialogCase)
    await fill?.(user)
    screen.answer(route, { problem: 'request.conflict', detail: 'revision 7 is newer' })
    await user.click(submitButton(dialog, submit))
    const alert = await within(dialog).findByRole('alert')
    expect(alert.textContent).toContain('request.conflict')
    expect(alert.textContent).toContain('revision 7 is newer')
    expect(onClose).not.toHaveBeenCalled()
  })

  it('says that the role does not allow it, where the server does', async () => {
    const { user, dialog } = await open(dialogCase)
    await fill?.(user)
    screen.answer(route, { problem: 'operator.permission-missing' })
    await user.click(submitButton(dialog, submit))
    const alert = await within(dialog).findByRole('alert')
    expect(alert.textContent).toContain('operator.permission-missing')
  })

  it('sends once, however often the button is pressed', async () => {
    const { user, dialog } = await open(dialogCase)
    await fill?.(user)
    screen.answer(route, 'pending')
    await user.click(submitButton(dialog, submit))
    await user.click(submitButton(dialog, submit))
    expect(submitButton(dialog, submit).getAttribute('aria-busy')).toBe('true')
    expect(changes()).toHaveLength(1)
  })

  it('waits for a second person where the server answers with a proposal', async () => {
    const { user, onClose, dialog } = await open(dialogCase)
    await fill?.(user)
    const proposed = { proposalId: 'p', digest: 'd', expiresAt: '2027-01-01T00:00:00.000Z' }
    screen.answer(route, { status: 202, body: proposed })
    await user.click(submitButton(dialog, submit))
    expect(await shown.findByText('Nothing has happened yet')).toBeTruthy()
    expect(onClose).not.toHaveBeenCalled()
    await user.click(shown.getAllByRole('button', { name: 'Close' }).at(-1)!)
    expect(onClose).toHaveBeenCalled()
  })

  if (missing === undefined) return
  it('sends nothing while something is missing, and leads to it', async () => {
    const { user, dialog } = await open(dialogCase)
    await user.click(submitButton(dialog, submit))
    expect((await within(dialog).findAllByText(missing)).length).toBeGreaterThan(0)
    expect(document.activeElement?.getAttribute('aria-invalid')).toBe('true')
    expect(changes()).toEqual([])
  })
})
