import type { OperatorSessionView } from '@sanad/protocol/operator-api/session'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { MonitorSmartphone } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { readAgain, stale } from '../api/call.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Moment } from '../ui/moment.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { browserName } from './browser-name.ts'
import { endSession, endSessions, sessionsQuery } from './operator-queries.ts'

/** Sessions that last, of an operator or one’s own, and how to end them. */
export function SessionList({ operatorId }: { operatorId?: string }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const query = useQuery(sessionsQuery(operatorId))
  const ending = useMutation({
    mutationFn: async (sessionId: string | undefined) => {
      if (sessionId === undefined) return (await endSessions(operatorId)).ended
      await endSession(sessionId, operatorId)
      return 1
    },
    onSuccess: (count) => tell(t('operators.sessions.ended', { count })),
    onSettled: () => readAgain(client, stale('listOwnSessions', 'listOperatorSessions')),
  })
  const others = query.data?.items.filter(({ isCurrent }) => !isCurrent).length ?? 0
  return (
    <>
      {ending.isError && <ProblemNote error={ending.error} what={t('operators.unchanged')} />}
      <QueryList
        query={query}
        failed={t('operators.sessions.failed')}
        skeletonRows={2}
        empty={
          <Empty
            icon={<MonitorSmartphone aria-hidden="true" />}
            title={t('operators.sessions.none')}
          >
            {t('operators.sessions.none-text')}
          </Empty>
        }
      >
        {(rows) => (
          <ul className="divide-y divide-line text-13">
            {rows.map((session) => (
              <SessionRow
                key={session.sessionId}
                session={session}
                isBusy={ending.isPending}
                onEnd={() => ending.mutate(session.sessionId)}
              />
            ))}
          </ul>
        )}
      </QueryList>
      {others > 0 && (
        <div className="flex justify-end border-t border-line px-4 py-3">
          <Button shape="danger" busy={ending.isPending} onClick={() => ending.mutate(undefined)}>
            {t(
              operatorId === undefined
                ? 'operators.sessions.end-others'
                : 'operators.sessions.end-all',
            )}
          </Button>
        </div>
      )}
    </>
  )
}

interface SessionRowProps {
  readonly session: OperatorSessionView
  readonly isBusy: boolean
  readonly onEnd: () => void
}

function SessionRow({ session, isBusy, onEnd }: SessionRowProps) {
  const { t } = useTranslation()
  const { address, browser, signedInAt, lastUsedAt, isCurrent } = session
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="font-medium" title={browser}>
          {browserName(browser) ?? t('operators.sessions.unknown')}
          {isCurrent && (
            <span className="font-normal text-muted"> · {t('operators.sessions.this')}</span>
          )}
        </p>
        <p className="text-12 text-muted">
          <code>{address}</code>
          {' · '}
          {t('operators.sessions.signed-in')} <Moment at={signedInAt} />
          {' · '}
          {t('operators.sessions.used')} <Moment at={lastUsedAt} />
        </p>
      </div>
      {!isCurrent && (
        <Button shape="quiet" busy={isBusy} onClick={onEnd}>
          {t('operators.sessions.end')}
        </Button>
      )}
    </li>
  )
}
