import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { trustQuery } from '../trust/trust-query.ts'
import { Field } from '../ui/field.tsx'
import { Select } from '../ui/select.tsx'

/** Country and environment of a group, as one choice; `any` stands for a group that is open to all. */
export const ANY_MARKET = 'any'

export const marketOf = (choice: string): { country: string; environment: string } | undefined => {
  const [country = '', environment = ''] = choice.split(' ')
  return choice === ANY_MARKET ? undefined : { country, environment }
}

interface MarketFieldProps {
  readonly label: string
  readonly hint?: string
  readonly value: string
  readonly onChange: (market: string) => void
}

/** Those that this server has a provider certificate for, and the one that the group has already. */
export function MarketField({ label, hint, value, onChange }: MarketFieldProps) {
  const { t } = useTranslation()
  const provider = useQuery(trustQuery).data?.providerCertificates ?? []
  const certified = provider.map((one) => `${one.country} ${one.environment}`)
  const markets = [...new Set([...certified, value])].filter((each) => each !== ANY_MARKET)
  return (
    <Field label={label} hint={hint}>
      {(control) => (
        <Select
          {...control}
          value={value}
          onChange={onChange}
          choices={[
            { value: ANY_MARKET, label: t('groups.list.any-country') },
            ...markets.map((each) => ({ value: each, label: each.replace(' ', ' · ') })),
          ]}
        />
      )}
    </Field>
  )
}
