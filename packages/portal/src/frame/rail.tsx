import { Link, useRouterState } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../session/session.ts'
import { Hint } from '../ui/hint.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Mark } from '../ui/mark.tsx'
import { setPreference, usePreferences } from '../ui/preferences.ts'
import { useWaitingCounts, type WaitingCounts } from './waiting-counts.ts'
import { OVERVIEW, SECTION_GROUPS, type Section, type SectionGroup } from './sections.ts'

export function Rail() {
  const { t } = useTranslation()
  const { isRailNarrow } = usePreferences()
  const Toggle = isRailNarrow ? PanelLeftOpen : PanelLeftClose
  return (
    <div
      className={clsx(
        'sticky top-0 hidden h-dvh shrink-0 flex-col border-e border-line bg-sunken md:flex',
        isRailNarrow ? 'w-14' : 'w-[212px]',
      )}
    >
      <Sections isNarrow={isRailNarrow} />
      <div className={clsx('p-3', isRailNarrow ? 'flex justify-center' : '')}>
        <IconButton
          label={t(isRailNarrow ? 'frame.rail.widen' : 'frame.rail.narrow')}
          side="inline-end"
          icon={<Toggle aria-hidden="true" className="size-4 rtl:-scale-x-100" />}
          onClick={() => setPreference('isRailNarrow', !isRailNarrow)}
        />
      </div>
    </div>
  )
}

function Brand({ isNarrow }: { isNarrow: boolean }) {
  return (
    <div
      className={clsx(
        'flex h-12 shrink-0 items-center gap-2.5',
        isNarrow ? 'justify-center' : 'px-4',
      )}
    >
      <Mark className="size-6 shrink-0" />
      {!isNarrow && <span className="text-16 font-semibold tracking-tight">Sanad</span>}
    </div>
  )
}

interface SectionsProps {
  readonly isNarrow: boolean
  readonly onGo?: () => void
}

export function Sections(props: SectionsProps) {
  const { t } = useTranslation()
  const permissions = useSession()?.permissions
  const isShown = ({ permission }: Section) => permissions?.includes(permission) === true
  return (
    <nav aria-label={t('frame.rail.name')} className="flex min-h-0 flex-1 flex-col">
      <Brand isNarrow={props.isNarrow} />
      <div className="flex min-h-0 flex-1 flex-col gap-0.5 overflow-y-auto px-2 pt-2 pb-3">
        {isShown(OVERVIEW) && <CountedSection section={OVERVIEW} {...props} />}
        {SECTION_GROUPS.map((group) => ({ ...group, sections: group.sections.filter(isShown) }))
          .filter(({ sections }) => sections.length > 0)
          .map((group) => (
            <SectionsOfGroup key={group.name} group={group} {...props} />
          ))}
      </div>
    </nav>
  )
}

function SectionsOfGroup({ group, ...props }: SectionsProps & { group: SectionGroup }) {
  const { t } = useTranslation()
  const id = useId()
  return (
    <div role="group" aria-labelledby={id} className="flex flex-col gap-0.5 pt-2">
      <p
        id={id}
        className={clsx(
          props.isNarrow
            ? 'mx-2 mb-1.5 h-px overflow-hidden bg-line text-transparent'
            : 'px-2.5 pt-0.5 text-12 text-muted',
        )}
      >
        {t(`frame.section-group.${group.name}`)}
      </p>
      {group.sections.map((section) => (
        <CountedSection key={section.name} section={section} {...props} />
      ))}
    </div>
  )
}

function CountedSection({ section, ...props }: SectionsProps & { section: Section }) {
  const counts = useWaitingCounts()
  return (
    <SectionLink section={section} count={counts[section.name as keyof WaitingCounts]} {...props} />
  )
}

interface SectionLinkProps {
  readonly section: Section
  readonly isNarrow: boolean
  readonly count: number | undefined
  readonly onGo?: () => void
}

function SectionLink({ section, isNarrow, count, onGo }: SectionLinkProps) {
  const { t } = useTranslation()
  const name = t(`frame.section.${section.name}`)
  const isAlsoHere = useRouterState({
    select: ({ location }) =>
      section.also !== undefined && location.pathname.startsWith(section.also),
  })
  const waiting =
    count === undefined || count === 0 ? undefined : t('frame.rail.waiting', { count })
  const link = (
    <Link
      to={section.to}
      activeOptions={{ exact: section.to === '/', includeSearch: false }}
      {...(isAlsoHere && { 'aria-current': 'page' as const })}
      {...(onGo !== undefined && { onClick: onGo })}
      {...(isNarrow && { 'aria-label': waiting === undefined ? name : `${name}, ${waiting}` })}
      className={clsx(
        'relative flex h-8 shrink-0 items-center gap-2.5 rounded-md text-13 text-muted transition-colors hover:bg-hover hover:text-ink',
        'aria-[current=page]:bg-surface aria-[current=page]:font-medium aria-[current=page]:text-ink aria-[current=page]:ring-1 aria-[current=page]:ring-line',
        'aria-[current=page]:[&>svg]:text-accent',
        isNarrow ? 'justify-center' : 'ps-2.5 pe-2',
      )}
    >
      <section.icon aria-hidden="true" className="size-4 shrink-0" />
      {isNarrow ? (
        waiting !== undefined && (
          <span className="absolute end-1.5 top-1 size-1.5 rounded-full bg-attention-mark" />
        )
      ) : (
        <>
          <span className="flex-1 truncate">{name}</span>
          {waiting !== undefined && (
            <span className="tabular rounded-full bg-attention-soft px-1.5 text-12 font-medium text-attention">
              <span aria-hidden="true">{count}</span>
              <span className="sr-only">, {waiting}</span>
            </span>
          )}
        </>
      )}
    </Link>
  )
  return isNarrow ? (
    <Hint text={name} side="inline-end" isName>
      {link}
    </Hint>
  ) : (
    link
  )
}
