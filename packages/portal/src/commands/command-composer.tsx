import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { Amount } from './amount.tsx'
import {
  type CampaignDraft,
  EMPTY_CAMPAIGN,
  EVERY,
  filterOf,
  toCampaign,
} from './campaign-draft.ts'
import { CampaignTerms } from './campaign-terms.tsx'
import { type CommandDraft, EMPTY_DRAFT, toCommand } from './command-draft.ts'
import { CommandFields } from './command-fields.tsx'
import { campaignPreviewQuery, createCampaign, orderCommand } from './command-queries.ts'

interface CommandComposerProps {
  /** One device; a campaign over a filter when left out. */
  readonly device?: { readonly deviceId: string; readonly serialNo: string }
  /** The id of the group that a campaign is filled in for. */
  readonly group?: string
  readonly onClose: () => void
}

/** Whom it is for and what it does is on the screen before anything is sent. */
export function CommandComposer({ device, group = EVERY, onClose }: CommandComposerProps) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [draft, setDraft] = useState<CommandDraft>(EMPTY_DRAFT)
  const [terms, setTerms] = useState({ ...EMPTY_CAMPAIGN, group })
  // The same request again, after an answer was lost, sends nothing more.
  const [orderId] = useState(() => crypto.randomUUID())
  const isCampaign = device === undefined
  const isWhole = !isCampaign || terms.name.trim() !== ''
  return (
    <FormDialog
      wide
      title={
        isCampaign
          ? t('commands.compose.title')
          : t('commands.compose.one', { serial: device.serialNo })
      }
      note={t('commands.compose.note')}
      submit={t(isCampaign ? 'commands.compose.start' : 'commands.compose.send')}
      failed={t('commands.compose.failed')}
      input={isWhole ? { orderId, device, draft, terms } : undefined}
      send={sendIt}
      told={t(isCampaign ? 'commands.compose.campaign' : 'commands.compose.order')}
      onDone={async () => {
        onClose()
        if (isCampaign) await navigate({ to: '/commands', search: { tab: 'campaigns' } })
      }}
      stale={stale('listCommands', 'listCampaigns')}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <CommandFields draft={draft} onChange={setDraft} />
          {isCampaign && <CampaignTerms terms={terms} onChange={setTerms} isChecked={isChecked} />}
          <div className="grid gap-4 sm:grid-cols-2">
            <Amount
              label={t('commands.compose.lifeHours')}
              max={720}
              value={terms.lifeHours}
              onChange={(lifeHours) => setTerms({ ...terms, lifeHours })}
              hint={t('commands.compose.life-hint')}
            />
            <NoteField
              value={terms.note}
              onChange={(note) => setTerms({ ...terms, note })}
              hint={null}
            />
          </div>
          {isCampaign && <Preview filter={filterOf(terms)} />}
        </>
      )}
    </FormDialog>
  )
}

interface Composed {
  readonly orderId: string
  readonly device: CommandComposerProps['device']
  readonly draft: CommandDraft
  readonly terms: CampaignDraft
}

function sendIt({ orderId, device, draft, terms }: Composed): Promise<unknown> {
  const command = toCommand(draft, Date.now())
  if (device === undefined) return createCampaign(toCampaign(orderId, command, terms))
  const { lifeHours, note } = terms
  const deviceIds = [device.deviceId]
  return orderCommand({ orderId, deviceIds, command, lifeHours, ...noteMember(note) })
}

function Preview({ filter }: { filter: DeviceFilter }) {
  const { t } = useTranslation()
  const { data, error } = useQuery(campaignPreviewQuery(filter))
  if (error !== null) return <ProblemNote error={error} />
  return (
    <div role="status" className="rounded-lg bg-sunken px-4 py-3 text-13">
      {data === undefined ? (
        <Skeleton className="h-4 w-3/4" />
      ) : (
        <>
          <p className="font-medium">{t('commands.compose.preview', { count: data.devices })}</p>
          <p className="mt-0.5 text-muted">
            {data.models
              .map(({ make, model, devices }) =>
                t('commands.compose.of-model', { count: devices, name: `${make} ${model}` }),
              )
              .join(' · ')}
          </p>
        </>
      )}
    </div>
  )
}
