import type { WhatIfBody } from '@sanad/protocol/operator-api/keys'
import type { FORECAST_GROUPINGS } from '@sanad/protocol/operator-api/choices'
import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { FlaskConical, X } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { policiesQuery } from '../policies/policy-queries.ts'
import { useMay } from '../session/session.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Select } from '../ui/select.tsx'

interface Draft {
  readonly policyId: string
  readonly settings: PolicySettings
}

export interface WhatIfState {
  readonly draft: Draft | undefined
  readonly setDraft: (draft: Draft | undefined) => void
  /** What is asked of the server; undefined while nothing is. */
  readonly body: WhatIfBody | undefined
}

export function useWhatIf(by: (typeof FORECAST_GROUPINGS)[number]): WhatIfState {
  const [draft, setDraft] = useState<Draft>()
  const settled = useDeferredValue(draft)
  const body = settled === undefined ? undefined : { ...settled, query: { by, days: 60 } }
  return { draft, setDraft, body }
}

const DAYS = ['rotationDays', 'overlapDays'] as const

/** Other settings for one policy, tried on the fleet before anybody saves them. */
export function WhatIf({ whatIf: { draft, setDraft } }: { whatIf: WhatIfState }) {
  const { t } = useTranslation()
  const mayRead = useMay('policy:read')
  const { data } = useQuery({ ...policiesQuery, enabled: mayRead })
  const [first] = data?.items ?? []
  if (first === undefined) return null
  if (draft === undefined)
    return (
      <Button
        icon={<FlaskConical aria-hidden="true" className="size-3.5" />}
        onClick={() => setDraft({ policyId: first.policyId, settings: first.settings })}
      >
        {t('keys.what-if.try')}
      </Button>
    )
  const change = (name: keyof PolicySettings, value: number) => {
    if (Number.isInteger(value) && value > 0)
      setDraft({ ...draft, settings: { ...draft.settings, [name]: value } })
  }
  return (
    <div className="flex flex-wrap items-end gap-3">
      <Field label={t('keys.what-if.policy')}>
        {(control) => (
          <Select
            {...control}
            className="w-40"
            value={draft.policyId}
            onChange={(policyId) => {
              const policy = data?.items.find((one) => one.policyId === policyId)
              if (policy !== undefined) setDraft({ policyId, settings: policy.settings })
            }}
            choices={
              data?.items.map(({ policyId, name }) => ({ value: policyId, label: name })) ?? []
            }
          />
        )}
      </Field>
      {DAYS.map((name) => (
        <Field key={name} label={t(`policies.field.${name}`)}>
          {(control) => (
            <TextInput
              {...control}
              type="number"
              min={1}
              max={365}
              className="w-24"
              value={draft.settings[name]}
              onChange={({ target }) => change(name, target.valueAsNumber)}
            />
          )}
        </Field>
      ))}
      <Link
        to="/policies/$policyId"
        params={{ policyId: draft.policyId }}
        className={buttonClass('secondary', 'h-9')}
      >
        {t('keys.what-if.open')}
      </Link>
      <IconButton
        label={t('keys.what-if.end')}
        icon={<X aria-hidden="true" className="size-4" />}
        onClick={() => setDraft(undefined)}
      />
    </div>
  )
}
