import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { EventDays } from '../record/event-days.tsx'
import { Button } from '../ui/button.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryPart } from '../ui/query-part.tsx'
import { deviceTimelineQuery } from './device-queries.ts'

export function DeviceTimeline({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const timeline = useInfiniteQuery(deviceTimelineQuery(device.deviceId))
  return (
    <Panel title={t('device.timeline.title')} flush>
      <QueryPart query={timeline} failed={t('device.timeline.not-loaded')} lines={8}>
        {({ pages }) => {
          const events = pages.flatMap((page) => page.items)
          return events.length === 0 ? (
            <p className="p-4 text-13 text-muted">{t('device.timeline.none')}</p>
          ) : (
            <EventDays events={events} hasMore={timeline.hasNextPage} />
          )
        }}
      </QueryPart>
      {timeline.hasNextPage && (
        <div className="border-t border-line p-3 text-center">
          <Button busy={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>
            {t('device.timeline.older')}
          </Button>
        </div>
      )}
    </Panel>
  )
}
