import type { FormProposal, ModelView } from '@sanad/protocol/operator-api/models'
import { parseSerialForm } from '@sanad/protocol/domain/serial-form'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, stale } from '../api/call.ts'
import { Button } from '../ui/button.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'

interface SerialFormDialogProps {
  readonly model: ModelView
  readonly onClose: () => void
}

/** The form of a model’s serial numbers: written, or proposed from what is approved. */
export function SerialFormDialog({ model, onClose }: SerialFormDialogProps) {
  const { t } = useTranslation()
  const [form, setForm] = useState(model.serialNoForm ?? '')
  const params = { modelId: model.modelId }
  const proposing = useMutation({
    mutationFn: () => call('proposeSerialNoForm', { params }),
    onSuccess: (proposal) => setForm((written) => proposal.form ?? written),
  })
  const isWrong = form !== '' && !isForm(form)
  return (
    <FormDialog
      title={t('models.form.title', { name: `${model.make} ${model.model}` })}
      note={t('models.form.note')}
      submit={form === '' ? t('models.form.remove') : t('models.form.confirm')}
      input={isWrong ? undefined : { form: form === '' ? null : form }}
      send={(body) => call('setSerialNoForm', { params, body })}
      told={t('models.form.done')}
      stale={stale('listModels')}
      onClose={onClose}
    >
      {proposing.isError && <ProblemNote error={proposing.error} />}
      <Field
        label={t('models.form.label')}
        hint={t('models.form.hint')}
        error={isWrong ? t('models.form.wrong') : undefined}
      >
        {(control) => (
          <TextInput
            {...control}
            value={form}
            maxLength={128}
            placeholder="EXS442@#{7}"
            onChange={(event) => setForm(event.target.value)}
            className="font-mono [font-variant-ligatures:none]"
          />
        )}
      </Field>
      <Button busy={proposing.isPending} onClick={() => proposing.mutate()}>
        {t('models.form.propose')}
      </Button>
      {proposing.isSuccess && <Proposal proposal={proposing.data} />}
    </FormDialog>
  )
}

function isForm(text: string): boolean {
  try {
    parseSerialForm(text)
    return true
  } catch {
    return false
  }
}

function Proposal({ proposal: { form, looked, fitting, others } }: { proposal: FormProposal }) {
  const { t } = useTranslation()
  if (form === null) return <p className="text-13">{t('models.form.none', { count: looked })}</p>
  return (
    <div role="status" className="text-13">
      <p>{t('models.form.fits', { form, fitting, count: looked })}</p>
      {others.length > 0 && (
        <p className="mt-1">
          {t('models.form.others')}{' '}
          {others.map((serialNo) => (
            <code key={serialNo} className="me-2 break-all">
              {serialNo}
            </code>
          ))}
        </p>
      )}
    </div>
  )
}
