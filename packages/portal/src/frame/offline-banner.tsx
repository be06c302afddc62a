import { CloudOff } from 'lucide-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useQueryClient } from '@tanstack/react-query'
import { useReachability } from '../api/reachability.ts'
import { clockUtc } from '../i18n/time.ts'

const PROBE_MS = 5_000

/** The server is away: what is on the screen may be old, and it says since when. */
export function OfflineBanner() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const reachability = useReachability()
  const { isReachable } = reachability
  useEffect(() => {
    if (isReachable) return
    const timer = setInterval(() => void client.refetchQueries({ type: 'active' }), PROBE_MS)
    return () => clearInterval(timer)
  }, [isReachable, client])
  return (
    <div role="status">
      {!reachability.isReachable && (
        <div className="flex items-center gap-2.5 border-b border-line bg-attention-soft px-4 py-2 text-13 text-attention sm:px-6">
          <CloudOff aria-hidden="true" className="size-4 shrink-0" />
          <p>
            {t('frame.offline.text', {
              time: clockUtc(new Date(reachability.since).toISOString()),
            })}
          </p>
        </div>
      )}
    </div>
  )
}
