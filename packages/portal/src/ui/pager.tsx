import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button } from './button.tsx'

interface PagerProps {
  readonly page: number
  readonly hasNext: boolean
  readonly onPrevious: () => void
  readonly onNext: () => void
}

/** Pages by place, not by number: there is a next and a previous one, and never a count to run through. */
export function Pager({ page, hasNext, onPrevious, onNext }: PagerProps) {
  const { t } = useTranslation()
  if (page === 1 && !hasNext) return null
  return (
    <nav
      aria-label={t('ui.pager.name')}
      className="flex items-center justify-end gap-2 border-t border-line px-4 py-2 text-13 text-muted"
    >
      <span className="tabular me-2">{t('ui.pager.range', { page })}</span>
      <Button
        onClick={onPrevious}
        refusal={page === 1 ? t('ui.pager.first') : undefined}
        icon={<ChevronLeft aria-hidden="true" className="size-4 rtl:-scale-x-100" />}
      >
        {t('ui.pager.previous')}
      </Button>
      <Button
        onClick={onNext}
        refusal={hasNext ? undefined : t('ui.pager.last')}
        className="flex-row-reverse"
        icon={<ChevronRight aria-hidden="true" className="size-4 rtl:-scale-x-100" />}
      >
        {t('ui.pager.next')}
      </Button>
    </nav>
  )
}
