import type { TwoPersonRulesView } from '@sanad/protocol/operator-api/proposals'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { twoPersonRulesQuery } from './proposal-queries.ts'
import { TwoPersonRulesForm } from './two-person-rules-form.tsx'

/** Which operations need two people, for how long a proposal waits, and who may confirm. */
export function TwoPersonRulesPage() {
  const { t } = useTranslation()
  const { data, error, refetch } = useQuery(twoPersonRulesQuery)
  return (
    <Page
      name={t('proposals.rules.title')}
      crumbs={[{ label: t('proposals.title'), to: '/proposals' }]}
      note={t('proposals.rules.note')}
    >
      {data !== undefined ? (
        <Body rules={data} />
      ) : error === null ? (
        <Panel flush>
          <SkeletonLines lines={10} label={t('ui.loading')} />
        </Panel>
      ) : (
        <ProblemNote
          error={error}
          what={t('proposals.rules.not-loaded')}
          onRetry={() => void refetch()}
        />
      )}
    </Page>
  )
}

function Body({ rules }: { rules: TwoPersonRulesView }) {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
      {/* Rules that changed meanwhile begin the form again. */}
      <TwoPersonRulesForm key={JSON.stringify(rules)} rules={rules} />
      <WhoConfirms officers={rules.officers} />
    </div>
  )
}

const TERMS = ['roles', 'own', 'independent', 'stop'] as const

/** The rule of docs/two-people.md in a few sentences, and whether there is a second person at all. */
function WhoConfirms({ officers }: { officers: number }) {
  const { t } = useTranslation()
  return (
    <Panel
      title={t('proposals.rules.who.title')}
      note={t('proposals.rules.who.officers', { count: officers })}
    >
      {officers < 2 && (
        <p role="status" className="mb-3 rounded-lg bg-attention-soft px-3 py-2 text-13">
          {t('proposals.rules.who.alone')}
        </p>
      )}
      <ul className="flex list-disc flex-col gap-1.5 ps-5 text-13">
        {TERMS.map((term) => (
          <li key={term}>{t(`proposals.rules.who.${term}`)}</li>
        ))}
      </ul>
    </Panel>
  )
}
