import { LOG_LEVELS, SELF_TESTS, SERVICES } from '@sanad/protocol/domain/commands'
import type { CommandType } from '@sanad/protocol/domain/command-types'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { useTranslation } from 'react-i18next'
import { Field, TextInput } from '../ui/field.tsx'
import { Select } from '../ui/select.tsx'
import { COMPOSABLE, type CommandDraft } from './command-draft.ts'

interface CommandFieldsProps {
  readonly draft: CommandDraft
  /** For a campaign, not for one device. */
  readonly isForMany?: boolean
  readonly onChange: (draft: CommandDraft) => void
}

const ROTATION_REASONS: readonly Reason[] = ['policy', 'key-compromised', 'tampered', 'other']

/** The command and what belongs to it; nothing that the closed list does not have can be entered. */
export function CommandFields({ draft, isForMany = false, onChange }: CommandFieldsProps) {
  const { t } = useTranslation()
  const effect = isForMany && draft.type === 'rotate-key' ? 'rotation' : draft.type
  return (
    <>
      <Field label={t('commands.compose.command')} hint={t(`commands.effect.${effect}`)}>
        {(control) => (
          <Select<CommandType>
            {...control}
            value={draft.type}
            onChange={(type) => onChange({ ...draft, type })}
            choices={COMPOSABLE.map((value) => ({ value, label: t(`commands.type.${value}`) }))}
          />
        )}
      </Field>
      <Details draft={draft} onChange={onChange} />
    </>
  )
}

function Details({ draft, onChange }: CommandFieldsProps) {
  const { t } = useTranslation()
  switch (draft.type) {
    case 'rotate-key':
      return (
        <Field label={t('device.act.reason')}>
          {(control) => (
            <Select<Reason>
              {...control}
              value={draft.reason}
              onChange={(reason) => onChange({ ...draft, reason })}
              choices={ROTATION_REASONS.map((value) => ({ value, label: t(`reasons.${value}`) }))}
            />
          )}
        </Field>
      )
    case 'restart-service':
      return (
        <Field label={t('commands.compose.service')}>
          {(control) => (
            <Select<CommandDraft['service']>
              {...control}
              value={draft.service}
              onChange={(service) => onChange({ ...draft, service })}
              choices={SERVICES.map((value) => ({ value, label: t(`commands.service.${value}`) }))}
            />
          )}
        </Field>
      )
    case 'apply-configuration':
      return (
        <Field label={t('commands.compose.log-level')}>
          {(control) => (
            <Select<CommandDraft['logLevel']>
              {...control}
              value={draft.logLevel}
              onChange={(logLevel) => onChange({ ...draft, logLevel })}
              choices={LOG_LEVELS.map((value) => ({ value, label: value }))}
            />
          )}
        </Field>
      )
    case 'collect-logs':
      return (
        <Field label={t('commands.compose.log-hours')} hint={t('commands.compose.log-hint')}>
          {(control) => (
            <TextInput
              {...control}
              type="number"
              min={1}
              max={720}
              value={draft.logHours}
              onChange={({ target }) => {
                if (Number.isInteger(target.valueAsNumber) && target.valueAsNumber > 0)
                  onChange({ ...draft, logHours: target.valueAsNumber })
              }}
            />
          )}
        </Field>
      )
    case 'run-self-test':
      return <SelfTests draft={draft} onChange={onChange} />
    case 'collect-information':
    case 'deregister':
    case 'synchronise-time':
    case 'update-software':
      return null
  }
}

function SelfTests({ draft, onChange }: CommandFieldsProps) {
  const { t } = useTranslation()
  return (
    <fieldset>
      <legend className="mb-1.5 text-13 font-medium">{t('commands.self-tests')}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-2">
        {SELF_TESTS.map((test) => (
          <label key={test} className="flex items-center gap-2 text-13">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={draft.tests.includes(test)}
              onChange={({ target }) =>
                onChange({
                  ...draft,
                  tests: SELF_TESTS.filter((one) =>
                    one === test ? target.checked : draft.tests.includes(one),
                  ),
                })
              }
            />
            {t(`commands.self-test.${test}`)}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
