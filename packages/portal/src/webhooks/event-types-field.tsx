import { EVENTS, type EventType } from '@sanad/protocol/domain/events'
import { useTranslation } from 'react-i18next'

// Object.keys widens to string; the catalogue is closed.
const TYPES = (Object.keys(EVENTS) as EventType[]).toSorted()

interface EventTypesFieldProps {
  /** None: all of them. */
  readonly value: readonly EventType[]
  readonly onChange: (value: readonly EventType[]) => void
}

export function EventTypesField({ value, onChange }: EventTypesFieldProps) {
  const { t } = useTranslation()
  const toggle = (type: EventType) =>
    onChange(value.includes(type) ? value.filter((each) => each !== type) : [...value, type])
  return (
    <fieldset>
      <legend className="text-13 font-medium">{t('webhooks.add.events')}</legend>
      <p className="mt-1 text-12 text-muted" aria-live="polite">
        {value.length === 0
          ? t('webhooks.add.events-all')
          : t('webhooks.add.events-chosen', { count: value.length })}
      </p>
      <div className="mt-2 grid max-h-48 gap-x-4 overflow-y-auto rounded-md p-2 ring-1 ring-line ring-inset sm:grid-cols-2">
        {TYPES.map((type) => (
          <label key={type} className="flex min-h-7 items-center gap-2 text-12">
            <input
              type="checkbox"
              className="size-4 shrink-0 accent-accent"
              checked={value.includes(type)}
              onChange={() => toggle(type)}
            />
            <code className="wrap-anywhere">{type}</code>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
