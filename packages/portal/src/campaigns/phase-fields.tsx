import { Plus, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Select } from '../ui/select.tsx'
import { Amount } from '../ui/amount.tsx'
import { type PhaseDraft, nextPhase } from './campaign-draft.ts'

/** Nine and the last one, which tells all. */
const MOST_PHASES = 9

interface PhaseFieldsProps {
  readonly phases: readonly PhaseDraft[]
  readonly onChange: (phases: readonly PhaseDraft[]) => void
}

/** A few devices first, then more: each phase is judged before the next one begins. */
export function PhaseFields({ phases, onChange }: PhaseFieldsProps) {
  const { t } = useTranslation()
  const replace = (index: number, phase: PhaseDraft) => onChange(phases.with(index, phase))
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="text-13 font-medium">{t('commands.phase.title')}</legend>
      {phases.map((phase, index) => (
        <div key={index} className="flex items-end gap-2 rounded-lg bg-sunken px-3 py-2.5">
          <OnePhase number={index + 1} phase={phase} onChange={(next) => replace(index, next)} />
          <IconButton
            label={t('commands.phase.remove', { number: index + 1 })}
            icon={<Trash2 aria-hidden="true" className="size-4" />}
            onClick={() => onChange(phases.toSpliced(index, 1))}
          />
        </div>
      ))}
      <p className="text-12 text-muted">
        {t(phases.length === 0 ? 'commands.phase.none' : 'commands.phase.rest')}
      </p>
      {phases.length < MOST_PHASES && (
        <Button
          icon={<Plus aria-hidden="true" className="size-3.5" />}
          onClick={() => onChange([...phases, nextPhase(phases)])}
        >
          {t('commands.phase.add')}
        </Button>
      )}
    </fieldset>
  )
}

interface OnePhaseProps {
  readonly number: number
  readonly phase: PhaseDraft
  readonly onChange: (phase: PhaseDraft) => void
}

function OnePhase({ number, phase, onChange }: OnePhaseProps) {
  const { t } = useTranslation()
  return (
    <fieldset className="grid flex-1 grid-cols-2 gap-3 sm:grid-cols-5">
      <legend className="sr-only">{t('commands.phase.number', { number })}</legend>
      <Amount
        label={t('commands.phase.size')}
        max={phase.unit === 'devices' ? 10_000_000 : 99}
        value={phase.size}
        onChange={(size) => onChange({ ...phase, size })}
      />
      <Field label={t('commands.phase.unit')}>
        {(control) => (
          <Select
            {...control}
            value={phase.unit}
            onChange={(unit) => onChange({ ...phase, unit })}
            choices={[
              { value: 'devices', label: t('commands.phase.devices') },
              { value: 'percent', label: t('commands.phase.percent') },
            ]}
          />
        )}
      </Field>
      <Amount
        label={t('commands.phase.success')}
        max={100}
        value={phase.successPercent}
        onChange={(successPercent) => onChange({ ...phase, successPercent })}
      />
      <Amount
        label={t('commands.phase.errors')}
        max={100}
        value={phase.failedPercent}
        onChange={(failedPercent) => onChange({ ...phase, failedPercent })}
      />
      <Amount
        label={t('commands.phase.soak')}
        min={0}
        max={43_200}
        value={phase.soakMinutes}
        onChange={(soakMinutes) => onChange({ ...phase, soakMinutes })}
      />
    </fieldset>
  )
}
