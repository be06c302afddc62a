import type { EventView } from '@sanad/protocol/api/events'
import type { TFunction } from 'i18next'
import { ChevronRight } from 'lucide-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { clockUtc, exactUtc, weekDay } from '../i18n/time.ts'
import { CodeBlock } from '../ui/code-block.tsx'
import { useMinute } from '../ui/moment.tsx'
import { HealthIcon } from '../ui/state-mark.tsx'
import { eventCodes, eventHealth, eventSentence } from './event-words.ts'

interface EventDaysProps {
  readonly events: readonly EventView[]
  /** In the whole record each event says which device it is about. */
  readonly hasDeviceLinks?: boolean
}

/** Events by day, newest first; each is one sentence, with its codes and its raw form on demand. */
export function EventDays({ events, hasDeviceLinks = false }: EventDaysProps) {
  const days = Map.groupBy(events, (event) => event.at.slice(0, 10))
  return (
    <div className="pb-2">
      {[...days].map(([day, ofDay]) => (
        <section key={day}>
          <DayHeading day={day} />
          <ol>
            {ofDay.map((event) => (
              <EventRow key={event.seq} event={event} hasDeviceLink={hasDeviceLinks} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  )
}

function DayHeading({ day }: { day: string }) {
  const { t, i18n } = useTranslation()
  const now = useMinute()
  const today = new Date(now).toISOString().slice(0, 10)
  const yesterday = new Date(now - 86_400_000).toISOString().slice(0, 10)
  const text =
    day === today
      ? t('events.day.today')
      : day === yesterday
        ? t('events.day.yesterday')
        : weekDay(day, i18n.language)
  return <h3 className="px-4 pt-4 pb-1 text-12 font-medium text-muted">{text}</h3>
}

function EventRow({ event, hasDeviceLink }: { event: EventView; hasDeviceLink: boolean }) {
  const { t } = useTranslation()
  const health = eventHealth(event.type)
  return (
    <li className="group/event relative flex gap-3 px-4 py-1.5 text-13">
      <time
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
      <div className="min-w-0 flex-1">
        <p>
          {eventSentence(t, event)}
          {hasDeviceLink && event.deviceId !== null && (
            <>
              {' '}
              <Link
                to="/devices/$deviceId"
                params={{ deviceId: event.deviceId }}
                className="rounded-sm whitespace-nowrap text-accent underline decoration-line-strong underline-offset-2 hover:decoration-current"
              >
                {t('events.about-device')}
              </Link>
            </>
          )}
        </p>
        {event.note !== null && <p className="mt-0.5 text-muted">“{event.note}”</p>}
        <EventDetails event={event} />
      </div>
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
        <span>{actorWords(t, event)}</span>
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

function actorWords(t: TFunction, event: EventView): string {
  if (event.actor === 'server') return t('events.by.server')
  if (event.actor === 'command-line') return t('events.by.command-line')
  if (event.actor.startsWith('device:')) return t('events.by.device')
  return event.actorName ?? t('events.by.operator')
}
