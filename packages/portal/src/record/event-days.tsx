import type { EventView } from '@sanad/protocol/operator-api/events'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { clsx } from 'clsx'
import { ChevronRight } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { clockUtc, exactUtc, weekDay } from '../i18n/time.ts'
import { CodeBlock } from '../ui/code-block.tsx'
import { useMinute } from '../ui/moment.tsx'
import { HealthIcon } from '../ui/state-mark.tsx'
import { EventSentence, RunSentence } from './event-sentence.tsx'
import { eventHealth } from './event-health.ts'
import { actorOf, eventCodes, markedSentence } from './event-text.ts'
import { type EventRun, foldEvents } from './fold-events.ts'

interface EventDaysProps {
  readonly events: readonly EventView[]
  /** Older ones were not read. */
  readonly hasMore?: boolean
  /** Of many lines, the first. */
  readonly mostLines?: number
}

/** Events by day, newest first; what says the same is one line, and each has its codes and its raw form on demand. */
export function EventDays({ events, hasMore = false, mostLines }: EventDaysProps) {
  const { t } = useTranslation()
  const runs = foldEvents(events, (event) => markedSentence(t, event), hasMore)
  const days = Map.groupBy(runs.slice(0, mostLines), ({ events: [first] }) => first.at.slice(0, 10))
  return (
    <div className="pb-2">
      {[...days].map(([day, ofDay]) => (
        <section key={day}>
          <DayHeading day={day} />
          <ol>
            {ofDay.map((run) => (
              <RunRow key={run.events[0].seq} run={run} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  )
}

function RunRow({ run }: { run: EventRun }) {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  const [event] = run.events
  if (run.events.length === 1) return <EventRow event={event} />
  return (
    <>
      <EventLine event={event}>
        <p>
          <RunSentence run={run} />
        </p>
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="inline-flex items-center gap-1 rounded-sm text-12 text-muted hover:text-ink"
        >
          <ChevronRight
            aria-hidden="true"
            className={clsx(
              '-ms-0.5 size-3 transition-transform rtl:-scale-x-100',
              isOpen && 'rotate-90 rtl:-rotate-90',
            )}
          />
          {t(isOpen ? 'events.fold.close' : 'events.fold.open')}
        </button>
      </EventLine>
      {isOpen && run.events.map((each) => <EventRow key={each.seq} event={each} />)}
    </>
  )
}

function DayHeading({ day }: { day: string }) {
  const { t, i18n } = useTranslation()
  const now = useMinute()
  const today = new Date(now).toISOString().slice(0, 10)
  const yesterday = new Date(now - DAY_MS).toISOString().slice(0, 10)
  const text =
    day === today
      ? t('events.day.today')
      : day === yesterday
        ? t('events.day.yesterday')
        : weekDay(day, i18n.language)
  return (
    <h3 className="px-4 pt-4 pb-1 text-12 font-medium text-muted">
      {t('events.day.zone', { day: text })}
    </h3>
  )
}

function EventRow({ event }: { event: EventView }) {
  return (
    <EventLine event={event}>
      <p className="wrap-anywhere">
        <EventSentence event={event} />
      </p>
      {event.note !== null && (
        <p className="mt-0.5 text-muted">
          “<bdi>{event.note}</bdi>”
        </p>
      )}
      <EventDetails event={event} />
    </EventLine>
  )
}

function EventLine({ event, children }: { event: EventView; children: ReactNode }) {
  const health = eventHealth(event.type)
  return (
    <li className="group/event relative flex gap-3 px-4 py-1.5 text-13">
      <time
        dir="ltr"
        dateTime={event.at}
        title={exactUtc(event.at)}
        className="w-16 shrink-0 font-mono text-12 leading-5 text-muted"
      >
        {clockUtc(event.at)}
      </time>
      <span className="relative flex w-4 shrink-0 justify-center">
        <span
          aria-hidden="true"
          className="absolute -inset-y-1.5 w-px bg-line group-first/event:top-0 group-last/event:bottom-0"
        />
        <span className="relative mt-0.5 h-4 bg-surface">
          {health === undefined ? (
            <span className="mx-1 mt-1 block size-2 rounded-full bg-unknown-mark" />
          ) : (
            <HealthIcon health={health} />
          )}
        </span>
      </span>
      <div className="min-w-0 flex-1">{children}</div>
    </li>
  )
}

function EventDetails({ event }: { event: EventView }) {
  const { t } = useTranslation()
  const { code, rule, supportCode } = eventCodes(event)
  return (
    <details className="text-12 text-muted [&[open]_svg]:rotate-90">
      <summary className="flex cursor-pointer list-none flex-wrap items-center gap-x-2.5 gap-y-0.5 rounded-sm marker:content-none">
        <ChevronRight
          aria-hidden="true"
          className="-ms-0.5 size-3 shrink-0 transition-transform rtl:-scale-x-100"
        />
        <span>{actorOf(t, event)}</span>
        {code !== undefined && <code className="text-ink">{code}</code>}
        {rule !== undefined && (
          <span>
            {t('events.rule')} <code>{rule}</code>
          </span>
        )}
        {supportCode !== undefined && (
          <span>
            {t('events.support-code')} <code>{supportCode}</code>
          </span>
        )}
        <span className="sr-only">{t('events.raw')}</span>
      </summary>
      <dl className="mt-1.5 mb-1 grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5">
        <dt>{t('events.number')}</dt>
        <dd>
          <code>{event.seq}</code>
        </dd>
        <dt>{t('events.type')}</dt>
        <dd>
          <code>{event.type}</code>
        </dd>
        <dt>{t('events.leaf')}</dt>
        <dd className="min-w-0">
          <code className="break-all">{event.leafHash}</code>
        </dd>
      </dl>
      <CodeBlock>{JSON.stringify(event.data, undefined, 2)}</CodeBlock>
    </details>
  )
}
