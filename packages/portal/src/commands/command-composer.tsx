import type { CampaignKindName } from '@sanad/protocol/operator-api/campaigns'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import {
  type CampaignDraft,
  type CampaignWork,
  EMPTY_CAMPAIGN,
  EVERY,
  filterOf,
  toCampaign,
} from '../campaigns/campaign-draft.ts'
import { campaignPreviewQuery, createCampaign } from '../campaigns/campaign-queries.ts'
import { CampaignTerms } from '../campaigns/campaign-terms.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { Amount } from '../ui/amount.tsx'
import { type CommandDraft, EMPTY_DRAFT, toCommand } from './command-draft.ts'
import { CommandFields } from './command-fields.tsx'
import { orderCommand } from './command-queries.ts'

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
          <CommandFields draft={draft} isForMany={isCampaign} onChange={setDraft} />
          {isCampaign && (
            <CampaignTerms
              kind={kindOf(draft)}
              terms={terms}
              onChange={setTerms}
              isChecked={isChecked}
            />
          )}
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
          {isCampaign && <Preview filter={filterOf(terms)} kind={kindOf(draft)} />}
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
  if (device === undefined) return createCampaign(toCampaign(orderId, workOf(draft), terms))
  const command = toCommand(draft, Date.now())
  const { lifeHours, note } = terms
  const deviceIds = [device.deviceId]
  return orderCommand({ orderId, deviceIds, command, lifeHours, ...noteMember(note) })
}

/** For many devices a new key is an order to rotate, in windows as wide as the HSM needs; for one it is a command. */
const kindOf = ({ type }: CommandDraft): CampaignKindName =>
  type === 'rotate-key' ? 'rotation' : 'command'

const workOf = (draft: CommandDraft): CampaignWork =>
  kindOf(draft) === 'rotation'
    ? { rotation: { reason: draft.reason } }
    : { command: toCommand(draft, Date.now()) }

interface PreviewProps {
  readonly filter: DeviceFilter
  readonly kind: CampaignKindName
}

function Preview({ filter, kind }: PreviewProps) {
  const { t } = useTranslation()
  const { data, error } = useQuery(campaignPreviewQuery(filter, kind))
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
