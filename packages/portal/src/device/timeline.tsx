import type { EventView } from '@sanad/protocol/api/events'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { clockUtc, exactUtc, weekDay } from '../i18n/time.ts'
import { useEventSentence } from '../record/event-sentence.ts'
import { Button } from '../ui/button.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { type Health, HealthIcon } from '../ui/state-mark.tsx'
import { refusalsOfDeviceQuery, timelineQuery } from './device-queries.ts'

/** What was, by day: each event one sentence, with its reason and what stands in the record. */
export function Timeline({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation()
  const query = useInfiniteQuery(timelineQuery(deviceId))
  const events = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Panel title={t('device.timeline.title')} actions={<RefusedClaims deviceId={deviceId} />} flush>
      {query.isPending && <SkeletonLines lines={6} label={t('ui.loading')} />}
      {query.isError && (
        <ProblemNote
          error={query.error}
          what={t('device.timeline.failed')}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isSuccess && events.length === 0 && (
        <p className="p-4 text-13 text-muted">{t('device.timeline.none')}</p>
      )}
      {byDay(events).map(([day, ofDay]) => (
        <Day key={day} events={ofDay} />
      ))}
      {query.hasNextPage && (
        <div className="border-t border-line p-3 text-center">
          <Button
            shape="quiet"
            busy={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t('device.timeline.more')}
          </Button>
        </div>
      )}
    </Panel>
  )
}

function byDay(events: readonly EventView[]): [string, EventView[]][] {
  return [...Map.groupBy(events, ({ at }) => at.slice(0, 10))]
}

function Day({ events }: { events: readonly EventView[] }) {
  const { i18n } = useTranslation()
  const [first] = events
  if (first === undefined) return null
  return (
    <section>
      <h3 className="border-y border-line bg-sunken px-4 py-1.5 text-12 font-medium text-muted first:border-t-0">
        {weekDay(first.at, i18n.language)}
      </h3>
      <ol>
        {events.map((event) => (
          <Entry key={event.seq} event={event} />
        ))}
      </ol>
    </section>
  )
}

const HEALTH: Partial<Record<EventView['type'], Health>> = {
  'device.registered': 'good',
  'device.first-check-in': 'good',
  'device.resumed': 'good',
  'device.registration-refused': 'attention',
  'device.message-refused': 'attention',
  'device.suspended': 'attention',
  'device.claim-quarantined': 'bad',
  'device.blocked': 'bad',
  'certificate.revoked': 'bad',
}

function Entry({ event }: { event: EventView }) {
  const { t } = useTranslation()
  const sentence = useEventSentence()
  const [isRaw, setRaw] = useState(false)
  const { code, rule } = event.data
  return (
    <li className="grid grid-cols-[4.75rem_1rem_1fr_auto] items-start gap-x-2.5 px-4 py-2 text-13 transition-colors hover:bg-hover">
      <time
        dateTime={event.at}
        title={exactUtc(event.at)}
        className="font-mono text-12 leading-5 text-muted"
      >
        {clockUtc(event.at)}
      </time>
      <HealthIcon health={HEALTH[event.type] ?? 'unknown'} className="mt-0.5 size-3.5" />
      <div className="min-w-0">
        <p>{sentence(event)}</p>
        <p className="flex flex-wrap gap-x-2 text-12 text-muted">
          {typeof code === 'string' && <code>{code}</code>}
          {typeof rule === 'string' && <code>{rule}</code>}
          {event.actorName !== null && (
            <span>{t('device.timeline.by', { who: event.actorName })}</span>
          )}
          {event.note !== null && <q>{event.note}</q>}
        </p>
        {isRaw && (
          <pre
            tabIndex={0}
            className="mt-1.5 overflow-x-auto rounded-md bg-sunken p-2.5 font-mono text-12 ring-1 ring-line"
          >
            {JSON.stringify({ seq: event.seq, type: event.type, ...event.data }, null, 2)}
          </pre>
        )}
      </div>
      <button
        type="button"
        aria-expanded={isRaw}
        onClick={() => setRaw(!isRaw)}
        className="-my-0.5 h-6 rounded-sm px-1.5 text-12 text-muted hover:bg-sunken hover:text-ink"
      >
        {t('device.timeline.raw')}
      </button>
    </li>
  )
}

function RefusedClaims({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation()
  const count = useQuery(refusalsOfDeviceQuery(deviceId)).data?.items.length ?? 0
  if (count === 0) return null
  return (
    <Link
      to="/refused"
      className="flex items-center gap-1.5 rounded-sm text-13 text-muted hover:text-ink"
    >
      <HealthIcon health="attention" className="size-3.5" />
      {t('device.refused.one')}
    </Link>
  )
}
