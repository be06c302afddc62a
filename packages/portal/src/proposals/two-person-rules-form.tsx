import { OPTIONAL_KINDS, type TwoPersonKind } from '@sanad/protocol/domain/proposals'
import type { TwoPersonRules, TwoPersonRulesView } from '@sanad/protocol/operator-api/proposals'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readAgain, stale } from '../api/call.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Amount } from '../ui/amount.tsx'
import { Button } from '../ui/button.tsx'
import { tell } from '../ui/notices.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { WaitsForSecond, isProposed } from '../ui/waits-for-second.tsx'
import { changeTwoPersonRules } from './proposal-queries.ts'

type Optional = (typeof OPTIONAL_KINDS)[number]

/** A change of the rules is itself an operation for two: it is proposed here, and nothing is different yet. */
export function TwoPersonRulesForm({ rules: view }: { rules: TwoPersonRulesView }) {
  const { t } = useTranslation()
  const { officers: _, ...now } = view
  const [rules, setRules] = useState<TwoPersonRules>(now)
  const refusal = usePermissionRefusal('two-person-rules:manage')
  const saving = useSaving()
  const isChanged = JSON.stringify(rules) !== JSON.stringify(now)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isChanged && !saving.isPending) saving.mutate(rules)
  }
  const { data: answer, reset } = saving
  return (
    <Panel title={t('proposals.rules.kinds')}>
      <form onSubmit={submit} className="flex flex-col gap-5">
        <fieldset disabled={refusal !== undefined} className="flex min-w-0 flex-col gap-5">
          <Kinds kinds={rules.kinds} onChange={(kinds) => setRules({ ...rules, kinds })} />
          <Times rules={rules} onChange={setRules} />
        </fieldset>
        {isProposed(answer) && <WaitsForSecond proposed={answer} onClose={reset} />}
        {saving.isError && (
          <ProblemNote error={saving.error} what={t('proposals.rules.not-changed')} />
        )}
        <div className="flex justify-end gap-2">
          {isChanged && <Button onClick={() => setRules(now)}>{t('proposals.rules.undo')}</Button>}
          <Button
            type="submit"
            shape="primary"
            busy={saving.isPending}
            refusal={refusal ?? (isChanged ? undefined : t('proposals.rules.unchanged'))}
          >
            {t('proposals.rules.propose')}
          </Button>
        </div>
      </form>
    </Panel>
  )
}

function useSaving() {
  const { t } = useTranslation()
  const client = useQueryClient()
  return useMutation({
    mutationFn: changeTwoPersonRules,
    onSuccess: (answer) => {
      // The rules ask for two people always; a server that did it at once has changed them.
      if (!isProposed(answer)) tell(t('proposals.rules.changed'))
      return readAgain(client, [['proposals'], ...stale('readTwoPersonRules', 'listEvents')])
    },
  })
}

interface KindsProps {
  readonly kinds: readonly TwoPersonKind[]
  readonly onChange: (kinds: Optional[]) => void
}

function Kinds({ kinds, onChange }: KindsProps) {
  const { t } = useTranslation()
  return (
    <div className="flex flex-col gap-3">
      {kinds.length === 0 && (
        <p role="status" className="rounded-lg bg-attention-soft px-3 py-2 text-13">
          {t('proposals.rules.none')}
        </p>
      )}
      {OPTIONAL_KINDS.map((kind) => (
        <Kind
          key={kind}
          kind={kind}
          isOn={kinds.includes(kind)}
          onChange={(isOn) =>
            onChange(OPTIONAL_KINDS.filter((one) => (one === kind ? isOn : kinds.includes(one))))
          }
        />
      ))}
      <Kind kind="two-person-rules" isOn />
    </div>
  )
}

interface KindProps {
  readonly kind: TwoPersonKind
  readonly isOn: boolean
  /** Without it, the kind is always on. */
  readonly onChange?: (isOn: boolean) => void
}

function Kind({ kind, isOn, onChange }: KindProps) {
  const { t } = useTranslation()
  return (
    <label className="grid grid-cols-[auto_1fr] gap-x-2.5 text-13">
      <input
        type="checkbox"
        className="mt-0.5 size-4 accent-accent"
        checked={isOn}
        disabled={onChange === undefined}
        onChange={({ target }) => onChange?.(target.checked)}
      />
      <span className="min-w-0 font-medium">{t(`proposals.rules.kind.${kind}.name`)}</span>
      <span className="col-start-2 min-w-0 text-12 text-muted">
        {t(`proposals.rules.kind.${kind}.what`)}
      </span>
    </label>
  )
}

/** Two weeks, and a week: as the API bounds them. */
const MOST_HOURS = 336
const MOST_MINUTES = 10_080

interface TimesProps {
  readonly rules: TwoPersonRules
  readonly onChange: (rules: TwoPersonRules) => void
}

function Times({ rules, onChange }: TimesProps) {
  const { t } = useTranslation()
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Amount
        label={t('proposals.rules.valid-hours')}
        hint={t('proposals.rules.valid-hint')}
        max={MOST_HOURS}
        value={rules.validHours}
        onChange={(validHours) => onChange({ ...rules, validHours })}
      />
      <Amount
        label={t('proposals.rules.delay-minutes')}
        hint={t('proposals.rules.delay-hint')}
        min={0}
        max={MOST_MINUTES}
        value={rules.delayMinutes}
        onChange={(delayMinutes) => onChange({ ...rules, delayMinutes })}
      />
    </div>
  )
}
