import { X } from 'lucide-react'
import { useEffect, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { HealthIcon, type Health } from './state-mark.tsx'

interface Notice {
  readonly id: number
  readonly health: Health
  readonly text: string
}

let notices: readonly Notice[] = []
let nextId = 1
const listeners = new Set<() => void>()

function change(next: readonly Notice[]): void {
  notices = next
  for (const listener of listeners) listener()
}

/** Says for a few seconds that something was done. Errors do not come here: they stay where they arose. */
export function tell(text: string, health: Health = 'good'): void {
  change([...notices.slice(-2), { id: nextId++, health, text }])
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Notices() {
  const shown = useSyncExternalStore(subscribe, () => notices)
  return (
    <div
      role="status"
      className="pointer-events-none fixed end-4 bottom-4 z-50 flex w-[min(380px,calc(100vw-32px))] flex-col gap-2"
    >
      {shown.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} />
      ))}
    </div>
  )
}

function NoticeCard({ notice }: { notice: Notice }) {
  const { t } = useTranslation()
  const dismiss = () => change(notices.filter((each) => each.id !== notice.id))
  useEffect(() => {
    const timer = setTimeout(() => change(notices.filter((each) => each.id !== notice.id)), 6_000)
    return () => clearTimeout(timer)
  }, [notice.id])
  return (
    <div className="pointer-events-auto flex items-start gap-2.5 rounded-lg bg-raised py-2.5 ps-3 pe-2 text-13 shadow-lift">
      <HealthIcon health={notice.health} className="mt-0.5" />
      <p className="flex-1">{notice.text}</p>
      <button
        type="button"
        aria-label={t('ui.close')}
        onClick={dismiss}
        className="-my-0.5 inline-flex size-6 items-center justify-center rounded-sm text-muted hover:text-ink"
      >
        <X aria-hidden="true" className="size-3.5" />
      </button>
    </div>
  )
}
