import { RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../api/problem.ts'
import { problemText } from '../i18n/problem-text.ts'
import { durationInWords } from '../i18n/time.ts'
import { Button } from './button.tsx'
import { HealthIcon } from './state-mark.tsx'

interface ProblemNoteProps {
  readonly error: unknown
  /** What was attempted, as a sentence: “The devices could not be loaded.” */
  readonly what?: string
  readonly onRetry?: () => void
  readonly children?: ReactNode
}

/** An error: what happened, why, what to do, and its code. */
export function ProblemNote({ error, what, onRetry, children }: ProblemNoteProps) {
  const { t, i18n } = useTranslation()
  const problem = asProblem(error)
  const { why, todo } = problemText(t, problem.code)
  return (
    <div role="alert" className="flex gap-3 rounded-lg bg-bad-soft p-4 text-13">
      <HealthIcon health="bad" className="mt-0.5" />
      <div className="min-w-0 flex-1">
        {what !== undefined && <p className="text-14 font-semibold">{what}</p>}
        <p className={what === undefined ? 'font-medium' : 'mt-0.5'}>
          {why} {todo}
        </p>
        {problem.retryAfterSeconds !== undefined && (
          <p className="mt-1">
            {t('ui.problem.wait', {
              time: durationInWords(problem.retryAfterSeconds, i18n.language),
            })}
          </p>
        )}
        {problem.detail !== undefined && <p className="mt-1 text-muted">{problem.detail}</p>}
        {children}
        <p className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-12 text-muted">
          <code>{problem.code}</code>
          {problem.requestId !== undefined && (
            <span>
              {t('ui.problem.request')} <code>{problem.requestId}</code>
            </span>
          )}
        </p>
      </div>
      {onRetry !== undefined && (
        <Button icon={<RotateCw aria-hidden="true" className="size-3.5" />} onClick={onRetry}>
          {t('ui.problem.retry')}
        </Button>
      )}
    </div>
  )
}
