import type { CampaignKindName } from '@sanad/protocol/operator-api/campaigns'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { modelsQuery } from '../models/model-queries.ts'
import { groupsQuery } from '../policies/policy-queries.ts'
import { Field } from '../ui/field.tsx'
import { Select } from '../ui/select.tsx'
import { TextField } from '../ui/text-field.tsx'
import { Amount } from '../ui/amount.tsx'
import { type CampaignDraft, EVERY, JUDGED_OF_AT_LEAST } from './campaign-draft.ts'
import { PhaseFields } from './phase-fields.tsx'
import { WindowFields } from './window-fields.tsx'

interface CampaignTermsProps {
  readonly kind: CampaignKindName
  readonly terms: CampaignDraft
  readonly onChange: (terms: CampaignDraft) => void
  readonly isChecked: boolean
}

/** Whom a campaign is for, how fast it goes, and what stops it. */
export function CampaignTerms({ kind, terms, onChange, isChecked }: CampaignTermsProps) {
  const { t } = useTranslation()
  return (
    <>
      <TextField
        label={t('commands.compose.name')}
        value={terms.name}
        maxLength={128}
        isMissing={isChecked && terms.name.trim() === ''}
        onChange={(name) => onChange({ ...terms, name })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Targets terms={terms} onChange={onChange} />
        <Amount
          label={t('commands.compose.perMinute')}
          max={60_000}
          value={terms.perMinute}
          onChange={(perMinute) => onChange({ ...terms, perMinute })}
        />
        <Amount
          label={t('commands.compose.failedPercent')}
          max={100}
          value={terms.failedPercent}
          onChange={(failedPercent) => onChange({ ...terms, failedPercent })}
          hint={t('commands.compose.failed-hint', { count: JUDGED_OF_AT_LEAST })}
        />
      </div>
      {kind === 'command' && <OfCommands terms={terms} onChange={onChange} />}
      <PhaseFields phases={terms.phases} onChange={(phases) => onChange({ ...terms, phases })} />
    </>
  )
}

/** A rotation has neither: it is for all at once, in windows of its own. */
function OfCommands({ terms, onChange }: Pick<CampaignTermsProps, 'terms' | 'onChange'>) {
  const { t } = useTranslation()
  return (
    <>
      <label className="flex items-center gap-2 text-13">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={terms.isContinuing}
          onChange={({ target }) => onChange({ ...terms, isContinuing: target.checked })}
        />
        {t('commands.compose.continuing')}
      </label>
      <WindowFields window={terms.window} onChange={(window) => onChange({ ...terms, window })} />
    </>
  )
}

function Targets({ terms, onChange }: Pick<CampaignTermsProps, 'terms' | 'onChange'>) {
  const { t } = useTranslation()
  const models = useQuery(modelsQuery).data?.items ?? []
  const groups = useQuery(groupsQuery).data?.items ?? []
  return (
    <>
      <Field label={t('commands.compose.model')}>
        {(control) => (
          <Select
            {...control}
            value={terms.model}
            onChange={(model) => onChange({ ...terms, model })}
            choices={[
              { value: EVERY, label: t('commands.compose.every-model') },
              ...models.map(({ modelId, make, model }) => ({
                value: modelId,
                label: `${make} ${model}`,
              })),
            ]}
          />
        )}
      </Field>
      <Field label={t('commands.compose.group')}>
        {(control) => (
          <Select
            {...control}
            value={terms.group}
            onChange={(group) => onChange({ ...terms, group })}
            choices={[
              { value: EVERY, label: t('commands.compose.every-group') },
              ...groups.map(({ groupId, name }) => ({ value: groupId, label: name })),
            ]}
          />
        )}
      </Field>
    </>
  )
}
