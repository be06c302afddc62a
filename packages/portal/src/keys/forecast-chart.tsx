import type { ForecastDay } from '@sanad/protocol/operator-api/keys'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { calendarDay } from '../i18n/time.ts'

interface ForecastChartProps {
  readonly days: readonly ForecastDay[]
  /** The same days under other settings, drawn as a line above the bars. */
  readonly proposed?: readonly ForecastDay[] | undefined
}

const WIDTH = 960
const HEIGHT = 200
const FLOOR = HEIGHT - 24
const GAP = 3

/**
 * Keys due for rotation by day, and in front of them certificates that end on devices that are silent: those
 * will fail. The table beneath says the same in numbers.
 */
export function ForecastChart({ days, proposed }: ForecastChartProps) {
  const { t } = useTranslation()
  const [hovered, setHovered] = useState<number>()
  const highest = highestOf([...days, ...(proposed ?? [])])
  const step = WIDTH / Math.max(days.length, 1)
  const heightOf = (count: number): number =>
    count === 0 ? 0 : Math.max(2, (count / highest) * (FLOOR - 16))
  const shown = hovered === undefined ? undefined : days[hovered]
  return (
    <figure className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-12 text-muted">
        <Key className="bg-accent">{t('keys.chart.due')}</Key>
        <Key className="bg-bad-mark">{t('keys.chart.at-risk')}</Key>
        {proposed !== undefined && (
          <Key className="bg-attention-mark">{t('keys.chart.proposed')}</Key>
        )}
        <span aria-hidden="true" className="tabular ms-auto">
          {shown === undefined
            ? t('keys.chart.highest', { count: highest })
            : t('keys.chart.day', {
                day: calendarDay(`${shown.day}T00:00:00.000Z`),
                due: shown.due,
                atRisk: shown.atRisk,
              })}
        </span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={t('keys.chart.name')}
        className="h-50 w-full overflow-visible rtl:-scale-x-100"
        preserveAspectRatio="none"
        onPointerLeave={() => setHovered(undefined)}
      >
        <line x1="0" x2={WIDTH} y1={FLOOR} y2={FLOOR} className="stroke-line-strong" />
        {days.map((day, index) => (
          <g key={day.day} onPointerEnter={() => setHovered(index)}>
            <rect
              x={index * step}
              y="0"
              width={step}
              height={FLOOR}
              className={hovered === index ? 'fill-hover' : 'fill-transparent'}
            />
            <Bar
              x={index * step + GAP / 2}
              width={step - GAP}
              height={heightOf(day.due)}
              className="fill-accent"
            />
            <Bar
              x={index * step + GAP / 2}
              width={step - GAP}
              height={heightOf(day.atRisk)}
              className="fill-bad-mark"
            />
          </g>
        ))}
        {proposed !== undefined && (
          <polyline
            points={proposed
              .map((day, index) => `${(index + 0.5) * step},${FLOOR - heightOf(day.due)}`)
              .join(' ')}
            vectorEffect="non-scaling-stroke"
            className="fill-none stroke-attention-mark stroke-2"
          />
        )}
      </svg>
      <Ticks days={days} />
    </figure>
  )
}

function Bar(bar: { x: number; width: number; height: number; className: string }) {
  const { x, width, height, className } = bar
  return (
    <rect x={x} y={FLOOR - height} width={width} height={height} rx="1" className={className} />
  )
}

function Key({ className, children }: { className: string; children: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden="true" className={`size-2 rounded-xs ${className}`} />
      {children}
    </span>
  )
}

/** A date under the first day of each week or so; the axis is not for reading off. */
function Ticks({ days }: { days: readonly ForecastDay[] }) {
  const { i18n } = useTranslation()
  const every = Math.max(1, Math.ceil(days.length / 6))
  const format = new Intl.DateTimeFormat(i18n.language, {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  })
  return (
    <div aria-hidden="true" className="-mt-6 flex justify-between text-12 text-muted">
      {days
        .filter((_, index) => index % every === 0)
        .map(({ day }) => (
          <span key={day} className="tabular">
            {format.format(new Date(`${day}T00:00:00.000Z`))}
          </span>
        ))}
    </div>
  )
}

function highestOf(days: readonly ForecastDay[]): number {
  return days.reduce((highest, { due, atRisk }) => Math.max(highest, due, atRisk), 1)
}
