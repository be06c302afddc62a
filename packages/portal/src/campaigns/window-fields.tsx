import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import { useTranslation } from 'react-i18next'
import { Field, TextInput } from '../ui/field.tsx'
import { NIGHTS } from './campaign-draft.ts'
import { weekdays } from './weekdays.ts'

interface WindowFieldsProps {
  readonly window: MaintenanceWindow | undefined
  readonly onChange: (window: MaintenanceWindow | undefined) => void
}

/** Days and hours, in the local time of each device. */
export function WindowFields({ window, onChange }: WindowFieldsProps) {
  const { t } = useTranslation()
  return (
    <fieldset className="flex flex-col gap-3">
      <label className="flex items-center gap-2 text-13">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={window !== undefined}
          onChange={({ target }) => onChange(target.checked ? NIGHTS : undefined)}
        />
        {t('commands.window.only')}
      </label>
      {window !== undefined && <Hours window={window} onChange={onChange} />}
    </fieldset>
  )
}

interface HoursProps {
  readonly window: MaintenanceWindow
  readonly onChange: (window: MaintenanceWindow) => void
}

function Hours({ window, onChange }: HoursProps) {
  const { t, i18n } = useTranslation()
  const toggle = (day: number) => {
    const days = window.days.includes(day)
      ? window.days.filter((one) => one !== day)
      : [...window.days, day].toSorted((a, b) => a - b)
    // A window without a day never opens.
    if (days.length > 0) onChange({ ...window, days })
  }
  return (
    <div className="grid gap-4 sm:grid-cols-[1fr_auto_auto]">
      <div role="group" aria-label={t('commands.window.days')} className="flex flex-wrap gap-3">
        {weekdays(i18n.language).map((name, day) => (
          <label key={name} className="flex items-center gap-1.5 text-13">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={window.days.includes(day)}
              onChange={() => toggle(day)}
            />
            {name}
          </label>
        ))}
      </div>
      {(['from', 'to'] as const).map((end) => (
        <Field key={end} label={t(`commands.window.${end}`)}>
          {(control) => (
            <TextInput
              {...control}
              type="time"
              required
              value={window[end]}
              onChange={({ target }) => {
                if (target.value !== '') onChange({ ...window, [end]: target.value })
              }}
            />
          )}
        </Field>
      ))}
    </div>
  )
}
