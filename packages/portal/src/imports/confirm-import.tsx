import type { ConfirmImport as Choice, ImportView } from '@sanad/protocol/operator-api/imports'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, readAgain, stale } from '../api/call.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { tell } from '../ui/notices.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'

/** What becomes of the rows: a decision over those with errors, and one over those with warnings. */
export function ConfirmImport({ view }: { view: ImportView }) {
  const { t } = useTranslation()
  const [hasCompared, setCompared] = useState(false)
  const notAllowed = usePermissionRefusal('import:manage')
  const act = useDecision(view.importId)
  const valid = view.rowsValid ?? 0
  const errors = view.rowsWithErrors ?? 0
  const warnings = view.rowsWithWarnings ?? 0
  const choice = errors > 0 ? 'valid' : 'all'
  const none = valid === 0 ? t('imports.confirm.nothing-valid') : undefined
  const notCompared = warnings > 0 && !hasCompared ? t('imports.confirm.not-compared') : undefined
  const confirm = (more: Partial<Choice> = {}) =>
    act.mutate({ path: 'confirm', body: { choice, ...more } })
  return (
    <Panel title={t('imports.confirm.title')} note={t('imports.confirm.note')}>
      <p className="text-13">
        {t('imports.confirm.effect', { count: valid })}{' '}
        {errors > 0 && t('imports.confirm.left-out', { count: errors })}
      </p>
      {warnings > 0 && (
        <label className="mt-3 flex items-start gap-2.5 rounded-md bg-attention-soft p-3 text-13">
          <input
            type="checkbox"
            className="mt-0.5 accent-accent"
            checked={hasCompared}
            onChange={(event) => setCompared(event.target.checked)}
          />
          <span>{t('imports.confirm.compared', { count: warnings })}</span>
        </label>
      )}
      <div className="mt-4 flex flex-wrap gap-2">
        <Button
          shape="primary"
          refusal={notAllowed ?? none ?? notCompared}
          busy={act.isPending}
          onClick={() => confirm(warnings > 0 ? { warnings: 'confirm' } : {})}
        >
          {t(`imports.confirm.${choice}`, { count: valid })}
        </Button>
        {warnings > 0 && (
          <Button
            refusal={
              notAllowed ?? (valid === warnings ? t('imports.confirm.nothing-valid') : undefined)
            }
            busy={act.isPending}
            onClick={() => confirm({ warnings: 'leave-out' })}
          >
            {t('imports.confirm.without-warnings', { count: valid - warnings })}
          </Button>
        )}
        <Button shape="quiet" refusal={notAllowed} onClick={() => act.mutate({ path: 'discard' })}>
          {t('imports.confirm.discard-action')}
        </Button>
      </div>
      {act.isError && (
        <div className="mt-4">
          <ProblemNote error={act.error} />
        </div>
      )}
    </Panel>
  )
}

type Decision = { readonly path: 'confirm'; readonly body: Choice } | { readonly path: 'discard' }

function useDecision(importId: string) {
  const { t } = useTranslation()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (decision: Decision) =>
      decision.path === 'discard'
        ? call('discardImport', { params: { importId } })
        : call('confirmImport', { params: { importId }, body: decision.body }),
    onSuccess: async (_answer, { path }) => {
      tell(t(`imports.confirm.${path}`))
      await readAgain(client, stale('readImport', 'listImportErrors'))
    },
  })
}
