import type { ProposalView } from '@sanad/protocol/operator-api/proposals'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isNotThere } from '../api/problem.ts'
import { problemTitle } from '../i18n/problem-text.ts'
import { NotFound } from '../pages/page-problem.tsx'
import { CodeBlock } from '../ui/code-block.tsx'
import { FactRows } from '../ui/fact-rows.tsx'
import { Moment } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { ProposalActions } from './proposal-actions.tsx'
import { proposalQuery } from './proposal-queries.ts'
import { ProposalStateMark } from './proposal-state-mark.tsx'
import { subjectWords } from './subject-words.ts'

const route = getRouteApi('/signed-in/proposals/$proposalId')

/** One proposal: what was asked for, whom it touches, and who decides. */
export function ProposalPage() {
  const { t } = useTranslation()
  const { proposalId } = route.useParams()
  const query = useQuery(proposalQuery(proposalId))
  const view = query.data
  if (isNotThere(query.error)) return <NotFound />
  return (
    <Page
      name={view === undefined ? t('proposals.one') : t(`proposals.operation.${view.operation}`)}
      crumbs={[{ label: t('proposals.title'), to: '/proposals' }]}
      actions={view !== undefined && <ProposalActions view={view} />}
    >
      {query.isError && (
        <ProblemNote
          error={query.error}
          what={t('proposals.not-loaded')}
          onRetry={() => void query.refetch()}
        />
      )}
      {view === undefined ? (
        !query.isError && (
          <Panel flush>
            <SkeletonLines lines={8} label={t('ui.loading')} />
          </Panel>
        )
      ) : (
        <>
          <Facts view={view} />
          <Touches view={view} />
          <Asked view={view} />
        </>
      )}
    </Page>
  )
}

function Facts({ view }: { view: ProposalView }) {
  const { t } = useTranslation()
  const rows = [
    [t('proposals.column.about'), subjectWords(t, view)],
    [t('proposals.column.by'), view.proposedBy.name],
    [t('proposals.column.at'), <Moment key="at" at={view.proposedAt} />],
    [t('proposals.fact.expires'), <Moment key="expires" at={view.expiresAt} />],
    [t('proposals.fact.confirmed-by'), view.confirmedBy?.name],
    [t('proposals.fact.carry-out'), view.carryOutAt && <Moment key="then" at={view.carryOutAt} />],
    [t('proposals.fact.ended-by'), view.endedBy?.name],
    [
      t('proposals.fact.glass'),
      view.glassReason === null
        ? null
        : [t(`reasons.${view.glassReason}`), view.glassNote].filter(Boolean).join(' · '),
    ],
    [t('proposals.fact.failed'), view.failureCode && problemTitle(t, view.failureCode)],
  ] as const
  return (
    <Panel>
      <div className="flex flex-col gap-4">
        <ProposalStateMark state={view.state} />
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-13">
          <FactRows rows={rows} />
          <dt className="text-muted">{t('proposals.fact.digest')}</dt>
          <dd className="min-w-0 wrap-anywhere">
            <code>{view.digest}</code>
          </dd>
        </dl>
      </div>
    </Panel>
  )
}

function Touches({ view }: { view: ProposalView }) {
  const { t } = useTranslation()
  const { devices, connected, effects, changes, countedAt } = view.blastRadius
  return (
    <Panel
      title={t('proposals.touches.title')}
      note={
        <>
          {t('proposals.touches.devices', { count: devices, connected })} ·{' '}
          <Moment at={countedAt} />
        </>
      }
    >
      <ul className="flex list-disc flex-col gap-1.5 ps-5 text-13">
        {effects.map(({ effect, devices: count, isAtLeast = false, when }) => (
          <li key={effect}>
            {isAtLeast && `${t('proposals.touches.at-least')} `}
            {t(`proposals.effect.${effect}`, { count: count ?? 0 })}{' '}
            <span className="text-muted">{t(`proposals.when.${when}`)}</span>
          </li>
        ))}
      </ul>
      {changes.length > 0 && (
        <dl className="mt-4 grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-13">
          {changes.map(({ member, from, to }) => (
            <div key={member} className="contents">
              <dt className="text-muted wrap-anywhere">
                <code>{member}</code>
              </dt>
              <dd className="min-w-0 wrap-anywhere">
                {from ?? '–'} → <strong className="font-semibold">{to ?? '–'}</strong>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  )
}

/** As it was sent: what the digest is made of. */
function Asked({ view }: { view: ProposalView }) {
  const { t } = useTranslation()
  return (
    <Panel title={t('proposals.asked.title')} note={t('proposals.asked.note')}>
      <CodeBlock className="max-h-96 overflow-auto text-12 wrap-anywhere whitespace-pre-wrap">
        {JSON.stringify({ operation: view.operation, ...view.input }, null, 2)}
      </CodeBlock>
    </Panel>
  )
}
