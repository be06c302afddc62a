import { useRouterState } from '@tanstack/react-router'
import { Link2Off, X } from 'lucide-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { iconButtonClass } from '../ui/icon-button.tsx'
import { forgetWrongSearch, useWrongSearch } from './wrong-search.ts'

/** Says what in the address was left out: the page below is shown without it. */
export function WrongSearchNote() {
  const { t } = useTranslation()
  const page = useRouterState({ select: ({ matches }) => matches.at(-1)?.fullPath ?? '' })
  const wrong = useWrongSearch(page)
  useEffect(() => () => forgetWrongSearch(page), [page])
  return (
    <div role="status">
      {wrong.length > 0 && (
        <div className="flex items-start gap-2.5 border-b border-line bg-attention-soft px-4 py-2 text-13 text-attention sm:px-6">
          <Link2Off aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
          <div className="min-w-0 flex-1 wrap-anywhere">
            {wrong.map(({ name, value, isKnownName }) => (
              <p key={name}>
                {t(`frame.address.${isKnownName ? 'value' : 'name'}`, { name, value })}
              </p>
            ))}
            <p className="text-12">{t('frame.address.without')}</p>
          </div>
          <button
            type="button"
            aria-label={t('ui.close')}
            className={iconButtonClass}
            onClick={() => forgetWrongSearch(page)}
          >
            <X aria-hidden="true" className="size-4" />
          </button>
        </div>
      )}
    </div>
  )
}
