import { HOST_MOVES, type PolicySettings, RECOVERIES } from '@sanad/protocol/operator-api/policies'
import { useTranslation } from 'react-i18next'
import { Field, TextInput } from '../ui/field.tsx'
import { Select } from '../ui/select.tsx'

interface PolicyFieldsProps {
  readonly settings: PolicySettings
  readonly onChange: (settings: PolicySettings) => void
  readonly isReadOnly: boolean
}

type NumberName = Exclude<keyof PolicySettings, 'recovery' | 'hostMove' | 'minimumKeyBits'>

/** In the order of a key’s life, with the bounds that the server holds to. */
const PARTS: readonly {
  readonly name: 'key' | 'check-in' | 'away'
  readonly numbers: readonly (readonly [NumberName, number, number])[]
}[] = [
  {
    name: 'key',
    numbers: [
      ['rotationDays', 1, 365],
      ['overlapDays', 1, 90],
      ['maximumCertificateDays', 2, 455],
      ['rotationWindowHours', 1, 720],
    ],
  },
  {
    name: 'check-in',
    numbers: [
      ['checkInSeconds', 5, 86_400],
      ['checkInJitterPercent', 0, 50],
      ['longestOfflineDays', 1, 90],
    ],
  },
  { name: 'away', numbers: [['graceDays', 0, 365]] },
]

const KEY_BITS = ['2048', '3072', '4096'] as const

export function PolicyFields({ settings, onChange, isReadOnly }: PolicyFieldsProps) {
  const { t } = useTranslation()
  return (
    <div className="flex flex-col gap-6">
      {PARTS.map(({ name, numbers }) => (
        <fieldset key={name} className="flex flex-col gap-3">
          <legend className="mb-2 text-13 font-semibold">{t(`policies.part.${name}`)}</legend>
          <div className="grid gap-4 sm:grid-cols-2">
            {numbers.map(([field, min, max]) => (
              <Field
                key={field}
                label={t(`policies.field.${field}`)}
                hint={t(`policies.hint.${field}`)}
              >
                {(control) => (
                  <TextInput
                    {...control}
                    type="number"
                    required
                    readOnly={isReadOnly}
                    min={min}
                    max={max}
                    value={settings[field]}
                    onChange={({ target }) => {
                      if (Number.isInteger(target.valueAsNumber))
                        onChange({ ...settings, [field]: target.valueAsNumber })
                    }}
                  />
                )}
              </Field>
            ))}
            {name === 'key' && <KeyBits {...{ settings, onChange }} />}
            {name === 'away' && <Away {...{ settings, onChange }} />}
          </div>
        </fieldset>
      ))}
    </div>
  )
}

function KeyBits({ settings, onChange }: Omit<PolicyFieldsProps, 'isReadOnly'>) {
  const { t } = useTranslation()
  return (
    <Field label={t('policies.field.minimumKeyBits')} hint={t('policies.hint.minimumKeyBits')}>
      {(control) => (
        <Select<(typeof KEY_BITS)[number]>
          {...control}
          value={`${settings.minimumKeyBits}`}
          onChange={(bits) =>
            // The choices are the three that the schema has.
            onChange({
              ...settings,
              minimumKeyBits: Number(bits) as PolicySettings['minimumKeyBits'],
            })
          }
          choices={KEY_BITS.map((value) => ({ value, label: `RSA-${value}` }))}
        />
      )}
    </Field>
  )
}

function Away({ settings, onChange }: Omit<PolicyFieldsProps, 'isReadOnly'>) {
  const { t } = useTranslation()
  return (
    <>
      <Field label={t('policies.field.recovery')} hint={t('policies.hint.recovery')}>
        {(control) => (
          <Select<PolicySettings['recovery']>
            {...control}
            value={settings.recovery}
            onChange={(recovery) => onChange({ ...settings, recovery })}
            choices={RECOVERIES.map((value) => ({ value, label: t(`policies.recovery.${value}`) }))}
          />
        )}
      </Field>
      <Field label={t('policies.field.hostMove')} hint={t('policies.hint.hostMove')}>
        {(control) => (
          <Select<PolicySettings['hostMove']>
            {...control}
            value={settings.hostMove}
            onChange={(hostMove) => onChange({ ...settings, hostMove })}
            choices={HOST_MOVES.map((value) => ({
              value,
              label: t(`policies.host-move.${value}`),
            }))}
          />
        )}
      </Field>
    </>
  )
}
